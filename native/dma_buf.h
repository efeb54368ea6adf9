// dma-bufs: size, identity, name, CPU access, mappings: Documentation/driver-api/dma-buf.rst,
// include/uapi/linux/dma-buf.h.
#pragma once

#include <napi.h>

namespace dmaflow {

void RegisterDmaBuf(Napi::Env env, Napi::Object exports);

}  // namespace dmaflow
