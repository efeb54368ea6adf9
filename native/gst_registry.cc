#include "gst_registry.h"

#include <gst/gst.h>

#include "call.h"

namespace dmaflow::gst {

namespace {

// `gstVersion()`: that of the library which is loaded, as "1.22.0".
Napi::Value GstVersion(Call& call) {
  guint major, minor, micro, nano;
  gst_version(&major, &minor, &micro, &nano);
  return Napi::String::New(call.env(),
                           std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(micro));
}

// `initializeGStreamer()`: again does nothing.
Napi::Value InitializeGStreamer(Call& call) {
  GError* error = nullptr;
  if (gst_init_check(nullptr, nullptr, &error)) return call.env().Undefined();
  const std::string message = error ? error->message : "unknown reason";
  g_clear_error(&error);
  throw InvalidStateErrorOf(call.env(), "GStreamer does not start: " + message);
}

// `elementNames()`: of every element factory.
Napi::Value ElementNames(Call& call) {
  GList* features = gst_registry_get_feature_list(gst_registry_get(), GST_TYPE_ELEMENT_FACTORY);
  const Napi::Array names = Napi::Array::New(call.env());
  for (const GList* item = features; item; item = item->next) {
    names.Set(names.Length(), GST_OBJECT_NAME(item->data));
  }
  gst_plugin_feature_list_free(features);
  return names;
}

}  // namespace

void RegisterRegistry(Napi::Env env, Napi::Object exports) {
  Export<GstVersion>(env, exports, "gstVersion");
  Export<InitializeGStreamer>(env, exports, "initializeGStreamer");
  Export<ElementNames>(env, exports, "elementNames");
}

}  // namespace dmaflow::gst
