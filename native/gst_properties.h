// Properties of elements, checked against their class: a name or a value that GStreamer would ignore with a
// warning throws.
#pragma once

#include <napi.h>

namespace dmaflow::gst {

void RegisterProperties(Napi::Env env, Napi::Object exports);

}  // namespace dmaflow::gst
