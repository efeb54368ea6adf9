// Work that may block, on a thread of libuv's pool, with a promise for its result.
#pragma once

#include <napi.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "js_errors.h"
#include "kernel_error.h"

namespace dmaflow {

// `Result` is movable and owns what it holds (a UniqueFd): where the environment ends before the promise
// settles, it is destroyed and with it closed.
template <typename Result>
class PromiseWork : public Napi::AsyncWorker {
 public:
  // Runs on the pool; may throw KernelError, to which `path` is added.
  using Work = std::function<Result()>;
  // Runs in the JavaScript thread and makes the value of the promise.
  using Settle = std::function<Napi::Value(Napi::Env, Result)>;

  static Napi::Promise Start(Napi::Env env, std::string path, Work work, Settle settle) {
    // libuv owns it from here on; AsyncWorker destroys itself after OnOK.
    auto* started = new PromiseWork(env, std::move(path), std::move(work), std::move(settle));
    started->Queue();
    return started->deferred_.Promise();
  }

 private:
  PromiseWork(Napi::Env env, std::string path, Work work, Settle settle)
      : Napi::AsyncWorker(env, "dmaflow"),
        deferred_(Napi::Promise::Deferred::New(env)),
        path_(std::move(path)),
        work_(std::move(work)),
        settle_(std::move(settle)) {}

  void Execute() override {
    try {
      result_ = work_();
    } catch (const KernelError& error) {
      kernel_error_ = error;
    }
  }

  void OnOK() override {
    if (kernel_error_) {
      deferred_.Reject(ToJavaScript(Env(), *kernel_error_, path_).Value());
    } else {
      deferred_.Resolve(settle_(Env(), std::move(*result_)));
    }
  }

  void OnError(const Napi::Error& error) override { deferred_.Reject(error.Value()); }

  Napi::Promise::Deferred deferred_;
  std::string path_;
  Work work_;
  Settle settle_;
  std::optional<Result> result_;
  std::optional<KernelError> kernel_error_;
};

}  // namespace dmaflow
