#include "gst_stage_values.h"

#include <fcntl.h>

#include <cerrno>
#include <string>

#include "kernel_error.h"

namespace dmaflow::gst {

namespace {

Napi::Value RangeValue(Napi::Env env, double min, double max, double step) {
  const Napi::Object range = Napi::Object::New(env);
  range.Set("min", min);
  range.Set("max", max);
  range.Set("step", step);
  return range;
}

double Fraction(int numerator, int denominator) { return static_cast<double>(numerator) / denominator; }

// Text, a number, a range of numbers, or a list of these; undefined for what frames have no use for.
Napi::Value FieldValue(Napi::Env env, const GValue* value) {
  if (G_VALUE_HOLDS_STRING(value)) return Napi::String::New(env, g_value_get_string(value));
  if (G_VALUE_HOLDS_INT(value)) return Napi::Number::New(env, g_value_get_int(value));
  if (GST_VALUE_HOLDS_INT_RANGE(value)) {
    return RangeValue(env, gst_value_get_int_range_min(value), gst_value_get_int_range_max(value),
                      gst_value_get_int_range_step(value));
  }
  if (GST_VALUE_HOLDS_FRACTION(value)) {
    return Napi::Number::New(
        env, Fraction(gst_value_get_fraction_numerator(value), gst_value_get_fraction_denominator(value)));
  }
  if (GST_VALUE_HOLDS_FRACTION_RANGE(value)) {
    const GValue* min = gst_value_get_fraction_range_min(value);
    const GValue* max = gst_value_get_fraction_range_max(value);
    return RangeValue(
        env, Fraction(gst_value_get_fraction_numerator(min), gst_value_get_fraction_denominator(min)),
        Fraction(gst_value_get_fraction_numerator(max), gst_value_get_fraction_denominator(max)), 0);
  }
  if (GST_VALUE_HOLDS_LIST(value)) {
    const Napi::Array list = Napi::Array::New(env);
    for (guint i = 0; i < gst_value_list_get_size(value); ++i) {
      list.Set(i, FieldValue(env, gst_value_list_get_value(value, i)));
    }
    return list;
  }
  return env.Undefined();
}

UniqueFd Duplicate(int fd) {
  UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!copy) throw KernelError("fcntl", errno);
  return copy;
}

}  // namespace

Napi::Value CapsValue(Napi::Env env, const GstCaps* caps) {
  if (!caps) return env.Undefined();
  if (gst_caps_is_any(caps)) return Napi::String::New(env, "any");
  const Napi::Array structures = Napi::Array::New(env);
  for (guint i = 0; i < gst_caps_get_size(caps); ++i) {
    const GstStructure* structure = gst_caps_get_structure(caps, i);
    const GstPtr<gchar> features(gst_caps_features_to_string(gst_caps_get_features(caps, i)));
    const Napi::Object fields = Napi::Object::New(env);
    for (const char* name : {"format", "drm-format", "width", "height", "framerate"}) {
      const GValue* value = gst_structure_get_value(structure, name);
      if (value) fields.Set(name, FieldValue(env, value));
    }
    const Napi::Object object = Napi::Object::New(env);
    object.Set("media", gst_structure_get_name(structure));
    object.Set("features", features.get());
    object.Set("fields", fields);
    structures.Set(i, object);
  }
  return structures;
}

Napi::Value FailureValue(Napi::Env env, const Failure& failure) {
  const Napi::Object object = Napi::Object::New(env);
  object.Set("element", failure.element);
  object.Set("message", failure.message);
  object.Set("debug", failure.debug);
  return object;
}

FrameFormat FormatArgument(const Argument& argument) {
  FrameFormat format;
  const std::string caps = argument["caps"].String();
  format.caps.reset(gst_caps_from_string(caps.c_str()));
  if (!format.caps) throw argument["caps"].WrongType("caps as GStreamer writes them");
  format.width = argument["width"].Uint32();
  format.height = argument["height"].Uint32();
  format.size = argument["size"].Size();
  if (!argument["format"].IsUndefined()) {
    format.format = gst_video_format_from_string(argument["format"].String().c_str());
    if (format.format == GST_VIDEO_FORMAT_UNKNOWN) {
      throw argument["format"].WrongType("a video format of this GStreamer");
    }
  }
  for (const Argument& plane : argument["planes"].Elements()) {
    format.planes.push_back({plane["offset"].Size(), plane["stride"].Uint32()});
  }
  if (format.planes.size() > GST_VIDEO_MAX_PLANES) throw argument["planes"].OutOfRange("at most 4 planes");
  if (!argument["duration"].IsUndefined()) format.duration = argument["duration"].Size();
  return format;
}

BufferMemories BuffersArgument(const Argument& argument) {
  BufferMemories buffers;
  for (const Argument& planes : argument.Elements()) {
    std::vector<BufferMemory>& buffer = buffers.emplace_back();
    for (const Argument& plane : planes.Elements()) {
      buffer.push_back({Duplicate(plane["fd"].Int32()), plane["length"].Size()});
    }
    if (buffer.empty() || buffer.size() > kExchangePlanes) throw planes.OutOfRange("1 to 8 memory planes");
  }
  return buffers;
}

}  // namespace dmaflow::gst
