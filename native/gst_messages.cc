#include "gst_messages.h"

#include "gst_property_values.h"
#include "gst_ptr.h"

namespace dmaflow::gst {

namespace {

using Parse = void (*)(GstMessage*, GError**, gchar**);

void SetProblem(Napi::Object object, GstMessage* message, Parse parse) {
  const Napi::Env env = object.Env();
  GError* error = nullptr;
  gchar* debug = nullptr;
  parse(message, &error, &debug);
  const GstPtr<GError> owned_error(error);
  const GstPtr<gchar> owned_debug(debug);
  object.Set("message", StringOrNull(env, error ? error->message : nullptr));
  object.Set("domain", StringOrNull(env, error ? g_quark_to_string(error->domain) : nullptr));
  object.Set("code", error ? error->code : 0);
  object.Set("debug", StringOrNull(env, debug));
}

// Pads speak for their element.
GstPtr<GstElement> ElementOf(GstObject* source) {
  GstPtr<GstObject> object;
  if (source) object = Share(source);
  while (object && !GST_IS_ELEMENT(object.get())) object.reset(gst_object_get_parent(object.get()));
  return GstPtr<GstElement>(object ? GST_ELEMENT(object.release()) : nullptr);
}

const char* StateName(GstState state) {
  switch (state) {
    case GST_STATE_VOID_PENDING:
      return "none";
    case GST_STATE_NULL:
      return "null";
    case GST_STATE_READY:
      return "ready";
    case GST_STATE_PAUSED:
      return "paused";
    case GST_STATE_PLAYING:
      return "playing";
  }
  return "none";
}

void SetStates(Napi::Object object, GstMessage* message) {
  GstState from, to, pending;
  gst_message_parse_state_changed(message, &from, &to, &pending);
  object.Set("from", StateName(from));
  object.Set("to", StateName(to));
  object.Set("pending", StateName(pending));
}

void SetQos(Napi::Object object, GstMessage* message) {
  const Napi::Env env = object.Env();
  gboolean live = FALSE;
  guint64 running_time, stream_time, timestamp, duration, processed, dropped;
  gint64 jitter;
  gdouble proportion;
  gint quality;
  GstFormat format;
  gst_message_parse_qos(message, &live, &running_time, &stream_time, &timestamp, &duration);
  gst_message_parse_qos_values(message, &jitter, &proportion, &quality);
  gst_message_parse_qos_stats(message, &format, &processed, &dropped);
  object.Set("live", Napi::Boolean::New(env, live));
  object.Set("timestamp", Microseconds(env, timestamp));
  object.Set("runningTime", Microseconds(env, running_time));
  object.Set("streamTime", Microseconds(env, stream_time));
  object.Set("duration", Microseconds(env, duration));
  object.Set("jitter", Napi::Number::New(env, static_cast<double>(jitter) / GST_USECOND));
  object.Set("proportion", proportion);
  object.Set("quality", quality);
  object.Set("unit", Napi::String::New(env, gst_format_get_name(format)));
  object.Set("processed", Integer(env, static_cast<int64_t>(processed)));
  object.Set("dropped", Integer(env, static_cast<int64_t>(dropped)));
}

void SetTags(Napi::Object object, GstMessage* message) {
  const Napi::Env env = object.Env();
  GstTagList* list = nullptr;
  gst_message_parse_tag(message, &list);
  const Napi::Object tags = Napi::Object::New(env);
  for (gint i = 0; i < gst_tag_list_n_tags(list); ++i) {
    const gchar* name = gst_tag_list_nth_tag_name(list, static_cast<guint>(i));
    const guint size = gst_tag_list_get_tag_size(list, name);
    const Napi::Array values = Napi::Array::New(env, size);
    for (guint index = 0; index < size; ++index) {
      values.Set(index, ToJavaScript(env, *gst_tag_list_get_value_index(list, name, index)));
    }
    tags.Set(name, values);
  }
  gst_tag_list_unref(list);
  object.Set("tags", tags);
}

void SetBuffering(Napi::Object object, GstMessage* message) {
  gint percent = 0;
  gst_message_parse_buffering(message, &percent);
  object.Set("percent", percent);
}

void SetStructure(Napi::Object object, GstMessage* message) {
  const Napi::Env env = object.Env();
  const GstStructure* structure = gst_message_get_structure(message);
  object.Set("name", StringOrNull(env, structure ? gst_structure_get_name(structure) : nullptr));
  object.Set("fields", structure ? ToJavaScript(env, structure) : Napi::Object::New(env));
}

}  // namespace

Napi::Object MessageObject(Napi::Env env, GstMessage* message) {
  const Napi::Object object = Napi::Object::New(env);
  GstObject* source = GST_MESSAGE_SRC(message);
  const GstPtr<GstElement> element = ElementOf(source);
  object.Set("type", GST_MESSAGE_TYPE_NAME(message));
  object.Set("element", StringOrNull(env, element ? GST_OBJECT_NAME(element.get()) : nullptr));
  const GstPtr<gchar> path(source ? gst_object_get_path_string(source) : nullptr);
  object.Set("path", StringOrNull(env, path.get()));
  switch (GST_MESSAGE_TYPE(message)) {
    case GST_MESSAGE_ERROR:
      SetProblem(object, message, gst_message_parse_error);
      break;
    case GST_MESSAGE_WARNING:
      SetProblem(object, message, gst_message_parse_warning);
      break;
    case GST_MESSAGE_INFO:
      SetProblem(object, message, gst_message_parse_info);
      break;
    case GST_MESSAGE_STATE_CHANGED:
      SetStates(object, message);
      break;
    case GST_MESSAGE_QOS:
      SetQos(object, message);
      break;
    case GST_MESSAGE_TAG:
      SetTags(object, message);
      break;
    case GST_MESSAGE_BUFFERING:
      SetBuffering(object, message);
      break;
    case GST_MESSAGE_EOS:
      break;
    default:
      SetStructure(object, message);
  }
  return object;
}

}  // namespace dmaflow::gst
