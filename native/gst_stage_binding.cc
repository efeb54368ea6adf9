#include "gst_stage_binding.h"

#include <utility>

#include "gst_stage_values.h"
#include "js_errors.h"
#include "promise_work.h"

namespace dmaflow::gst {

namespace {

constexpr const char* kCallbacks[] = {"onFailure", "onEnd"};

// A ParseError with the elements that are missing.
Napi::Error ErrorOf(Napi::Env env, const ParseError& error) {
  Napi::Error thrown = TypeErrorOf(env, error.what());
  const Napi::Array missing = Napi::Array::New(env);
  for (const std::string& name : error.missing()) missing.Set(missing.Length(), name);
  thrown.Value().Set("missing", missing);
  return thrown;
}

template <typename Handle>
ExchangeHandle<Handle> HandleArgument(const Argument& argument, const napi_type_tag& tag,
                                      const char* expected) {
  bool matches = false;
  if (argument.value().IsExternal()) {
    napi_check_object_type_tag(argument.value().Env(), argument.value(), &tag, &matches);
  }
  if (!matches) throw argument.WrongType(expected);
  const Handle* handle = argument.value().As<Napi::External<const Handle>>().Data();
  if (handle->version != kFrameExchangeVersion) {
    throw argument.WrongType("of the same build of dmaflow: run `npm rebuild dmaflow`");
  }
  return ExchangeHandle<Handle>(handle);
}

}  // namespace

Napi::Function StageBinding::Define(Napi::Env env) {
  const auto method = [](const char* name, auto implementation) {
    return InstanceMethod(name, implementation, napi_default_method, const_cast<char*>(name));
  };
  using Self = StageBinding;
  return DefineClass(
      env, "GstStage",
      {method("open", &Self::Run<&Self::Open>), method("inputCaps", &Self::Run<&Self::InputCaps>),
       method("outputCaps", &Self::Run<&Self::OutputCaps>), method("needsEnd", &Self::Run<&Self::NeedsEnd>),
       method("setInput", &Self::Run<&Self::SetInput>), method("setOutput", &Self::Run<&Self::SetOutput>),
       method("connectInput", &Self::Run<&Self::ConnectInput>),
       method("connectOutput", &Self::Run<&Self::ConnectOutput>), method("play", &Self::Run<&Self::Play>),
       method("stop", &Self::Run<&Self::Stop>), method("endInput", &Self::Run<&Self::EndInput>),
       method("disconnect", &Self::Run<&Self::Disconnect>), method("close", &Self::Run<&Self::Close>),
       method("stats", &Self::Run<&Self::Stats>)});
}

StageBinding::StageBinding(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  const Napi::Env env = info.Env();
  const std::string description = Argument(info[0], "createGstStage: description").String();
  const Argument ends(info[1], "createGstStage: ends");
  const Argument listener(info[2], "createGstStage: listener");
  for (const char* callback : kCallbacks) {
    const Argument function = listener[callback];
    if (!function.value().IsFunction()) throw function.WrongType("a function");
  }
  info.This().As<Napi::Object>().DefineProperty(
      Napi::PropertyDescriptor::Value(kListenerProperty, listener.value(), napi_default));
  GError* failure = nullptr;
  if (!gst_init_check(nullptr, nullptr, &failure)) {
    const GstPtr<GError> error(failure);
    throw Napi::Error::New(env, std::string("GStreamer does not start: ") + error->message);
  }
  try {
    const Stage::Ends wanted{ends["input"].Boolean(), ends["output"].Boolean()};
    stage_ = std::make_shared<Stage>(description, wanted, static_cast<StageListener&>(*this));
  } catch (const ParseError& error) {
    throw ErrorOf(env, error);
  }
  receiver_ = new Receiver{this};
  events_ = EventFunction::New(env, "dmaflow-gst", 0, 1, receiver_,
                               [](Napi::Env, void*, Receiver* receiver) { delete receiver; });
  events_.Unref(env);
  napi_add_env_cleanup_hook(env, AtExit, this);
}

StageBinding::~StageBinding() {
  if (!stage_) return;
  napi_remove_env_cleanup_hook(Env(), AtExit, this);
  Shutdown();
}

void StageBinding::AtExit(void* binding) { static_cast<StageBinding*>(binding)->Shutdown(); }

void StageBinding::Shutdown() {
  stage_->Close();
  if (!receiver_) return;
  receiver_->binding = nullptr;
  receiver_ = nullptr;
  events_.Release();
}

template <StageBinding::Method method>
Napi::Value StageBinding::Run(const Napi::CallbackInfo& info) {
  Call call(info, static_cast<const char*>(info.Data()));
  try {
    return (this->*method)(call);
  } catch (const KernelError& error) {
    throw ToJavaScript(info.Env(), error);
  }
}

FrameSource& StageBinding::RequireInput(Call& call) {
  if (FrameSource* source = stage_->source()) return *source;
  throw InvalidStateErrorOf(call.env(), "this pipeline takes no frames");
}

FrameSink& StageBinding::RequireOutput(Call& call) {
  if (FrameSink* sink = stage_->sink()) return *sink;
  throw InvalidStateErrorOf(call.env(), "this pipeline gives no frames");
}

Napi::Value StageBinding::Open(Call& call) {
  const std::optional<Failure> failure = stage_->Open();
  return failure ? FailureValue(call.env(), *failure) : call.env().Undefined();
}

Napi::Value StageBinding::InputCaps(Call& call) { return CapsValue(call.env(), stage_->InputCaps().get()); }

Napi::Value StageBinding::OutputCaps(Call& call) { return CapsValue(call.env(), stage_->OutputCaps().get()); }

Napi::Value StageBinding::NeedsEnd(Call& call) { return Napi::Boolean::New(call.env(), stage_->NeedsEnd()); }

Napi::Value StageBinding::SetInput(Call& call) {
  const Argument options = call.Arg(1, "options");
  RequireInput(call).SetFormat(FormatArgument(call.Arg(0, "format")), options["most"].Uint32(),
                               options["copy"].Boolean());
  return call.env().Undefined();
}

Napi::Value StageBinding::SetOutput(Call& call) {
  const Argument options = call.Arg(1, "options");
  RequireOutput(call).SetFormat(FormatArgument(call.Arg(0, "format")), options["frames"].Size());
  stage_->SetSync(options["sync"].Boolean());
  return call.env().Undefined();
}

Napi::Value StageBinding::ConnectInput(Call& call) {
  RequireInput(call).Connect(
      BuffersArgument(call.Arg(0, "buffers")),
      HandleArgument<FrameTaker>(call.Arg(1, "taker"), kFrameTakerTag, "a taker of the frame loop"));
  return call.env().Undefined();
}

Napi::Value StageBinding::ConnectOutput(Call& call) {
  RequireOutput(call).Connect(
      BuffersArgument(call.Arg(0, "buffers")),
      HandleArgument<FrameFiller>(call.Arg(1, "filler"), kFrameFillerTag, "a filler of the frame loop"));
  return call.env().Undefined();
}

Napi::Promise StageBinding::Work(Napi::Env env, std::function<std::optional<Failure>(Stage&)> work) {
  using Result = std::optional<Failure>;
  return PromiseWork<Result>::Start(
      env, {}, [stage = stage_, work = std::move(work)] { return work(*stage); },
      [](Napi::Env result_env, const Result& failure) -> Napi::Value {
        return failure ? FailureValue(result_env, *failure) : result_env.Undefined();
      });
}

Napi::Value StageBinding::Play(Call& call) {
  KeepAlive(call.env(), true);
  return Work(call.env(), [](Stage& stage) { return stage.Play(); });
}

Napi::Value StageBinding::Stop(Call& call) {
  return Work(call.env(), [](Stage& stage) {
    stage.Stop();
    return std::optional<Failure>();
  });
}

Napi::Value StageBinding::EndInput(Call& call) {
  RequireInput(call).End();
  return call.env().Undefined();
}

Napi::Value StageBinding::Disconnect(Call& call) {
  stage_->Disconnect();
  KeepAlive(call.env(), false);
  return call.env().Undefined();
}

Napi::Value StageBinding::Close(Call& call) {
  stage_->Close();
  KeepAlive(call.env(), false);
  return call.env().Undefined();
}

Napi::Value StageBinding::Stats(Call& call) {
  const Napi::Object stats = Napi::Object::New(call.env());
  if (FrameSource* source = stage_->source()) {
    const FrameSource::Counters counters = source->counters();
    stats.Set("pushed", static_cast<double>(counters.pushed));
    stats.Set("outstanding", static_cast<double>(counters.outstanding));
    stats.Set("copiedIn", static_cast<double>(counters.copied));
  }
  if (FrameSink* sink = stage_->sink()) {
    const FrameSink::Counters counters = sink->counters();
    stats.Set("received", static_cast<double>(counters.received));
    stats.Set("copied", static_cast<double>(counters.copied));
    if (counters.copied > 0) stats.Set("copyReason", counters.copy_reason);
  }
  return stats;
}

void StageBinding::KeepAlive(Napi::Env env, bool alive) {
  if (std::exchange(kept_alive_, alive) == alive) return;
  if (alive) {
    Ref();
    events_.Ref(env);
  } else {
    events_.Unref(env);
    Unref();
  }
}

void StageBinding::OnFailure(const Failure& failure) noexcept { Post(failure); }

void StageBinding::OnEnd() noexcept { Post(Ended{}); }

void StageBinding::Post(Event event) {
  auto posted = std::make_unique<Event>(std::move(event));
  if (events_.NonBlockingCall(posted.get()) == napi_ok) posted.release();
}

void StageBinding::OnEvent(Napi::Env env, Napi::Function, Receiver* receiver, Event* event) {
  const std::unique_ptr<Event> owned(event);
  // Without an environment the queue is being emptied.
  if (static_cast<napi_env>(env) != nullptr && receiver->binding) receiver->binding->Handle(env, *owned);
}

void StageBinding::Handle(Napi::Env env, const Event& event) {
  const Napi::HandleScope scope(env);
  try {
    const Napi::Object listener = Value().Get(kListenerProperty).As<Napi::Object>();
    const auto* failure = std::get_if<Failure>(&event);
    if (failure) {
      listener.Get("onFailure").As<Napi::Function>().Call(listener, {FailureValue(env, *failure)});
    } else {
      listener.Get("onEnd").As<Napi::Function>().Call(listener, {});
    }
  } catch (const Napi::Error& error) {
    napi_fatal_exception(env, error.Value());
  }
}

void RegisterStage(Napi::Env env, Napi::Object exports) {
  const auto constructor =
      std::make_shared<Napi::FunctionReference>(Napi::Persistent(StageBinding::Define(env)));
  exports.Set("createGstStage", Napi::Function::New(
                                    env,
                                    [constructor](const Napi::CallbackInfo& info) {
                                      return constructor->New({info[0], info[1], info[2]});
                                    },
                                    "createGstStage"));
}

}  // namespace dmaflow::gst
