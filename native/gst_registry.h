// What GStreamer's registry knows: which elements there are.
#pragma once

#include <napi.h>

namespace dmaflow::gst {

void RegisterRegistry(Napi::Env env, Napi::Object exports);

}  // namespace dmaflow::gst
