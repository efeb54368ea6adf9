#include "heap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <sys/ioctl.h>

#include "fail.h"

int heap_open(const char *name) {
  char path[128];
  snprintf(path, sizeof path, "/dev/dma_heap/%s", name);
  const int heap = open(path, O_RDONLY | O_CLOEXEC);
  CHECK(heap, path);
  return heap;
}

int heap_alloc(int heap, size_t length) {
  struct dma_heap_allocation_data request = {.len = length, .fd_flags = O_RDWR | O_CLOEXEC};
  CHECK(ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &request), "DMA_HEAP_IOCTL_ALLOC");
  return (int)request.fd;
}

void buffer_sync(int buffer, uint64_t flags) {
  struct dma_buf_sync sync = {.flags = flags};
  while (ioctl(buffer, DMA_BUF_IOCTL_SYNC, &sync) < 0) {
    if (errno != EINTR && errno != EAGAIN) FAIL("DMA_BUF_IOCTL_SYNC");
  }
}
