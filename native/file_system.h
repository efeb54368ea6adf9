// What sysfs, debugfs and /dev say about devices: directories, small text files, links, device nodes.
#pragma once

#include <napi.h>

namespace dmaflow {

void RegisterFileSystem(Napi::Env env, Napi::Object exports);

}  // namespace dmaflow
