// The frame loop as an object of JavaScript.
#pragma once

#include <napi.h>

#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "call.h"
#include "frame_loop.h"
#include "frame_loop_types.h"

namespace dmaflow {

// `FrameLoop` of src/native/frame-loop.ts; see loop::FrameLoop for the life of a buffer. What differs from
// there:
//   1. A frame that is fetched becomes a call of `onFrame`; from then on JavaScript holds its reference.
//   2. What JavaScript holds it gives back with `release` or `present`.
//   3. Where JavaScript is late, frames wait in the tap, not here.
//
// While the loop runs, the object is not collected, and the process is kept alive. When the environment ends
// before `stop`, the loop is stopped then: a cleanup hook waits for its thread.
class FrameLoopBinding : public Napi::ObjectWrap<FrameLoopBinding>, private loop::Listener {
 public:
  static Napi::Function Define(Napi::Env env);

  // From JavaScript: the listener, and setImmediate.
  explicit FrameLoopBinding(const Napi::CallbackInfo& info);
  ~FrameLoopBinding() override;

 private:
  // Where the object keeps its listener: as a property and not as a reference, since the listener may well
  // refer to the loop, and a reference would keep both alive. While the loop runs, which does that anyway,
  // there are references too: to look a property up costs more than all the rest of a frame here.
  static constexpr char kListenerProperty[] = "listener";

  using Method = Napi::Value (FrameLoopBinding::*)(Call&);
  // The loop's thread wakes this environment's; the call itself carries nothing.
  static void OnWake(Napi::Env env, Napi::Function, FrameLoopBinding* binding, void*);
  using WakeFunction = Napi::TypedThreadSafeFunction<FrameLoopBinding, void, OnWake>;

  // The method with the loop's exceptions as JavaScript's; Async rejects a promise with them.
  template <Method method>
  Napi::Value Run(const Napi::CallbackInfo& info);
  template <Method method>
  Napi::Value RunAsync(const Napi::CallbackInfo& info);

  Napi::Value AddCapture(Call& call);
  Napi::Value AddPool(Call& call);
  Napi::Value Acquire(Call& call);
  Napi::Value Submit(Call& call);
  Napi::Value Cancel(Call& call);
  Napi::Value EndPool(Call& call);
  Napi::Value Filler(Call& call);
  Napi::Value Taker(Call& call);
  Napi::Value AddDisplay(Call& call);
  Napi::Value Connect(Call& call);
  Napi::Value AllowPresent(Call& call);
  Napi::Value AddTap(Call& call);
  Napi::Value RemoveTap(Call& call);
  Napi::Value Release(Call& call);
  Napi::Value Pass(Call& call);
  Napi::Value Present(Call& call);
  Napi::Value Start(Call& call);
  Napi::Value CommitOnce(Call& call);
  Napi::Value Stop(Call& call);
  Napi::Value Stats(Call& call);

  void Link(Call& call, bool direct);

  void Wake() noexcept override;
  void Dispatch(Napi::Env env);
  void Handle(Napi::Env env, const loop::FrameEvent& event);
  void Handle(Napi::Env env, const loop::ErrorEvent& event);
  void Handle(Napi::Env env, const loop::EndEvent& event);
  void Handle(Napi::Env env, const loop::FreeEvent& event);
  void Handle(Napi::Env env, const loop::StartEvent& event);
  void Handle(Napi::Env env, const loop::CommitEvent& event);
  void Handle(Napi::Env env, const loop::StopEvent& event);
  void Notify(Napi::Env env, const char* callback, const std::vector<napi_value>& arguments);

  static void AtExit(void* binding);
  // Stops the loop and lets go of the environment. Safe to call twice.
  void Shutdown();

  std::optional<loop::FrameLoop> loop_;
  WakeFunction wake_;
  Napi::ObjectReference listener_;
  Napi::FunctionReference on_frame_;
  Napi::FunctionReference set_immediate_;
  // By capture or pool.
  std::vector<std::string> capture_paths_;
  std::vector<std::string> display_paths_;
  std::optional<Napi::Promise::Deferred> started_;
  std::vector<Napi::Promise::Deferred> stopped_;
  std::map<uint32_t, Napi::Promise::Deferred> commits_;
};

// Exports `createFrameLoop(listener)`.
void RegisterFrameLoop(Napi::Env env, Napi::Object exports);

}  // namespace dmaflow
