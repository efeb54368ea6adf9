#include "display.h"

#include <drm_fourcc.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <xf86drm.h>

#include "fail.h"

static uint32_t property(const struct display *display, uint32_t object, uint32_t type, const char *name) {
  drmModeObjectProperties *properties = drmModeObjectGetProperties(display->fd, object, type);
  if (!properties) FAIL("drmModeObjectGetProperties");
  uint32_t found = 0;
  for (uint32_t i = 0; i < properties->count_props && !found; ++i) {
    drmModePropertyRes *each = drmModeGetProperty(display->fd, properties->props[i]);
    if (each && strcmp(each->name, name) == 0) found = each->prop_id;
    drmModeFreeProperty(each);
  }
  drmModeFreeObjectProperties(properties);
  if (!found) {
    fprintf(stderr, "no property %s\n", name);
    exit(EXIT_FAILURE);
  }
  return found;
}

// The smallest mode that the frame fits, of several the one nearest to 60 Hz.
static const drmModeModeInfo *choose_mode(const drmModeConnector *connector, uint32_t width,
                                          uint32_t height) {
  const drmModeModeInfo *best = NULL;
  for (int i = 0; i < connector->count_modes; ++i) {
    const drmModeModeInfo *mode = &connector->modes[i];
    if (mode->hdisplay < width || mode->vdisplay < height) continue;
    const int area = mode->hdisplay * mode->vdisplay;
    const int best_area = best ? best->hdisplay * best->vdisplay : 0;
    if (!best || area < best_area ||
        (area == best_area && abs((int)mode->vrefresh - 60) < abs((int)best->vrefresh - 60))) {
      best = mode;
    }
  }
  return best;
}

static void choose_connector(struct display *display, const drmModeRes *resources, uint32_t width,
                             uint32_t height, uint32_t *crtc_index) {
  for (int i = 0; i < resources->count_connectors && !display->connector; ++i) {
    drmModeConnector *connector = drmModeGetConnector(display->fd, resources->connectors[i]);
    const drmModeModeInfo *mode = connector && connector->connection == DRM_MODE_CONNECTED
                                      ? choose_mode(connector, width, height)
                                      : NULL;
    drmModeEncoder *encoder =
        mode && connector->count_encoders > 0 ? drmModeGetEncoder(display->fd, connector->encoders[0]) : NULL;
    if (encoder && encoder->possible_crtcs) {
      *crtc_index = (uint32_t)__builtin_ctz(encoder->possible_crtcs);
      display->connector = connector->connector_id;
      display->crtc = resources->crtcs[*crtc_index];
      display->mode = *mode;
    }
    drmModeFreeEncoder(encoder);
    drmModeFreeConnector(connector);
  }
  if (!display->connector) {
    fprintf(stderr, "no connected connector with a mode of at least %ux%u\n", width, height);
    exit(EXIT_FAILURE);
  }
}

static bool is_primary(const struct display *display, uint32_t plane) {
  drmModeObjectProperties *properties = drmModeObjectGetProperties(display->fd, plane, DRM_MODE_OBJECT_PLANE);
  bool primary = false;
  for (uint32_t i = 0; properties && i < properties->count_props; ++i) {
    drmModePropertyRes *each = drmModeGetProperty(display->fd, properties->props[i]);
    if (each && strcmp(each->name, "type") == 0)
      primary = properties->prop_values[i] == DRM_PLANE_TYPE_PRIMARY;
    drmModeFreeProperty(each);
  }
  drmModeFreeObjectProperties(properties);
  return primary;
}

static void choose_plane(struct display *display, uint32_t crtc_index) {
  drmModePlaneRes *planes = drmModeGetPlaneResources(display->fd);
  if (!planes) FAIL("drmModeGetPlaneResources");
  for (uint32_t i = 0; i < planes->count_planes && !display->plane; ++i) {
    drmModePlane *plane = drmModeGetPlane(display->fd, planes->planes[i]);
    if (plane && (plane->possible_crtcs & (1u << crtc_index)) && is_primary(display, plane->plane_id)) {
      display->plane = plane->plane_id;
    }
    drmModeFreePlane(plane);
  }
  drmModeFreePlaneResources(planes);
  if (!display->plane) FAIL("no primary plane");
}

