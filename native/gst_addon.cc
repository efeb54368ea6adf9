// The entry of the second addon, which needs GStreamer and is loaded on the first use of something that does
// (src/gstreamer/binding.ts). Errors, arguments and fds as in the first one; its data is its own.
#include <gst/gst.h>
#include <napi.h>

#include <memory>

#include "addon_data.h"
#include "call.h"
#include "gst_stage_binding.h"

namespace dmaflow {

namespace {

// `initialize({ KernelError, InvalidStateError, TypeError, RangeError })`: comes before everything else.
void Initialize(const Napi::CallbackInfo& info) {
  AddonData::Of(info.Env()).errors = TakeErrorConstructors(info.Env(), info[0]);
}

// `gstVersion()`: that of the library which is loaded, as "1.22.0".
Napi::Value GstVersion(Call& call) {
  guint major, minor, micro, nano;
  gst_version(&major, &minor, &micro, &nano);
  return Napi::String::New(call.env(),
                           std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(micro));
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(std::make_unique<AddonData>().release());
  exports.Set("initialize", Napi::Function::New<Initialize>(env, "initialize"));
  Export<GstVersion>(env, exports, "gstVersion");
  gst::RegisterStage(env, exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(dmaflow_gst, Init)

}  // namespace dmaflow
