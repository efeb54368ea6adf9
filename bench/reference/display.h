// A KMS display: the first connected connector of a card, shown by atomic commits.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <xf86drmMode.h>

struct display {
  int fd;
  uint32_t connector, crtc, plane, mode_blob;
  // Of the plane.
  uint32_t framebuffer_property;
  drmModeModeInfo mode;
  // One of one property, filled again for each frame.
  drmModeAtomicReq *flip;
  bool modeset_done;
};

void display_open(struct display *display, const char *card, uint32_t width, uint32_t height);
// A framebuffer out of a dma-buf; XRGB8888 or NV12.
uint32_t display_import(struct display *display, int buffer, uint32_t fourcc, uint32_t width, uint32_t height,
                        uint32_t stride);
// Does not wait; a flip event follows. The first one sets the mode.
void display_commit(struct display *display, uint32_t framebuffer, uint32_t width, uint32_t height);
// Reads one flip event: its time in microseconds of CLOCK_MONOTONIC.
int64_t display_read_flip(struct display *display);
void display_close(struct display *display);
