#include "frame_loop_binding.h"

#include <chrono>
#include <memory>
#include <stdexcept>
#include <utility>

#include "addon_data.h"
#include "frame_loop_handles.h"
#include "frame_loop_values.h"
#include "js_errors.h"

namespace dmaflow {

namespace {

// How long a flip that is pending may hold up the end of an environment.
constexpr auto kFlipWaitAtExit = std::chrono::milliseconds(100);

constexpr const char* kCallbacks[] = {"onFrame", "onError", "onEnd"};

}  // namespace

Napi::Function FrameLoopBinding::Define(Napi::Env env) {
  const auto method = [](const char* name, auto implementation) {
    return InstanceMethod(name, implementation, napi_default_method, const_cast<char*>(name));
  };
  using Self = FrameLoopBinding;
  return DefineClass(env, "FrameLoop",
                     {method("addCapture", &Self::Run<&Self::AddCapture>),
                      method("addPool", &Self::Run<&Self::AddPool>),
                      method("acquire", &Self::Run<&Self::Acquire>),
                      method("submit", &Self::Run<&Self::Submit>),
                      method("cancel", &Self::Run<&Self::Cancel>),
                      method("endPool", &Self::Run<&Self::EndPool>),
                      method("filler", &Self::Run<&Self::Filler>),
                      method("taker", &Self::Run<&Self::Taker>),
                      method("addDisplay", &Self::Run<&Self::AddDisplay>),
                      method("connect", &Self::Run<&Self::Connect>),
                      method("allowPresent", &Self::Run<&Self::AllowPresent>),
                      method("addTap", &Self::Run<&Self::AddTap>),
                      method("removeTap", &Self::Run<&Self::RemoveTap>),
                      method("release", &Self::Run<&Self::Release>),
                      method("pass", &Self::Run<&Self::Pass>),
                      method("present", &Self::Run<&Self::Present>),
                      method("start", &Self::RunAsync<&Self::Start>),
                      method("commitOnce", &Self::RunAsync<&Self::CommitOnce>),
                      method("stop", &Self::RunAsync<&Self::Stop>),
                      method("stats", &Self::Run<&Self::Stats>)});
}

FrameLoopBinding::FrameLoopBinding(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  const Napi::Env env = info.Env();
  const Argument listener(info[0], "createFrameLoop: listener");
  for (const char* callback : kCallbacks) {
    const Argument function = listener[callback];
    if (!function.value().IsFunction()) throw function.WrongType("a function");
  }
  info.This().As<Napi::Object>().DefineProperty(
      Napi::PropertyDescriptor::Value(kListenerProperty, listener.value(), napi_default));
  set_immediate_ = Napi::Persistent(info[1].As<Napi::Function>());
  try {
    loop_.emplace(static_cast<loop::Listener&>(*this));
  } catch (const KernelError& error) {
    throw ToJavaScript(env, error);
  }
  wake_ = WakeFunction::New(env, "dmaflow-loop", 0, 1, this);
  wake_.Unref(env);
  // After the thread-safe function's own hook, and so before it at the end: it is still there while the
  // thread ends.
  napi_add_env_cleanup_hook(env, AtExit, this);
}

FrameLoopBinding::~FrameLoopBinding() {
  napi_remove_env_cleanup_hook(Env(), AtExit, this);
  Shutdown();
}

void FrameLoopBinding::AtExit(void* binding) { static_cast<FrameLoopBinding*>(binding)->Shutdown(); }

void FrameLoopBinding::Shutdown() {
  if (loop_) loop_->Shutdown(kFlipWaitAtExit);
  if (wake_ != nullptr) wake_.Release();
  wake_ = WakeFunction();
}

template <FrameLoopBinding::Method method>
Napi::Value FrameLoopBinding::Run(const Napi::CallbackInfo& info) {
  const char* const name = static_cast<const char*>(info.Data());
  Call call(info, name);
  try {
    return (this->*method)(call);
  } catch (const KernelError& error) {
    throw ToJavaScript(info.Env(), error, call.Path());
  } catch (const loop::StateError& error) {
    throw InvalidStateErrorOf(info.Env(), std::string(name) + ": " + error.what());
  } catch (const std::out_of_range& error) {
    throw RangeErrorOf(info.Env(), std::string(name) + ": " + error.what());
  }
}

template <FrameLoopBinding::Method method>
Napi::Value FrameLoopBinding::RunAsync(const Napi::CallbackInfo& info) {
  try {
    return Run<method>(info);
  } catch (const Napi::Error& error) {
    const auto deferred = Napi::Promise::Deferred::New(info.Env());
    deferred.Reject(error.Value());
    return deferred.Promise();
  }
}

Napi::Value FrameLoopBinding::AddCapture(Call& call) {
  const Argument config = call.Arg(0, "config");
  const FdTable& fds = call.addon().fds;
  const uint32_t id = loop_->AddCapture(TakeCapture(config, fds));
  capture_paths_.push_back(fds.Path(config["fd"].Int32()));
  return Napi::Number::New(call.env(), id);
}

Napi::Value FrameLoopBinding::AddPool(Call& call) {
  const uint32_t id = loop_->AddPool(TakePool(call.Arg(0, "config")));
  capture_paths_.emplace_back();
  return Napi::Number::New(call.env(), id);
}

Napi::Value FrameLoopBinding::Acquire(Call& call) {
  const std::optional<uint32_t> index = loop_->PortOfPool(call.Arg(0, "pool").Uint32())->Acquire();
  return index ? Napi::Number::New(call.env(), *index) : call.env().Undefined();
}

Napi::Value FrameLoopBinding::Submit(Call& call) {
  loop::PoolPort& port = *loop_->PortOfPool(call.Arg(0, "pool").Uint32());
  const uint32_t index = call.Arg(1, "index").Uint32();
  const loop::FrameInfo info = TakeFrameInfo(call.Arg(2, "frame"));
  UniqueFd fence;
  if (!call.Arg(3, "fence").IsUndefined()) fence = call.DuplicateFd(3, "fence", "poll");
  port.Submit(index, info, std::move(fence));
  return call.env().Undefined();
}

Napi::Value FrameLoopBinding::Cancel(Call& call) {
  loop_->PortOfPool(call.Arg(0, "pool").Uint32())->Cancel(call.Arg(1, "index").Uint32());
  return call.env().Undefined();
}

Napi::Value FrameLoopBinding::EndPool(Call& call) {
  loop_->PortOfPool(call.Arg(0, "pool").Uint32())->End();
  return call.env().Undefined();
}

Napi::Value FrameLoopBinding::Filler(Call& call) {
  return FillerHandle(call.env(), loop_->PortOfPool(call.Arg(0, "pool").Uint32()));
}

Napi::Value FrameLoopBinding::Taker(Call& call) {
  return TakerHandle(call.env(), loop_->PortOfTap(call.Arg(0, "tap").Uint32()));
}

Napi::Value FrameLoopBinding::AddDisplay(Call& call) {
  const Argument config = call.Arg(0, "config");
  const FdTable& fds = call.addon().fds;
  const uint32_t id = loop_->AddDisplay(TakeDisplay(config, fds));
  display_paths_.push_back(fds.Path(config["fd"].Int32()));
  return Napi::Number::New(call.env(), id);
}

void FrameLoopBinding::Link(Call& call, bool direct) {
  const uint32_t capture = call.Arg(0, "capture").Uint32();
  const uint32_t display = call.Arg(1, "display").Uint32();
  loop_->Link(capture, display, TakeFramebuffers(call.Arg(2, "framebuffers")), direct);
}

Napi::Value FrameLoopBinding::Connect(Call& call) {
  Link(call, true);
  return call.env().Undefined();
}

Napi::Value FrameLoopBinding::AllowPresent(Call& call) {
  Link(call, false);
  return call.env().Undefined();
}

Napi::Value FrameLoopBinding::AddTap(Call& call) {
  return Napi::Number::New(call.env(), loop_->AddTap(TakeTap(call.Arg(0, "config"))));
}

Napi::Value FrameLoopBinding::RemoveTap(Call& call) {
  loop_->RemoveTap(call.Arg(0, "tap").Uint32());
  return call.env().Undefined();
}

Napi::Value FrameLoopBinding::Release(Call& call) {
  const uint32_t tap = call.Arg(0, "tap").Uint32();
  const uint32_t capture = call.Arg(1, "capture").Uint32();
  const uint32_t index = call.Arg(2, "index").Uint32();
  std::vector<UniqueFd> fences;
  const Argument given = call.Arg(3, "fences");
  if (!given.IsUndefined()) {
    for (const Argument& fence : given.Elements()) {
      fences.push_back(call.addon().fds.Duplicate(fence.Int32(), "poll"));
    }
  }
  loop_->Release(tap, capture, index, std::move(fences));
  return call.env().Undefined();
}

Napi::Value FrameLoopBinding::Pass(Call& call) {
  const uint32_t tap = call.Arg(0, "tap").Uint32();
  const uint32_t capture = call.Arg(1, "capture").Uint32();
  const uint32_t index = call.Arg(2, "index").Uint32();
  loop_->Pass(tap, capture, index, call.Arg(3, "to").Uint32());
  return call.env().Undefined();
}

Napi::Value FrameLoopBinding::Present(Call& call) {
  const uint32_t tap = call.Arg(0, "tap").Uint32();
  const uint32_t capture = call.Arg(1, "capture").Uint32();
  const uint32_t index = call.Arg(2, "index").Uint32();
  const uint32_t display = call.Arg(3, "display").Uint32();
  const bool keep = call.Arg(4, "keep").Boolean();
  UniqueFd fence;
  if (!call.Arg(5, "fence").IsUndefined()) fence = call.DuplicateFd(5, "fence", "DRM_IOCTL_MODE_ATOMIC");
  loop_->Present(tap, capture, index, display, keep, std::move(fence));
  return call.env().Undefined();
}

Napi::Value FrameLoopBinding::Start(Call& call) {
  loop_->Start();
  Ref();
  const Napi::Object listener = Value().Get(kListenerProperty).As<Napi::Object>();
  listener_ = Napi::Persistent(listener);
  on_frame_ = Napi::Persistent(listener.Get("onFrame").As<Napi::Function>());
  wake_.Ref(call.env());
  started_ = Napi::Promise::Deferred::New(call.env());
  return started_->Promise();
}

Napi::Value FrameLoopBinding::CommitOnce(Call& call) {
  const uint32_t display = call.Arg(0, "display").Uint32();
  const uint32_t request =
      loop_->CommitOnce(TakeCommit(display, call.Arg(1, "properties"), call.Arg(2, "outFence")));
  return commits_.emplace(request, Napi::Promise::Deferred::New(call.env())).first->second.Promise();
}

Napi::Value FrameLoopBinding::Stop(Call& call) {
  const auto deferred = Napi::Promise::Deferred::New(call.env());
  loop_->Stop();
  if (loop_->state() == loop::FrameLoop::State::kStopped) {
    deferred.Resolve(call.env().Undefined());
  } else {
    stopped_.push_back(deferred);
  }
  return deferred.Promise();
}

Napi::Value FrameLoopBinding::Stats(Call& call) { return StatsValue(call.env(), loop_->counters()); }

void RegisterFrameLoop(Napi::Env env, Napi::Object exports) {
  struct Made {
    Napi::FunctionReference constructor;
    // Taken now: a test's fake timers must not hold frames up.
    Napi::FunctionReference set_immediate;
  };
  const auto made = std::make_shared<Made>();
  made->constructor = Napi::Persistent(FrameLoopBinding::Define(env));
  made->set_immediate = Napi::Persistent(env.Global().Get("setImmediate").As<Napi::Function>());
  const auto create = [made](const Napi::CallbackInfo& info) -> Napi::Value {
    return made->constructor.New({info[0], made->set_immediate.Value()});
  };
  exports.Set("createFrameLoop", Napi::Function::New(env, create, "createFrameLoop"));
}

}  // namespace dmaflow
