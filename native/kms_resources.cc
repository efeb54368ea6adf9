#include "kms_resources.h"

#include <drm_mode.h>

#include <cstring>
#include <string>

#include "call.h"
#include "drm_ptr.h"
#include "js_values.h"

namespace dmaflow {

namespace {

// libdrm's struct is the kernel's under another name; the bytes of a MODE_ID blob are the kernel's.
static_assert(sizeof(drmModeModeInfo) == sizeof(drm_mode_modeinfo), "libdrm's mode is the kernel's");

Napi::Array IdList(Napi::Env env, const uint32_t* ids, size_t count) {
  const Napi::Array list = Napi::Array::New(env, count);
  for (uint32_t index = 0; index < count; ++index) list.Set(index, ids[index]);
  return list;
}

// As drm_mode_vrefresh of the kernel computes it, but not rounded.
double RefreshRate(const drmModeModeInfo& mode) {
  if (mode.htotal == 0 || mode.vtotal == 0) return 0;
  double rate = mode.clock * 1000.0 / (static_cast<double>(mode.htotal) * mode.vtotal);
  if (mode.flags & DRM_MODE_FLAG_INTERLACE) rate *= 2;
  if (mode.flags & DRM_MODE_FLAG_DBLSCAN) rate /= 2;
  if (mode.vscan > 1) rate /= mode.vscan;
  return rate;
}

Napi::Object ModeValue(Napi::Env env, const drmModeModeInfo& mode) {
  Napi::Uint8Array blob = Napi::Uint8Array::New(env, sizeof(mode));
  std::memcpy(blob.Data(), &mode, sizeof(mode));
  const Napi::Object result = Napi::Object::New(env);
  result.Set("name", FixedString(env, mode.name));
  result.Set("width", mode.hdisplay);
  result.Set("height", mode.vdisplay);
  result.Set("refresh", RefreshRate(mode));
  result.Set("type", mode.type);
  result.Set("flags", mode.flags);
  result.Set("blob", blob);
  return result;
}

Napi::Value Resources(Call& call) {
  constexpr char kRequest[] = "DRM_IOCTL_MODE_GETRESOURCES";
  const auto resources = CheckDrm(DrmResourcesPtr(drmModeGetResources(call.Fd(0, "fd", kRequest))), kRequest);
  const Napi::Env env = call.env();
  const Napi::Object result = Napi::Object::New(env);
  result.Set("crtcs", IdList(env, resources->crtcs, static_cast<size_t>(resources->count_crtcs)));
  result.Set("connectors",
             IdList(env, resources->connectors, static_cast<size_t>(resources->count_connectors)));
  result.Set("encoders", IdList(env, resources->encoders, static_cast<size_t>(resources->count_encoders)));
  result.Set("minWidth", resources->min_width);
  result.Set("maxWidth", resources->max_width);
  result.Set("minHeight", resources->min_height);
  result.Set("maxHeight", resources->max_height);
  return result;
}

uint32_t PossibleCrtcs(int fd, const drmModeConnector& connector) {
  constexpr char kRequest[] = "DRM_IOCTL_MODE_GETENCODER";
  uint32_t possible = 0;
  for (int index = 0; index < connector.count_encoders; ++index) {
    const auto encoder = CheckDrm(DrmEncoderPtr(drmModeGetEncoder(fd, connector.encoders[index])), kRequest);
    possible |= encoder->possible_crtcs;
  }
  return possible;
}

Napi::Value Connector(Call& call) {
  constexpr char kRequest[] = "DRM_IOCTL_MODE_GETCONNECTOR";
  const int fd = call.Fd(0, "fd", kRequest);
  const uint32_t id = call.Arg(1, "id").Uint32();
  const bool probe = call.Arg(2, "probe").Boolean();
  const auto connector = CheckDrm(
      DrmConnectorPtr(probe ? drmModeGetConnector(fd, id) : drmModeGetConnectorCurrent(fd, id)), kRequest);
  const char* type_name = drmModeGetConnectorTypeName(connector->connector_type);
  const Napi::Array modes = Napi::Array::New(call.env());
  for (int index = 0; index < connector->count_modes; ++index) {
    modes.Set(static_cast<uint32_t>(index), ModeValue(call.env(), connector->modes[index]));
  }
  const Napi::Object result = Napi::Object::New(call.env());
  result.Set("id", connector->connector_id);
  result.Set("name", std::string(type_name ? type_name : "Unknown") + '-' +
                         std::to_string(connector->connector_type_id));
  result.Set("type", connector->connector_type);
  result.Set("connection", static_cast<uint32_t>(connector->connection));
  result.Set("widthMm", connector->mmWidth);
  result.Set("heightMm", connector->mmHeight);
  result.Set("encoderId", connector->encoder_id);
  result.Set("possibleCrtcs", PossibleCrtcs(fd, *connector));
  result.Set("modes", modes);
  return result;
}

Napi::Value Planes(Call& call) {
  constexpr char kRequest[] = "DRM_IOCTL_MODE_GETPLANERESOURCES";
  const auto planes =
      CheckDrm(DrmPlaneResourcesPtr(drmModeGetPlaneResources(call.Fd(0, "fd", kRequest))), kRequest);
  return IdList(call.env(), planes->planes, planes->count_planes);
}

Napi::Value Plane(Call& call) {
  constexpr char kRequest[] = "DRM_IOCTL_MODE_GETPLANE";
  const int fd = call.Fd(0, "fd", kRequest);
  const auto plane = CheckDrm(DrmPlanePtr(drmModeGetPlane(fd, call.Arg(1, "id").Uint32())), kRequest);
  const Napi::Object result = Napi::Object::New(call.env());
  result.Set("id", plane->plane_id);
  result.Set("crtcId", plane->crtc_id);
  result.Set("fbId", plane->fb_id);
  result.Set("possibleCrtcs", plane->possible_crtcs);
  result.Set("formats", IdList(call.env(), plane->formats, plane->count_formats));
  return result;
}

}  // namespace

void RegisterKmsResources(Napi::Env env, Napi::Object exports) {
  Export<Resources>(env, exports, "kmsResources");
  Export<Connector>(env, exports, "kmsConnector");
  Export<Planes>(env, exports, "kmsPlanes");
  Export<Plane>(env, exports, "kmsPlane");
}

}  // namespace dmaflow
