// A V4L2 camera that captures into imported dma-bufs.
#pragma once

#include <stdint.h>

struct camera {
  int fd;
  uint32_t width, height;
  // Bytes.
  uint32_t stride, size;
  uint32_t last_sequence;
  uint64_t captured, lost;
};

struct captured {
  uint32_t index;
  // Microseconds of CLOCK_MONOTONIC.
  int64_t timestamp;
};

void camera_open(struct camera *camera, const char *path, uint32_t fourcc, uint32_t width, uint32_t height,
                 uint32_t fps);
// The buffers' fds by index; all are queued.
void camera_start(struct camera *camera, const int *buffers, uint32_t count);
// False when there is no frame yet.
int camera_dequeue(struct camera *camera, struct captured *captured);
void camera_queue(struct camera *camera, uint32_t index, int buffer);
void camera_stop(struct camera *camera);
