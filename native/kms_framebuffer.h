// dma-bufs as framebuffers: PRIME import, GEM handles, AddFB2.
#pragma once

#include <napi.h>

namespace dmaflow {

void RegisterKmsFramebuffer(Napi::Env env, Napi::Object exports);

}  // namespace dmaflow
