// Bus messages as plain objects: GstMessage of src/gstreamer/messages.ts.
#pragma once

#include <gst/gst.h>
#include <napi.h>

namespace dmaflow::gst {

Napi::Object MessageObject(Napi::Env env, GstMessage* message);

}  // namespace dmaflow::gst
