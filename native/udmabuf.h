// dma-bufs out of memfds: include/uapi/linux/udmabuf.h, memfd_create(2).
#pragma once

#include <napi.h>

namespace dmaflow {

void RegisterUdmabuf(Napi::Env env, Napi::Object exports);

}  // namespace dmaflow
