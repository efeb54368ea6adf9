#include "camera.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fail.h"

static const enum v4l2_buf_type kType = V4L2_BUF_TYPE_VIDEO_CAPTURE;

void camera_open(struct camera *camera, const char *path, uint32_t fourcc, uint32_t width, uint32_t height,
                 uint32_t fps) {
  *camera = (struct camera){.fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)};
  CHECK(camera->fd, path);

  struct v4l2_format format = {.type = kType};
  format.fmt.pix.width = width;
  format.fmt.pix.height = height;
  format.fmt.pix.pixelformat = fourcc;
  format.fmt.pix.field = V4L2_FIELD_NONE;
  CHECK(ioctl(camera->fd, VIDIOC_S_FMT, &format), "VIDIOC_S_FMT");
  const struct v4l2_pix_format *pix = &format.fmt.pix;
  if (pix->width != width || pix->height != height || pix->pixelformat != fourcc) {
    fprintf(stderr, "%s gave another format: %ux%u\n", path, pix->width, pix->height);
    exit(EXIT_FAILURE);
  }
  camera->width = width;
  camera->height = height;
  camera->stride = pix->bytesperline;
  camera->size = pix->sizeimage;

  struct v4l2_streamparm rate = {.type = kType};
  rate.parm.capture.timeperframe = (struct v4l2_fract){1, fps};
  CHECK(ioctl(camera->fd, VIDIOC_S_PARM, &rate), "VIDIOC_S_PARM");
}

void camera_queue(struct camera *camera, uint32_t index, int buffer) {
  struct v4l2_buffer request = {.index = index, .type = kType, .memory = V4L2_MEMORY_DMABUF};
  request.m.fd = buffer;
  request.length = camera->size;
  CHECK(ioctl(camera->fd, VIDIOC_QBUF, &request), "VIDIOC_QBUF");
}

void camera_start(struct camera *camera, const int *buffers, uint32_t count) {
  struct v4l2_requestbuffers request = {.count = count, .type = kType, .memory = V4L2_MEMORY_DMABUF};
  CHECK(ioctl(camera->fd, VIDIOC_REQBUFS, &request), "VIDIOC_REQBUFS");
  if (request.count != count) {
    fprintf(stderr, "VIDIOC_REQBUFS gave %u of %u buffers\n", request.count, count);
    exit(EXIT_FAILURE);
  }
  for (uint32_t index = 0; index < count; ++index) camera_queue(camera, index, buffers[index]);
  CHECK(ioctl(camera->fd, VIDIOC_STREAMON, &kType), "VIDIOC_STREAMON");
}

int camera_dequeue(struct camera *camera, struct captured *captured) {
  struct v4l2_buffer buffer = {.type = kType, .memory = V4L2_MEMORY_DMABUF};
  if (ioctl(camera->fd, VIDIOC_DQBUF, &buffer) < 0) {
    if (errno == EAGAIN) return 0;
    FAIL("VIDIOC_DQBUF");
  }
  // One that goes back is a driver that started anew.
  const uint32_t step = buffer.sequence - camera->last_sequence;
  if (camera->captured++ > 0 && step > 1 && step < UINT32_MAX / 2) camera->lost += step - 1;
  camera->last_sequence = buffer.sequence;
  captured->index = buffer.index;
  captured->timestamp = (int64_t)buffer.timestamp.tv_sec * 1000000 + buffer.timestamp.tv_usec;
  return 1;
}

void camera_stop(struct camera *camera) {
  CHECK(ioctl(camera->fd, VIDIOC_STREAMOFF, &kType), "VIDIOC_STREAMOFF");
  close(camera->fd);
}
