// Everything that the addon keeps, once for each environment (the main thread, each worker thread): Node
// destroys it with the environment, and with it closes what is still open and unmaps what is still mapped.
#pragma once

#include <napi.h>

#include "fd_table.h"
#include "js_errors.h"
#include "mapping.h"

namespace dmaflow {

struct AddonData {
  static AddonData& Of(Napi::Env env) { return *env.GetInstanceData<AddonData>(); }

  ErrorConstructors errors;
  FdTable fds;
  MappingTable mappings;
};

}  // namespace dmaflow
