#include "gst_property_values.h"

#include <cmath>
#include <limits>

#include "gst_ptr.h"

namespace dmaflow::gst {

namespace {

constexpr int64_t kMaxSafe = (int64_t{1} << 53) - 1;

Napi::Value Nick(Napi::Env env, const GValue& value) {
  const auto* type = G_ENUM_CLASS(g_type_class_ref(G_VALUE_TYPE(&value)));
  const GEnumValue* entry = g_enum_get_value(const_cast<GEnumClass*>(type), g_value_get_enum(&value));
  const Napi::Value nick = entry ? Napi::Value(Napi::String::New(env, entry->value_nick))
                                 : Napi::Number::New(env, g_value_get_enum(&value));
  g_type_class_unref(const_cast<GEnumClass*>(type));
  return nick;
}

template <guint (*Size)(const GValue*), const GValue* (*Element)(const GValue*, guint)>
Napi::Array Elements(Napi::Env env, const GValue& value) {
  const guint size = Size(&value);
  const Napi::Array array = Napi::Array::New(env, size);
  for (guint i = 0; i < size; ++i) array.Set(i, ToJavaScript(env, *Element(&value, i)));
  return array;
}

// Of `level` and `spectrum`, deprecated since long.
G_GNUC_BEGIN_IGNORE_DEPRECATIONS
Napi::Array ValueArray(Napi::Env env, const GValue& value) {
  const auto* values = static_cast<const GValueArray*>(g_value_get_boxed(&value));
  const Napi::Array array = Napi::Array::New(env);
  for (guint i = 0; values && i < values->n_values; ++i) array.Set(i, ToJavaScript(env, values->values[i]));
  return array;
}
G_GNUC_END_IGNORE_DEPRECATIONS

Napi::Object Fraction(Napi::Env env, const GValue& value) {
  const Napi::Object fraction = Napi::Object::New(env);
  fraction.Set("numerator", gst_value_get_fraction_numerator(&value));
  fraction.Set("denominator", gst_value_get_fraction_denominator(&value));
  return fraction;
}

// What GStreamer itself writes; the text of a GError, the name of a GObject.
Napi::Value Text(Napi::Env env, const GValue& value) {
  if (G_VALUE_HOLDS(&value, G_TYPE_ERROR)) {
    const auto* error = static_cast<const GError*>(g_value_get_boxed(&value));
    return StringOrNull(env, error ? error->message : nullptr);
  }
  if (G_VALUE_HOLDS_OBJECT(&value)) {
    gpointer object = g_value_get_object(&value);
    if (!object) return env.Null();
    return StringOrNull(env, GST_IS_OBJECT(object) ? GST_OBJECT_NAME(object) : G_OBJECT_TYPE_NAME(object));
  }
  if (G_VALUE_HOLDS(&value, GST_TYPE_CAPS)) {
    const GstCaps* caps = gst_value_get_caps(&value);
    const GstPtr<gchar> text(caps ? gst_caps_to_string(caps) : nullptr);
    return StringOrNull(env, text.get());
  }
  const GstPtr<gchar> text(gst_value_serialize(&value));
  return StringOrNull(env, text.get());
}

bool IntegerIn(const Napi::Value& given, double minimum, double maximum, double& number) {
  if (!given.IsNumber()) return false;
  number = given.As<Napi::Number>().DoubleValue();
  return std::trunc(number) == number && number >= minimum && number <= maximum;
}

bool Int64From(const Napi::Value& given, int64_t& number) {
  bool lossless = true;
  if (given.IsBigInt()) {
    number = given.As<Napi::BigInt>().Int64Value(&lossless);
    return lossless;
  }
  double value = 0;
  if (!IntegerIn(given, -static_cast<double>(kMaxSafe), static_cast<double>(kMaxSafe), value)) return false;
  number = static_cast<int64_t>(value);
  return true;
}

bool Uint64From(const Napi::Value& given, uint64_t& number) {
  bool lossless = true;
  if (given.IsBigInt()) {
    number = given.As<Napi::BigInt>().Uint64Value(&lossless);
    return lossless;
  }
  double value = 0;
  if (!IntegerIn(given, 0, static_cast<double>(kMaxSafe), value)) return false;
  number = static_cast<uint64_t>(value);
  return true;
}

bool FractionFrom(const Napi::Value& given, GValue* value) {
  if (!given.IsObject()) return false;
  double numerator = 0;
  double denominator = 0;
  constexpr double kMax = std::numeric_limits<gint>::max();
  if (!IntegerIn(given.As<Napi::Object>().Get("numerator"), -kMax, kMax, numerator) ||
      !IntegerIn(given.As<Napi::Object>().Get("denominator"), 1, kMax, denominator)) {
    return false;
  }
  gst_value_set_fraction(value, static_cast<gint>(numerator), static_cast<gint>(denominator));
  return true;
}

template <typename Number>
std::string Range(const char* what, Number minimum, Number maximum) {
  return std::string(what) + " from " + std::to_string(minimum) + " to " + std::to_string(maximum);
}

template <typename Class, typename Values>
std::string Nicks(const char* what, GType type, Values Class::*values) {
  auto* klass = static_cast<Class*>(g_type_class_ref(type));
  std::string text = what;
  const char* separator = "";
  for (const auto* entry = klass->*values; entry->value_nick; ++entry) {
    text += separator + std::string("'") + entry->value_nick + "'";
    separator = ", ";
  }
  g_type_class_unref(klass);
  return text;
}

}  // namespace

Napi::Value StringOrNull(Napi::Env env, const gchar* text) {
  return text ? Napi::Value(Napi::String::New(env, text)) : env.Null();
}

Napi::Value Integer(Napi::Env env, int64_t value) {
  if (value >= -kMaxSafe && value <= kMaxSafe) return Napi::Number::New(env, static_cast<double>(value));
  return Napi::BigInt::New(env, value);
}

Napi::Value Unsigned(Napi::Env env, uint64_t value) {
  if (value <= static_cast<uint64_t>(kMaxSafe)) return Napi::Number::New(env, static_cast<double>(value));
  return Napi::BigInt::New(env, value);
}

Napi::Value Microseconds(Napi::Env env, GstClockTime time) {
  if (!GST_CLOCK_TIME_IS_VALID(time)) return env.Null();
  return Napi::Number::New(env, static_cast<double>(GST_TIME_AS_USECONDS(time)));
}

Napi::Value ToJavaScript(Napi::Env env, const GValue& value) {
  const GType type = G_VALUE_TYPE(&value);
  switch (G_TYPE_FUNDAMENTAL(type)) {
    case G_TYPE_BOOLEAN:
      return Napi::Boolean::New(env, g_value_get_boolean(&value));
    case G_TYPE_INT:
      return Napi::Number::New(env, g_value_get_int(&value));
    case G_TYPE_UINT:
      return Napi::Number::New(env, g_value_get_uint(&value));
    case G_TYPE_LONG:
      return Integer(env, g_value_get_long(&value));
    case G_TYPE_ULONG:
      return Unsigned(env, g_value_get_ulong(&value));
    case G_TYPE_INT64:
      return Integer(env, g_value_get_int64(&value));
    case G_TYPE_UINT64:
      return Unsigned(env, g_value_get_uint64(&value));
    case G_TYPE_FLOAT:
      return Napi::Number::New(env, g_value_get_float(&value));
    case G_TYPE_DOUBLE:
      return Napi::Number::New(env, g_value_get_double(&value));
    case G_TYPE_STRING:
      return StringOrNull(env, g_value_get_string(&value));
    case G_TYPE_ENUM:
      return Nick(env, value);
    default:
      break;
  }
  if (type == GST_TYPE_FRACTION) return Fraction(env, value);
  if (type == GST_TYPE_LIST) return Elements<gst_value_list_get_size, gst_value_list_get_value>(env, value);
  if (type == GST_TYPE_ARRAY)
    return Elements<gst_value_array_get_size, gst_value_array_get_value>(env, value);
  if (type == g_type_from_name("GValueArray")) return ValueArray(env, value);
  if (type == GST_TYPE_STRUCTURE) {
    const GstStructure* structure = gst_value_get_structure(&value);
    return structure ? Napi::Value(ToJavaScript(env, structure)) : env.Null();
  }
  return Text(env, value);
}

Napi::Object ToJavaScript(Napi::Env env, const GstStructure* structure) {
  const Napi::Object object = Napi::Object::New(env);
  for (gint i = 0; i < gst_structure_n_fields(structure); ++i) {
    const gchar* name = gst_structure_nth_field_name(structure, static_cast<guint>(i));
    object.Set(name, ToJavaScript(env, *gst_structure_get_value(structure, name)));
  }
  return object;
}

bool FromJavaScript(const Napi::Value& given, GValue* value) {
  double number = 0;
  int64_t signed_number = 0;
  uint64_t unsigned_number = 0;
  switch (G_TYPE_FUNDAMENTAL(G_VALUE_TYPE(value))) {
    case G_TYPE_BOOLEAN:
      if (!given.IsBoolean()) return false;
      g_value_set_boolean(value, given.As<Napi::Boolean>().Value());
      return true;
    case G_TYPE_INT:
      if (!IntegerIn(given, G_MININT, G_MAXINT, number)) return false;
      g_value_set_int(value, static_cast<gint>(number));
      return true;
    case G_TYPE_UINT:
      if (!IntegerIn(given, 0, G_MAXUINT, number)) return false;
      g_value_set_uint(value, static_cast<guint>(number));
      return true;
    case G_TYPE_LONG:
      if (!Int64From(given, signed_number)) return false;
      g_value_set_long(value, static_cast<glong>(signed_number));
      return true;
    case G_TYPE_ULONG:
      if (!Uint64From(given, unsigned_number)) return false;
      g_value_set_ulong(value, static_cast<gulong>(unsigned_number));
      return true;
    case G_TYPE_INT64:
      if (!Int64From(given, signed_number)) return false;
      g_value_set_int64(value, signed_number);
      return true;
    case G_TYPE_UINT64:
      if (!Uint64From(given, unsigned_number)) return false;
      g_value_set_uint64(value, unsigned_number);
      return true;
    case G_TYPE_FLOAT:
      if (!given.IsNumber()) return false;
      g_value_set_float(value, given.As<Napi::Number>().FloatValue());
      return true;
    case G_TYPE_DOUBLE:
      if (!given.IsNumber()) return false;
      g_value_set_double(value, given.As<Napi::Number>().DoubleValue());
      return true;
    case G_TYPE_STRING:
      if (given.IsNull()) {
        g_value_set_string(value, nullptr);
        return true;
      }
      if (!given.IsString()) return false;
      g_value_set_string(value, given.As<Napi::String>().Utf8Value().c_str());
      return true;
    default:
      break;
  }
  if (G_VALUE_HOLDS(value, GST_TYPE_FRACTION) && FractionFrom(given, value)) return true;
  // An enum's nick, caps, a structure, "30/1": as in gst-launch.
  return given.IsString() && gst_value_deserialize(value, given.As<Napi::String>().Utf8Value().c_str());
}

std::string DescribeType(const GParamSpec* property) {
  if (G_IS_PARAM_SPEC_BOOLEAN(property)) return "a boolean";
  if (const auto* spec = G_IS_PARAM_SPEC_INT(property) ? G_PARAM_SPEC_INT(property) : nullptr) {
    return Range("an integer", spec->minimum, spec->maximum);
  }
  if (const auto* spec = G_IS_PARAM_SPEC_UINT(property) ? G_PARAM_SPEC_UINT(property) : nullptr) {
    return Range("an integer", spec->minimum, spec->maximum);
  }
  if (const auto* spec = G_IS_PARAM_SPEC_LONG(property) ? G_PARAM_SPEC_LONG(property) : nullptr) {
    return Range("an integer", spec->minimum, spec->maximum);
  }
  if (const auto* spec = G_IS_PARAM_SPEC_ULONG(property) ? G_PARAM_SPEC_ULONG(property) : nullptr) {
    return Range("an integer", spec->minimum, spec->maximum);
  }
  if (const auto* spec = G_IS_PARAM_SPEC_INT64(property) ? G_PARAM_SPEC_INT64(property) : nullptr) {
    return Range("an integer", spec->minimum, spec->maximum);
  }
  if (const auto* spec = G_IS_PARAM_SPEC_UINT64(property) ? G_PARAM_SPEC_UINT64(property) : nullptr) {
    return Range("an integer", spec->minimum, spec->maximum);
  }
  if (const auto* spec = G_IS_PARAM_SPEC_FLOAT(property) ? G_PARAM_SPEC_FLOAT(property) : nullptr) {
    return Range("a number", spec->minimum, spec->maximum);
  }
  if (const auto* spec = G_IS_PARAM_SPEC_DOUBLE(property) ? G_PARAM_SPEC_DOUBLE(property) : nullptr) {
    return Range("a number", spec->minimum, spec->maximum);
  }
  if (G_IS_PARAM_SPEC_STRING(property)) return "a string or null";
  if (G_IS_PARAM_SPEC_ENUM(property)) return Nicks("one of ", property->value_type, &GEnumClass::values);
  if (G_IS_PARAM_SPEC_FLAGS(property))
    return Nicks("some of these joined by +: ", property->value_type, &GFlagsClass::values);
  return std::string("a string that GStreamer reads as ") + g_type_name(property->value_type);
}

}  // namespace dmaflow::gst
