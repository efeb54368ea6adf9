// What the second addon keeps for its environment, beside what the first one has.
#pragma once

#include <napi.h>

#include "addon_data.h"
#include "gst_main_context.h"
#include "gst_pipelines.h"

namespace dmaflow::gst {

struct GstAddonData : AddonData {
  static GstAddonData& Of(Napi::Env env) { return *env.GetInstanceData<GstAddonData>(); }

  // Null until `attachMainContext`; owns itself.
  MainContext* main_context = nullptr;
  OwnedPipelines pipelines;
  uint32_t last_pipeline = 0;
};

}  // namespace dmaflow::gst
