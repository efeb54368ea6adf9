#include "js_errors.h"

#include <vector>

#include "addon_data.h"

namespace dmaflow {

namespace {

Napi::Error Construct(Napi::Env env, const Napi::FunctionReference& constructor,
                      const std::vector<napi_value>& arguments) {
  if (constructor.IsEmpty()) {
    return Napi::Error::New(env,
                            "the dmaflow addon is not initialized: load it through src/native/binding.ts");
  }
  return Napi::Error(env, constructor.Value().New(arguments));
}

Napi::Error WithMessage(Napi::Env env, const Napi::FunctionReference& constructor,
                        const std::string& message) {
  return Construct(env, constructor, {Napi::String::New(env, message)});
}

}  // namespace

Napi::Error ToJavaScript(Napi::Env env, const KernelError& error, const std::string& path) {
  const std::string& where = error.path().empty() ? path : error.path();
  return Construct(env, AddonData::Of(env).errors.kernel_error,
                   {Napi::String::New(env, error.syscall()), Napi::Number::New(env, error.error()),
                    where.empty() ? env.Undefined() : Napi::Value(Napi::String::New(env, where))});
}

Napi::Error TypeErrorOf(Napi::Env env, const std::string& message) {
  return WithMessage(env, AddonData::Of(env).errors.type_error, message);
}

Napi::Error RangeErrorOf(Napi::Env env, const std::string& message) {
  return WithMessage(env, AddonData::Of(env).errors.range_error, message);
}

Napi::Error InvalidStateErrorOf(Napi::Env env, const std::string& message) {
  return WithMessage(env, AddonData::Of(env).errors.invalid_state_error, message);
}

ErrorConstructors TakeErrorConstructors(Napi::Env env, const Napi::Value& given) {
  if (!given.IsObject())
    throw Napi::TypeError::New(env, "initialize: expected an object of error constructors");
  const auto take = [&](const char* name) {
    const Napi::Value value = given.As<Napi::Object>().Get(name);
    if (!value.IsFunction()) {
      throw Napi::TypeError::New(env, std::string("initialize: ") + name + " must be a constructor");
    }
    return Napi::Persistent(value.As<Napi::Function>());
  };
  return ErrorConstructors{take("KernelError"), take("InvalidStateError"), take("TypeError"),
                           take("RangeError")};
}

}  // namespace dmaflow
