// The pipelines that TypeScript owns. Whatever may wait for a streaming thread runs on a thread of libuv's
// pool: a streaming thread may itself be waiting for JavaScript (a signal handler through node-gtk).
#pragma once

#include <gst/gst.h>
#include <napi.h>

#include <memory>
#include <unordered_map>

#include "gst_ptr.h"

namespace dmaflow::gst {

// One reference to a pipeline, and the watch of its bus.
class OwnedPipeline {
 public:
  // `on_message` gets each message (gst_messages.h) from the main context.
  OwnedPipeline(GstPipeline* pipeline, Napi::Function on_message);
  // Sets it to NULL, where that is not its state; see the .cc about time.
  ~OwnedPipeline();
  OwnedPipeline(const OwnedPipeline&) = delete;
  OwnedPipeline& operator=(const OwnedPipeline&) = delete;

  GstElement* element() const { return GST_ELEMENT(pipeline_.get()); }
  // A further reference, for work on another thread.
  GstPtr<GstElement> Shared() const { return Share(element()); }
  // What is on the bus already, now.
  void DeliverMessages();
  // Frees what is inside although somebody (a wrapper that waits for its garbage collection) has a reference.
  // For a pipeline in NULL.
  void Dispose();

 private:
  void Deliver(GstMessage* message);

  GstPtr<GstPipeline> pipeline_;
  GstPtr<GstBus> bus_;
  GSource* watch_;
  Napi::FunctionReference on_message_;
};

// By id.
using OwnedPipelines = std::unordered_map<uint32_t, std::unique_ptr<OwnedPipeline>>;

void RegisterPipelines(Napi::Env env, Napi::Object exports);

}  // namespace dmaflow::gst
