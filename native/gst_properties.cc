#include "gst_properties.h"

#include <gst/gst.h>

#include <memory>
#include <string>

#include "call.h"
#include "gst_property_values.h"
#include "gst_ptr.h"

namespace dmaflow::gst {

namespace {

// A GObject's address from node-gtk. Its wrapper keeps it alive for the call; it is alive, so its class can
// be asked.
GstElement* ElementOf(Call& call) {
  const Argument address = call.Arg(0, "address");
  gpointer object = reinterpret_cast<gpointer>(address.Size());
  if (!GST_IS_ELEMENT(object)) throw address.WrongType("the address of a GstElement");
  return GST_ELEMENT(object);
}

struct Values {
  GValue value = G_VALUE_INIT;
  ~Values() {
    if (G_IS_VALUE(&value)) g_value_unset(&value);
  }
};

// Null where the class has none of that name.
GParamSpec* FindProperty(GstElement* element, const std::string& name) {
  return g_object_class_find_property(G_OBJECT_GET_CLASS(element), name.c_str());
}

std::string Title(GstElement* element, const std::string& property) {
  GstElementFactory* factory = gst_element_get_factory(element);
  return "property '" + property + "' of " +
         (factory ? GST_OBJECT_NAME(factory) : G_OBJECT_TYPE_NAME(element)) + " '" +
         GST_OBJECT_NAME(element) + "'";
}

GParamSpec* PropertyOf(Call& call, GstElement* element, GParamFlags access) {
  const std::string name = call.Arg(1, "name").String();
  GParamSpec* property = FindProperty(element, name);
  if (!property) throw RangeErrorOf(call.env(), "there is no " + Title(element, name));
  if ((property->flags & access) == 0) {
    throw TypeErrorOf(call.env(), Title(element, name) + (access == G_PARAM_READABLE ? " cannot be read"
                                                                                     : " cannot be written"));
  }
  return property;
}

Napi::Array EnumNicks(Napi::Env env, const GParamSpec* property) {
  const Napi::Array nicks = Napi::Array::New(env);
  if (!G_IS_PARAM_SPEC_ENUM(property)) return nicks;
  const GEnumClass* values = G_PARAM_SPEC_ENUM(property)->enum_class;
  for (guint i = 0; i < values->n_values; ++i) nicks.Set(i, values->values[i].value_nick);
  return nicks;
}

// `propertyNames(address)`.
Napi::Value PropertyNames(Call& call) {
  guint count = 0;
  GParamSpec** properties = g_object_class_list_properties(G_OBJECT_GET_CLASS(ElementOf(call)), &count);
  const std::unique_ptr<GParamSpec*, decltype(&g_free)> owned(properties, g_free);
  const Napi::Array names = Napi::Array::New(call.env(), count);
  for (guint i = 0; i < count; ++i) names.Set(i, properties[i]->name);
  return names;
}

// `describeProperties(address)`: [{ name, type, values, readable, writable }], of the type's family, for
// typings.
Napi::Value DescribeProperties(Call& call) {
  guint count = 0;
  GParamSpec** properties = g_object_class_list_properties(G_OBJECT_GET_CLASS(ElementOf(call)), &count);
  const std::unique_ptr<GParamSpec*, decltype(&g_free)> owned(properties, g_free);
  const Napi::Array list = Napi::Array::New(call.env(), count);
  for (guint i = 0; i < count; ++i) {
    const GParamSpec* property = properties[i];
    const Napi::Object entry = Napi::Object::New(call.env());
    entry.Set("name", property->name);
    entry.Set("type", g_type_name(G_TYPE_FUNDAMENTAL(property->value_type)));
    entry.Set("valueType", g_type_name(property->value_type));
    entry.Set("values", EnumNicks(call.env(), property));
    entry.Set("readable", Napi::Boolean::New(call.env(), property->flags & G_PARAM_READABLE));
    entry.Set("writable", Napi::Boolean::New(call.env(), property->flags & G_PARAM_WRITABLE));
    list.Set(i, entry);
  }
  return list;
}

Napi::Value GetProperty(Call& call) {
  GstElement* element = ElementOf(call);
  const GParamSpec* property = PropertyOf(call, element, G_PARAM_READABLE);
  Values read;
  g_value_init(&read.value, property->value_type);
  g_object_get_property(G_OBJECT(element), property->name, &read.value);
  return ToJavaScript(call.env(), read.value);
}

Napi::Value SetProperty(Call& call) {
  GstElement* element = ElementOf(call);
  GParamSpec* property = PropertyOf(call, element, G_PARAM_WRITABLE);
  const Argument given = call.Arg(2, "value");
  Values written;
  g_value_init(&written.value, property->value_type);
  const auto refuse = [&] {
    return TypeErrorOf(call.env(), Title(element, property->name) + " must be " + DescribeType(property) +
                                       ", got " + given.value().ToString().Utf8Value());
  };
  if (!FromJavaScript(given.value(), &written.value)) throw refuse();
  // GObject would silently bring it into the range.
  Values checked;
  g_value_init(&checked.value, property->value_type);
  g_value_copy(&written.value, &checked.value);
  if (g_param_value_validate(property, &checked.value)) throw refuse();
  g_object_set_property(G_OBJECT(element), property->name, &written.value);
  return call.env().Undefined();
}

// `currentCaps(address, pad)`: of a pad, as text; null before it has negotiated.
Napi::Value CurrentCaps(Call& call) {
  GstElement* element = ElementOf(call);
  const std::string name = call.Arg(1, "pad").String();
  const GstPtr<GstPad> pad(gst_element_get_static_pad(element, name.c_str()));
  if (!pad) {
    std::string pads;
    for (const GList* item = element->pads; item; item = item->next) {
      pads += (pads.empty() ? "'" : ", '") + std::string(GST_OBJECT_NAME(item->data)) + "'";
    }
    throw RangeErrorOf(call.env(), std::string("element '") + GST_OBJECT_NAME(element) + "' has no pad '" +
                                       name + "'" + (pads.empty() ? "; it has none" : "; it has " + pads));
  }
  const GstPtr<GstCaps> caps(gst_pad_get_current_caps(pad.get()));
  if (!caps) return call.env().Null();
  const GstPtr<gchar> text(gst_caps_to_string(caps.get()));
  return StringOrNull(call.env(), text.get());
}

}  // namespace

void RegisterProperties(Napi::Env env, Napi::Object exports) {
  Export<PropertyNames>(env, exports, "propertyNames");
  Export<DescribeProperties>(env, exports, "describeProperties");
  Export<GetProperty>(env, exports, "getProperty");
  Export<SetProperty>(env, exports, "setProperty");
  Export<CurrentCaps>(env, exports, "currentCaps");
}

}  // namespace dmaflow::gst
