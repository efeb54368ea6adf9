// One call from JavaScript, and how an operation becomes a function of the addon's exports: its arguments
// checked, its KernelErrors turned into JavaScript's with the path of the fd that it worked on.
#pragma once

#include <napi.h>

#include <string>

#include "addon_data.h"
#include "arguments.h"
#include "kernel_error.h"

namespace dmaflow {

class Call {
 public:
  Call(const Napi::CallbackInfo& info, const char* function) : info_(info), function_(function) {}

  Napi::Env env() const { return info_.Env(); }
  AddonData& addon() const { return AddonData::Of(info_.Env()); }

  Argument Arg(size_t index, const char* name) const { return Argument(info_[index], function_, name); }

  // An fd of the table, borrowed for this call; `syscall` is what the kernel would refuse it in. The path of
  // the first one of a call is in the KernelErrors of that call.
  int Fd(size_t index, const char* name, const char* syscall) {
    const int fd = Arg(index, name).Int32();
    if (fd_ < 0) fd_ = fd;
    return addon().fds.Get(fd, syscall);
  }

  // The same for work that outlives the call.
  UniqueFd DuplicateFd(size_t index, const char* name, const char* syscall) {
    return addon().fds.Duplicate(Fd(index, name, syscall), syscall);
  }

  // Of the first fd of this call.
  std::string Path() const { return addon().fds.Path(fd_); }

 private:
  const Napi::CallbackInfo& info_;
  const char* function_;
  int fd_ = -1;
};

using Operation = Napi::Value (*)(Call&);

template <Operation operation>
Napi::Value Run(const Napi::CallbackInfo& info) {
  Call call(info, static_cast<const char*>(info.Data()));
  try {
    return operation(call);
  } catch (const KernelError& error) {
    throw ToJavaScript(info.Env(), error, call.Path());
  }
}

// For operations that return a promise: whatever they throw before there is one is a rejection as well.
template <Operation operation>
Napi::Value RunAsync(const Napi::CallbackInfo& info) {
  try {
    return Run<operation>(info);
  } catch (const Napi::Error& error) {
    const auto deferred = Napi::Promise::Deferred::New(info.Env());
    deferred.Reject(error.Value());
    return deferred.Promise();
  }
}

// `name` is a string literal.
template <Operation operation>
void Export(Napi::Env env, Napi::Object exports, const char* name) {
  exports.Set(name, Napi::Function::New<Run<operation>>(env, name, const_cast<char*>(name)));
}

template <Operation operation>
void ExportAsync(Napi::Env env, Napi::Object exports, const char* name) {
  exports.Set(name, Napi::Function::New<RunAsync<operation>>(env, name, const_cast<char*>(name)));
}

}  // namespace dmaflow
