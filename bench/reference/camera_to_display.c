// Cameras on displays, as one would write it in C: heap buffers imported on both sides once, one thread,
// epoll, commits that do not wait, the newest frame wins while a flip is pending.
//
//   camera_to_display HEAP XR24|NV12 WIDTHxHEIGHT FPS FRAMES none|sync|luma (CAMERA CARD)...
//
// `sync` brackets every frame by DMA_BUF_IOCTL_SYNC for reading, `luma` reads every byte of the first plane
// too. A line of JSON with the figures of all streams ends it.
#include <drm_fourcc.h>
#include <linux/dma-buf.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "camera.h"
#include "display.h"
#include "fail.h"
#include "heap.h"

enum { kBuffers = 5, kMostStreams = 8, kNone = -1 };

enum access { kAccessNone, kAccessSync, kAccessLuma };

struct stream {
  struct camera camera;
  struct display display;
  int buffers[kBuffers];
  const uint8_t *mappings[kBuffers];
  uint32_t framebuffers[kBuffers];
  int64_t timestamps[kBuffers];
  // Indices of buffers.
  int on_screen, pending, next;
  uint64_t shown, dropped;
  int64_t *latencies;
};

struct job {
  uint32_t fourcc, width, height, fps;
  uint64_t frames;
  enum access access;
  // What the bytes add up to, so that reading them is not for nothing.
  uint64_t sum;
};

static void open_stream(struct stream *stream, const struct job *job, int heap, const char *camera,
                        const char *card) {
  *stream = (struct stream){.on_screen = kNone, .pending = kNone, .next = kNone};
  camera_open(&stream->camera, camera, job->fourcc, job->width, job->height, job->fps);
  display_open(&stream->display, card, job->width, job->height);
  const uint32_t size = stream->camera.size;
  for (int i = 0; i < kBuffers; ++i) {
    stream->buffers[i] = heap_alloc(heap, size);
    stream->framebuffers[i] = display_import(&stream->display, stream->buffers[i], job->fourcc, job->width,
                                             job->height, stream->camera.stride);
    if (job->access == kAccessNone) continue;
    stream->mappings[i] = mmap(NULL, size, PROT_READ, MAP_SHARED, stream->buffers[i], 0);
    if (stream->mappings[i] == MAP_FAILED) FAIL("mmap");
  }
  stream->latencies = malloc(job->frames * sizeof *stream->latencies);
  if (!stream->latencies) FAIL("malloc");
}

static void show_next(struct stream *stream, const struct job *job) {
  if (stream->next == kNone || stream->pending != kNone) return;
  display_commit(&stream->display, stream->framebuffers[stream->next], job->width, job->height);
  stream->pending = stream->next;
  stream->next = kNone;
}

static void requeue(struct stream *stream, int index) {
  camera_queue(&stream->camera, (uint32_t)index, stream->buffers[index]);
}

static void look_at(struct stream *stream, struct job *job, uint32_t index) {
  if (job->access == kAccessNone) return;
  buffer_sync(stream->buffers[index], DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ);
  if (job->access == kAccessLuma) {
    const uint8_t *bytes = stream->mappings[index];
    const size_t count = (size_t)stream->camera.stride * stream->camera.height;
    uint64_t sum = 0;
    for (size_t i = 0; i < count; ++i) sum += bytes[i];
    job->sum += sum;
  }
  buffer_sync(stream->buffers[index], DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ);
}

static void frames_came(struct stream *stream, struct job *job) {
  struct captured frame;
  while (stream->camera.captured < job->frames && camera_dequeue(&stream->camera, &frame)) {
    look_at(stream, job, frame.index);
    stream->timestamps[frame.index] = frame.timestamp;
    if (stream->next != kNone) {
      ++stream->dropped;
      requeue(stream, stream->next);
    }
    stream->next = (int)frame.index;
    show_next(stream, job);
  }
}

static void flipped(struct stream *stream, const struct job *job) {
  const int64_t time = display_read_flip(&stream->display);
  stream->latencies[stream->shown++] = time - stream->timestamps[stream->pending];
  if (stream->on_screen != kNone) requeue(stream, stream->on_screen);
  stream->on_screen = stream->pending;
  stream->pending = kNone;
  show_next(stream, job);
}

static bool is_over(const struct stream *stream, const struct job *job) {
  return stream->camera.captured >= job->frames && stream->pending == kNone;
}

