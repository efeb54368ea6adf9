// The addon's entry: one set of data for each environment that loads it, and the functions of every kernel
// subsystem.
#include <napi.h>

#include <memory>

#include "addon_data.h"
#include "converter_binding.h"
#include "dma_buf.h"
#include "dma_heap.h"
#include "file_system.h"
#include "files.h"
#include "frame_loop_binding.h"
#include "kms_commit.h"
#include "kms_device.h"
#include "kms_framebuffer.h"
#include "kms_properties.h"
#include "kms_resources.h"
#include "sync_file.h"
#include "udmabuf.h"
#include "v4l2_controls.h"
#include "v4l2_format.h"
#include "v4l2_query.h"
#include "v4l2_stream.h"

namespace dmaflow {

namespace {

// `initialize({ KernelError, InvalidStateError, TypeError, RangeError, copyViews?, guard? })`: comes before
// everything else. Again with the constructors of another realm replaces the first ones.
void Initialize(const Napi::CallbackInfo& info) {
  AddonData& addon = AddonData::Of(info.Env());
  addon.errors = TakeErrorConstructors(info.Env(), info[0]);
  const Napi::Object options = info[0].As<Napi::Object>();
  addon.mappings.SetCopyViews(options.Get("copyViews").ToBoolean());
  if (options.Get("guard").ToBoolean()) addon.mappings.Guard();
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(std::make_unique<AddonData>().release());
  exports.Set("initialize", Napi::Function::New<Initialize>(env, "initialize"));
  RegisterFiles(env, exports);
  RegisterFileSystem(env, exports);
  RegisterDmaHeap(env, exports);
  RegisterDmaBuf(env, exports);
  RegisterUdmabuf(env, exports);
  RegisterSyncFile(env, exports);
  RegisterV4l2Query(env, exports);
  RegisterV4l2Format(env, exports);
  RegisterV4l2Stream(env, exports);
  RegisterV4l2Controls(env, exports);
  RegisterKmsDevice(env, exports);
  RegisterKmsResources(env, exports);
  RegisterKmsProperties(env, exports);
  RegisterKmsFramebuffer(env, exports);
  RegisterKmsCommit(env, exports);
  RegisterFrameLoop(env, exports);
  RegisterConverter(env, exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(dmaflow, Init)

}  // namespace dmaflow
