// GStreamer's values as JavaScript's, and back.
#pragma once

#include <gst/gst.h>
#include <napi.h>

#include "arguments.h"
#include "gst_frame_format.h"
#include "gst_stage.h"

namespace dmaflow::gst {

// Caps as `GstCapsValue[] | 'any'` of src/gstreamer/stage-addon.ts; undefined for null.
Napi::Value CapsValue(Napi::Env env, const GstCaps* caps);
Napi::Value FailureValue(Napi::Env env, const Failure& failure);

// `GstFrameFormat` and `GstBufferPlane[][]`; the fds are duplicated. Both throw a TypeError or a RangeError
// for what is none, and KernelError where an fd cannot be duplicated.
FrameFormat FormatArgument(const Argument& argument);
BufferMemories BuffersArgument(const Argument& argument);

}  // namespace dmaflow::gst
