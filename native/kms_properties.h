// Properties of KMS objects, and property blobs.
#pragma once

#include <napi.h>

namespace dmaflow {

void RegisterKmsProperties(Napi::Env env, Napi::Object exports);

}  // namespace dmaflow
