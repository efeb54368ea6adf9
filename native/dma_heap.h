// Allocation of dma-bufs from a dma-heap: Documentation/userspace-api/dma-buf-heaps.rst,
// include/uapi/linux/dma-heap.h.
#pragma once

#include <napi.h>

namespace dmaflow {

void RegisterDmaHeap(Napi::Env env, Napi::Object exports);

}  // namespace dmaflow
