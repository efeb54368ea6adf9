// From the loop to JavaScript: how its events become calls of the listener and settled promises.
#include <linux/videodev2.h>

#include <array>
#include <optional>
#include <utility>
#include <variant>

#include "frame_loop_binding.h"
#include "frame_loop_values.h"
#include "js_errors.h"

namespace dmaflow {

namespace {

Napi::Error StoppedError(Napi::Env env) {
  return InvalidStateErrorOf(env, "the frame loop was stopped before the commit was done");
}

// Calls the listener. An exception of it is uncaught: what follows must not be lost with it.
template <typename Call>
void Uncaught(Napi::Env env, Call call) {
  try {
    call();
  } catch (const Napi::Error& error) {
    napi_fatal_exception(env, error.Value());
  }
}

}  // namespace

void FrameLoopBinding::Wake() noexcept { wake_.NonBlockingCall(); }

void FrameLoopBinding::OnWake(Napi::Env env, Napi::Function, FrameLoopBinding* binding, void*) {
  // Without an environment the queue is being emptied, and the binding is gone.
  if (static_cast<napi_env>(env) != nullptr) binding->Dispatch(env);
}

void FrameLoopBinding::Dispatch(Napi::Env env) {
  const Napi::HandleScope scope(env);
  // Not collected before the end of this, though the last event lets go of it.
  const Napi::Object self = Value();
  for (size_t left = loop_->BeginDispatch(); left > 0; --left) {
    const std::optional<loop::Event> event = loop_->Fetch();
    if (!event) break;
    const Napi::HandleScope each(env);
    std::visit([&](const auto& value) { Handle(env, value); }, *event);
  }
  if (loop_->EndDispatch()) return;
  // Not at once: where JavaScript is always later than the camera, timers and I/O would never have their
  // turn.
  try {
    const auto again = [this](const Napi::CallbackInfo& info) { Dispatch(info.Env()); };
    set_immediate_.Call({Napi::Function::New(env, again), self});
  } catch (const Napi::Error&) {
    // The environment is ending and calls no JavaScript any more.
  }
}

void FrameLoopBinding::Notify(Napi::Env env, const char* callback, const std::vector<napi_value>& arguments) {
  Uncaught(env, [&] {
    const Napi::Object listener = Value().Get(kListenerProperty).As<Napi::Object>();
    const Napi::Value function = listener.Get(callback);
    if (function.IsFunction()) function.As<Napi::Function>().Call(listener, arguments);
  });
}

void FrameLoopBinding::Handle(Napi::Env env, const loop::FrameEvent& event) {
  const loop::FrameInfo& info = event.info;
  std::array<napi_value, 5 + VIDEO_MAX_PLANES> arguments{
      Napi::Number::New(env, event.tap), Napi::Number::New(env, event.capture),
      Napi::Number::New(env, event.index), Napi::Number::New(env, info.sequence),
      Napi::Number::New(env, static_cast<double>(info.timestamp))};
  for (uint32_t plane = 0; plane < info.planes; ++plane)
    arguments[5 + plane] = Napi::Number::New(env, info.bytes_used[plane]);
  Uncaught(env, [&] { on_frame_.Value().Call(listener_.Value(), 5 + info.planes, arguments.data()); });
}

void FrameLoopBinding::Handle(Napi::Env env, const loop::ErrorEvent& event) {
  Notify(env, "onError", {ErrorValue(env, event)});
}

void FrameLoopBinding::Handle(Napi::Env env, const loop::EndEvent&) { Notify(env, "onEnd", {}); }

void FrameLoopBinding::Handle(Napi::Env env, const loop::FreeEvent& event) {
  Notify(env, "onFree", {Napi::Number::New(env, event.pool)});
}

void FrameLoopBinding::Handle(Napi::Env env, const loop::StartEvent& event) {
  const Napi::Promise::Deferred started = *std::exchange(started_, std::nullopt);
  if (!event.failure) {
    started.Resolve(env.Undefined());
    return;
  }
  const auto& paths = event.failure->device == loop::Device::kCapture ? capture_paths_ : display_paths_;
  started.Reject(ToJavaScript(env, event.failure->error, paths[event.failure->id]).Value());
}

void FrameLoopBinding::Handle(Napi::Env env, const loop::CommitEvent& event) {
  const auto commit = commits_.find(event.request);
  if (commit == commits_.end()) return;
  const Napi::Promise::Deferred deferred = commit->second;
  commits_.erase(commit);
  if (event.error) {
    deferred.Reject(ToJavaScript(env, *event.error, display_paths_[event.display]).Value());
  } else if (event.stopped) {
    deferred.Reject(StoppedError(env).Value());
  } else {
    deferred.Resolve(env.Undefined());
  }
}

void FrameLoopBinding::Handle(Napi::Env env, const loop::StopEvent&) {
  for (const auto& [request, deferred] : std::exchange(commits_, {}))
    deferred.Reject(StoppedError(env).Value());
  for (const Napi::Promise::Deferred& deferred : std::exchange(stopped_, {}))
    deferred.Resolve(env.Undefined());
  listener_.Reset();
  on_frame_.Reset();
  wake_.Unref(env);
  Unref();
}

}  // namespace dmaflow
