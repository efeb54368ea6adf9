// Opening device nodes, and what moves fds in and out of the fd table.
#pragma once

#include <napi.h>

namespace dmaflow {

void RegisterFiles(Napi::Env env, Napi::Object exports);

}  // namespace dmaflow
