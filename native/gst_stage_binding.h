// A GStreamer pipeline between our frames as an object of JavaScript.
#pragma once

#include <napi.h>

#include <functional>
#include <memory>
#include <optional>
#include <variant>

#include "call.h"
#include "gst_stage.h"

namespace dmaflow::gst {

// `GstStage` of src/gstreamer/stage-addon.ts. From `play` to `stop` the object is not collected and the
// process is kept alive; when the environment ends before, the pipeline is stopped then: no streaming thread
// ever waits for JavaScript, so this ends.
class StageBinding : public Napi::ObjectWrap<StageBinding>, private StageListener {
 public:
  static Napi::Function Define(Napi::Env env);

  // From JavaScript: description, { input, output }, listener.
  explicit StageBinding(const Napi::CallbackInfo& info);
  ~StageBinding() override;

 private:
  static constexpr char kListenerProperty[] = "listener";

  struct Ended {};
  using Event = std::variant<Failure, Ended>;
  // What the thread-safe function keeps: events may still be under way when the binding is gone.
  struct Receiver {
    StageBinding* binding;
  };
  static void OnEvent(Napi::Env env, Napi::Function, Receiver* receiver, Event* event);
  using EventFunction = Napi::TypedThreadSafeFunction<Receiver, Event, OnEvent>;

  using Method = Napi::Value (StageBinding::*)(Call&);
  template <Method method>
  Napi::Value Run(const Napi::CallbackInfo& info);

  Napi::Value Open(Call& call);
  Napi::Value InputCaps(Call& call);
  Napi::Value OutputCaps(Call& call);
  Napi::Value NeedsEnd(Call& call);
  Napi::Value SetInput(Call& call);
  Napi::Value SetOutput(Call& call);
  Napi::Value ConnectInput(Call& call);
  Napi::Value ConnectOutput(Call& call);
  Napi::Value Play(Call& call);
  Napi::Value EndInput(Call& call);
  Napi::Value Stop(Call& call);
  Napi::Value Disconnect(Call& call);
  Napi::Value Close(Call& call);
  Napi::Value Stats(Call& call);

  // On a thread of libuv's pool; resolves with a Failure or nothing.
  Napi::Promise Work(Napi::Env env, std::function<std::optional<Failure>(Stage&)> work);
  FrameSource& RequireInput(Call& call);
  FrameSink& RequireOutput(Call& call);

  void OnFailure(const Failure& failure) noexcept override;
  void OnEnd() noexcept override;
  void Post(Event event);
  void Handle(Napi::Env env, const Event& event);
  void KeepAlive(Napi::Env env, bool alive);
  static void AtExit(void* binding);
  void Shutdown();

  std::shared_ptr<Stage> stage_;
  EventFunction events_;
  // Owned by the thread-safe function.
  Receiver* receiver_ = nullptr;
  bool kept_alive_ = false;
};

// Exports `createGstStage(description, ends, listener)`.
void RegisterStage(Napi::Env env, Napi::Object exports);

}  // namespace dmaflow::gst
