// The converter as an object of JavaScript: src/native/convert.ts.
#pragma once

#include <napi.h>

#include <memory>

#include "call.h"
#include "converter.h"

namespace dmaflow {

// While its thread works the process is not kept alive by it: the frame loop that feeds it does that. When
// the environment ends first, a cleanup hook stops the thread.
class ConverterBinding : public Napi::ObjectWrap<ConverterBinding> {
 public:
  static Napi::Function Define(Napi::Env env);

  // From JavaScript: the configuration, and what is called with an error.
  explicit ConverterBinding(const Napi::CallbackInfo& info);
  ~ConverterBinding() override;

 private:
  Napi::Value Start(const Napi::CallbackInfo& info);
  Napi::Value Stop(const Napi::CallbackInfo& info);
  Napi::Value Counts(const Napi::CallbackInfo& info);

  static void AtExit(void* binding);
  // Waits for the frame at work. Safe to call twice.
  void Shutdown();

  std::shared_ptr<Converter> converter_;
  Napi::ThreadSafeFunction report_;
  bool shut_down_ = false;
};

// Exports `createConverter(config, onError)`.
void RegisterConverter(Napi::Env env, Napi::Object exports);

}  // namespace dmaflow
