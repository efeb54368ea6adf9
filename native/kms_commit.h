// Atomic commits and the page-flip events that they ask for.
#pragma once

#include <napi.h>

namespace dmaflow {

void RegisterKmsCommit(Napi::Env env, Napi::Object exports);

}  // namespace dmaflow
