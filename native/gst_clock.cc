#include "gst_clock.h"

#include <algorithm>

#include "gst_ptr.h"

namespace dmaflow::gst {

namespace {

// What the element's clock is ahead of CLOCK_MONOTONIC, nanoseconds.
bool ClockOffset(GstElement* element, GstClockTimeDiff& offset) {
  const GstPtr<GstClock> clock(gst_element_get_clock(element));
  if (!clock) return false;
  GstClockType type = GST_CLOCK_TYPE_OTHER;
  if (GST_IS_SYSTEM_CLOCK(clock.get())) g_object_get(clock.get(), "clock-type", &type, nullptr);
  // The same clock: nothing is read, and nothing jitters.
  if (type == GST_CLOCK_TYPE_MONOTONIC) {
    offset = 0;
    return true;
  }
  const gint64 monotonic = g_get_monotonic_time() * 1000;
  offset = static_cast<GstClockTimeDiff>(gst_clock_get_time(clock.get())) - monotonic;
  return true;
}

}  // namespace

GstClockTime RunningTime(GstElement* element, int64_t monotonic) {
  GstClockTimeDiff offset = 0;
  if (!ClockOffset(element, offset)) return GST_CLOCK_TIME_NONE;
  const auto base = static_cast<GstClockTimeDiff>(gst_element_get_base_time(element));
  return static_cast<GstClockTime>(std::max<GstClockTimeDiff>(0, monotonic * 1000 + offset - base));
}

int64_t MonotonicTime(GstElement* element, GstClockTime running) {
  const int64_t now = g_get_monotonic_time();
  GstClockTimeDiff offset = 0;
  if (!GST_CLOCK_TIME_IS_VALID(running) || !ClockOffset(element, offset)) return now;
  const auto base = static_cast<GstClockTimeDiff>(gst_element_get_base_time(element));
  return std::min(now, (static_cast<GstClockTimeDiff>(running) + base - offset) / 1000);
}

}  // namespace dmaflow::gst
