// The errors of src/errors.ts, made from C++. The constructors come from JavaScript once (`initialize`), so
// that `instanceof` holds there, in a realm of its own (a test runner's sandbox) too.
#pragma once

#include <napi.h>

#include <string>

#include "kernel_error.h"

namespace dmaflow {

struct ErrorConstructors {
  Napi::FunctionReference kernel_error;
  Napi::FunctionReference invalid_state_error;
  Napi::FunctionReference type_error;
  Napi::FunctionReference range_error;
};

// The KernelError of src/errors.ts. `path` is used where the error carries none itself.
Napi::Error ToJavaScript(Napi::Env env, const KernelError& error, const std::string& path = {});

// To be thrown: `throw TypeErrorOf(env, "…")`.
Napi::Error TypeErrorOf(Napi::Env env, const std::string& message);
Napi::Error RangeErrorOf(Napi::Env env, const std::string& message);
Napi::Error InvalidStateErrorOf(Napi::Env env, const std::string& message);

// Out of `{ KernelError, InvalidStateError, TypeError, RangeError }`.
ErrorConstructors TakeErrorConstructors(Napi::Env env, const Napi::Value& given);

}  // namespace dmaflow
