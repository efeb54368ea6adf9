// GLib's and GStreamer's values as JavaScript's, and back.
#pragma once

#include <gst/gst.h>
#include <napi.h>

#include <string>

namespace dmaflow::gst {

// Booleans, numbers (64-bit ones beyond 2^53 as BigInt) and strings as they are; an enum as its nick, flags
// as "a+b", a fraction as { numerator, denominator }, lists and arrays as arrays, structures as objects, caps
// and whatever else GStreamer can write as the text of gst-launch; an object as its name. What has no text is
// null.
Napi::Value ToJavaScript(Napi::Env env, const GValue& value);

// The fields as properties.
Napi::Object ToJavaScript(Napi::Env env, const GstStructure* structure);

Napi::Value StringOrNull(Napi::Env env, const gchar* text);
// Exact: a BigInt beyond 2^53.
Napi::Value Integer(Napi::Env env, int64_t value);
Napi::Value Unsigned(Napi::Env env, uint64_t value);
// Whole microseconds; null for GST_CLOCK_TIME_NONE.
Napi::Value Microseconds(Napi::Env env, GstClockTime time);

// Puts JavaScript's value into an initialized GValue. False where it is none of its type.
bool FromJavaScript(const Napi::Value& given, GValue* value);

// "an integer from 0 to 100", "one of smpte, snow, black", for messages.
std::string DescribeType(const GParamSpec* property);

}  // namespace dmaflow::gst
