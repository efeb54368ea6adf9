// The kernel's time of a frame and a pipeline's.
#pragma once

#include <gst/gst.h>

#include <cstdint>

namespace dmaflow::gst {

// The running time of an element's pipeline at `monotonic`, microseconds of CLOCK_MONOTONIC. Works with any
// clock: both are read at one moment. GST_CLOCK_TIME_NONE where there is no clock; 0 for what came before the
// pipeline played.
GstClockTime RunningTime(GstElement* element, int64_t monotonic);

// The other way: microseconds of CLOCK_MONOTONIC, never in the future; now, where `running` says nothing.
int64_t MonotonicTime(GstElement* element, GstClockTime running);

}  // namespace dmaflow::gst
