// The entry of the second addon, which needs GStreamer and is loaded on the first use of something that does
// (src/gstreamer/binding.ts). Errors, arguments and fds as in the first one; its data is its own.
#include <napi.h>

#include <memory>

#include "call.h"
#include "gst_addon_data.h"
#include "gst_pipelines.h"
#include "gst_properties.h"
#include "gst_registry.h"
#include "gst_stage_binding.h"

namespace dmaflow::gst {

namespace {

// `initialize({ KernelError, InvalidStateError, TypeError, RangeError })`: comes before everything else.
void Initialize(const Napi::CallbackInfo& info) {
  AddonData::Of(info.Env()).errors = TakeErrorConstructors(info.Env(), info[0]);
}

// `attachMainContext()`: GLib's default context runs in this thread from here on; again does nothing.
Napi::Value AttachMainContext(Call& call) {
  GstAddonData& addon = GstAddonData::Of(call.env());
  if (!addon.main_context) addon.main_context = MainContext::Attach(call.env());
  return call.env().Undefined();
}

// `holdProcess()`, `releaseProcess()`: while held, the process does not end by itself.
Napi::Value HoldProcess(Call& call) {
  GstAddonData::Of(call.env()).main_context->Hold();
  return call.env().Undefined();
}

Napi::Value ReleaseProcess(Call& call) {
  GstAddonData::Of(call.env()).main_context->Release();
  return call.env().Undefined();
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(std::make_unique<GstAddonData>().release());
  exports.Set("initialize", Napi::Function::New<Initialize>(env, "initialize"));
  Export<AttachMainContext>(env, exports, "attachMainContext");
  Export<HoldProcess>(env, exports, "holdProcess");
  Export<ReleaseProcess>(env, exports, "releaseProcess");
  RegisterRegistry(env, exports);
  RegisterStage(env, exports);
  RegisterPipelines(env, exports);
  RegisterProperties(env, exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(dmaflow_gst, Init)

}  // namespace dmaflow::gst