void display_open(struct display *display, const char *card, uint32_t width, uint32_t height) {
  *display = (struct display){.fd = open(card, O_RDWR | O_CLOEXEC)};
  CHECK(display->fd, card);
  CHECK(-drmSetClientCap(display->fd, DRM_CLIENT_CAP_ATOMIC, 1), "DRM_CLIENT_CAP_ATOMIC");
  drmModeRes *resources = drmModeGetResources(display->fd);
  if (!resources) FAIL("drmModeGetResources");
  uint32_t crtc_index = 0;
  choose_connector(display, resources, width, height, &crtc_index);
  drmModeFreeResources(resources);
  choose_plane(display, crtc_index);
  display->framebuffer_property = property(display, display->plane, DRM_MODE_OBJECT_PLANE, "FB_ID");
  if (drmModeCreatePropertyBlob(display->fd, &display->mode, sizeof display->mode, &display->mode_blob)) {
    FAIL("drmModeCreatePropertyBlob");
  }
  display->flip = drmModeAtomicAlloc();
}

uint32_t display_import(struct display *display, int buffer, uint32_t fourcc, uint32_t width, uint32_t height,
                        uint32_t stride) {
  uint32_t handle = 0;
  CHECK(drmPrimeFDToHandle(display->fd, buffer, &handle), "drmPrimeFDToHandle");
  const bool nv12 = fourcc == DRM_FORMAT_NV12;
  const uint32_t handles[4] = {handle, nv12 ? handle : 0};
  const uint32_t strides[4] = {stride, nv12 ? stride : 0};
  const uint32_t offsets[4] = {0, nv12 ? stride * height : 0};
  uint32_t framebuffer = 0;
  if (drmModeAddFB2(display->fd, width, height, fourcc, handles, strides, offsets, &framebuffer, 0)) {
    FAIL("drmModeAddFB2");
  }
  drmCloseBufferHandle(display->fd, handle);
  return framebuffer;
}

static void commit(struct display *display, drmModeAtomicReq *request, uint32_t flags) {
  flags |= DRM_MODE_ATOMIC_NONBLOCK | DRM_MODE_PAGE_FLIP_EVENT;
  if (drmModeAtomicCommit(display->fd, request, flags, NULL)) FAIL("drmModeAtomicCommit");
}

static void set_mode(struct display *display, uint32_t framebuffer, uint32_t width, uint32_t height) {
  const struct display *d = display;
  const uint32_t plane_type = DRM_MODE_OBJECT_PLANE;
  const uint32_t x = (d->mode.hdisplay - width) / 4 * 2;
  const uint32_t y = (d->mode.vdisplay - height) / 4 * 2;
  const struct {
    uint32_t object, type;
    const char *name;
    uint64_t value;
  } values[] = {
      {d->connector, DRM_MODE_OBJECT_CONNECTOR, "CRTC_ID", d->crtc},
      {d->crtc, DRM_MODE_OBJECT_CRTC, "MODE_ID", d->mode_blob},
      {d->crtc, DRM_MODE_OBJECT_CRTC, "ACTIVE", 1},
      {d->plane, plane_type, "FB_ID", framebuffer},
      {d->plane, plane_type, "CRTC_ID", d->crtc},
      {d->plane, plane_type, "SRC_X", 0},
      {d->plane, plane_type, "SRC_Y", 0},
      {d->plane, plane_type, "SRC_W", (uint64_t)width << 16},
      {d->plane, plane_type, "SRC_H", (uint64_t)height << 16},
      {d->plane, plane_type, "CRTC_X", x},
      {d->plane, plane_type, "CRTC_Y", y},
      {d->plane, plane_type, "CRTC_W", width},
      {d->plane, plane_type, "CRTC_H", height},
  };
  drmModeAtomicReq *request = drmModeAtomicAlloc();
  for (size_t i = 0; i < sizeof values / sizeof *values; ++i) {
    drmModeAtomicAddProperty(request, values[i].object,
                             property(d, values[i].object, values[i].type, values[i].name), values[i].value);
  }
  commit(display, request, DRM_MODE_ATOMIC_ALLOW_MODESET);
  drmModeAtomicFree(request);
  display->modeset_done = true;
}

void display_commit(struct display *display, uint32_t framebuffer, uint32_t width, uint32_t height) {
  if (!display->modeset_done) {
    set_mode(display, framebuffer, width, height);
    return;
  }
  drmModeAtomicSetCursor(display->flip, 0);
  drmModeAtomicAddProperty(display->flip, display->plane, display->framebuffer_property, framebuffer);
  commit(display, display->flip, 0);
}

int64_t display_read_flip(struct display *display) {
  union {
    struct drm_event event;
    struct drm_event_vblank flip;
  } event;
  CHECK(read(display->fd, &event, sizeof event), "read a flip event");
  return (int64_t)event.flip.tv_sec * 1000000 + event.flip.tv_usec;
}

void display_close(struct display *display) {
  drmModeAtomicFree(display->flip);
  close(display->fd);
}
