// Memory of a dma-buf heap.
#pragma once

#include <stddef.h>
#include <stdint.h>

// The heap's fd.
int heap_open(const char *name);
// A dma-buf's fd.
int heap_alloc(int heap, size_t length);
// One DMA_BUF_IOCTL_SYNC, restarted where it was interrupted.
void buffer_sync(int buffer, uint64_t flags);