static int ascending(const void *a, const void *b) {
  const int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
  return (left > right) - (left < right);
}

static void print_figures(const struct stream *streams, int count, const struct job *job) {
  uint64_t captured = 0, lost = 0, shown = 0, dropped = 0;
  int64_t *latencies = malloc((size_t)count * job->frames * sizeof *latencies);
  for (int i = 0; i < count; ++i) {
    memcpy(latencies + shown, streams[i].latencies, streams[i].shown * sizeof *latencies);
    captured += streams[i].camera.captured;
    lost += streams[i].camera.lost;
    shown += streams[i].shown;
    dropped += streams[i].dropped;
  }
  qsort(latencies, shown, sizeof *latencies, ascending);
  const int64_t p50 = shown ? latencies[(shown - 1) / 2] : 0;
  const int64_t p99 = shown ? latencies[(99 * shown + 99) / 100 - 1] : 0;
  printf(
      "{\"captured\":%lu,\"lost\":%lu,\"shown\":%lu,\"dropped\":%lu,\"p50\":%ld,\"p99\":%ld,\"max\":%ld,"
      "\"sum\":%lu}\n",
      captured, lost, shown, dropped, p50, p99, shown ? latencies[shown - 1] : 0, job->sum);
  free(latencies);
}

// Where it is allowed, as dmaflow's own frame loop.
static void become_realtime(void) {
  const struct sched_param parameters = {.sched_priority = 10};
  pthread_setschedparam(pthread_self(), SCHED_RR, &parameters);
}

static struct job read_job(char **arguments) {
  struct job job = {.fourcc = strcmp(arguments[1], "NV12") == 0 ? DRM_FORMAT_NV12 : DRM_FORMAT_XRGB8888};
  if (sscanf(arguments[2], "%ux%u", &job.width, &job.height) != 2) FAIL(arguments[2]);
  job.fps = (uint32_t)atoi(arguments[3]);
  job.frames = (uint64_t)atoll(arguments[4]);
  if (strcmp(arguments[5], "sync") == 0) job.access = kAccessSync;
  if (strcmp(arguments[5], "luma") == 0) job.access = kAccessLuma;
  return job;
}

int main(int argc, char **argv) {
  if (argc < 9) {
    fprintf(stderr, "%s HEAP XR24|NV12 WxH FPS FRAMES none|sync|luma (CAMERA CARD)...\n", argv[0]);
    return 2;
  }
  struct job job = read_job(argv + 1);
  const int count = (argc - 7) / 2;
  static struct stream streams[kMostStreams];
  if (count > kMostStreams) return 2;
  const int heap = heap_open(argv[1]);
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  CHECK(epoll, "epoll_create1");
  for (int i = 0; i < count; ++i) {
    open_stream(&streams[i], &job, heap, argv[7 + 2 * i], argv[8 + 2 * i]);
  }
  become_realtime();
  for (int i = 0; i < count; ++i) {
    struct epoll_event camera = {.events = EPOLLIN, .data.u32 = (uint32_t)i * 2};
    struct epoll_event display = {.events = EPOLLIN, .data.u32 = (uint32_t)i * 2 + 1};
    camera_start(&streams[i].camera, streams[i].buffers, kBuffers);
    // Only now: to poll a queue without buffers starts videobuf2's emulation of read().
    CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, streams[i].camera.fd, &camera), "epoll_ctl");
    CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, streams[i].display.fd, &display), "epoll_ctl");
  }
  bool over = false;
  while (!over) {
    struct epoll_event events[2 * kMostStreams];
    const int ready = epoll_wait(epoll, events, 2 * kMostStreams, -1);
    for (int i = 0; i < ready; ++i) {
      struct stream *stream = &streams[events[i].data.u32 / 2];
      if (events[i].data.u32 % 2) {
        flipped(stream, &job);
      } else {
        frames_came(stream, &job);
        if (stream->camera.captured >= job.frames) epoll_ctl(epoll, EPOLL_CTL_DEL, stream->camera.fd, NULL);
      }
    }
    over = true;
    for (int i = 0; i < count; ++i) over = over && is_over(&streams[i], &job);
  }
  print_figures(streams, count, &job);
  for (int i = 0; i < count; ++i) {
    camera_stop(&streams[i].camera);
    display_close(&streams[i].display);
  }
  return 0;
}
