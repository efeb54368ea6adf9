// Fences as files: out of and into dma-bufs, and waiting for them. include/uapi/linux/dma-buf.h, sync_file.h.
#pragma once

#include <napi.h>

namespace dmaflow {

void RegisterSyncFile(Napi::Env env, Napi::Object exports);

}  // namespace dmaflow
