#include "gst_stage.h"

#include <cstring>
#include <utility>

namespace dmaflow::gst {

namespace {

constexpr char kSourceName[] = "dmaflow-source";
constexpr char kSinkName[] = "dmaflow-sink";

GstPtr<GstElement> Parse(const std::string& text) {
  const GstPtr<GstParseContext> context(gst_parse_context_new());
  GError* error = nullptr;
  GstElement* parsed =
      gst_parse_launch_full(text.c_str(), context.get(), GST_PARSE_FLAG_FATAL_ERRORS, &error);
  const GstPtr<GError> owned(error);
  if (parsed) gst_object_ref_sink(parsed);
  GstPtr<GstElement> pipeline(parsed);
  if (!error) return pipeline;
  std::vector<std::string> missing;
  const GstPtr<gchar*> names(gst_parse_context_get_missing_elements(context.get()));
  for (gchar** name = names.get(); name && *name; ++name) missing.emplace_back(*name);
  throw ParseError(error->message, std::move(missing));
}

GstPtr<GstCaps> PeerCaps(GstElement* element, const char* pad_name) {
  if (!element) return nullptr;
  const GstPtr<GstPad> pad(gst_element_get_static_pad(element, pad_name));
  const GstPtr<GstPad> peer(gst_pad_get_peer(pad.get()));
  return GstPtr<GstCaps>(peer ? gst_pad_query_caps(peer.get(), nullptr) : nullptr);
}

}  // namespace

Stage::Stage(const std::string& description, Ends ends, StageListener& listener) : listener_(listener) {
  RegisterFrameSource();
  RegisterFrameSink();
  std::string text = description;
  if (ends.input) text = std::string(kFrameSourceFactory) + " name=" + kSourceName + " ! " + text;
  if (ends.output) text += std::string(" ! ") + kFrameSinkFactory + " name=" + kSinkName;
  pipeline_ = Parse(text);
  if (!GST_IS_PIPELINE(pipeline_.get())) {
    // A single element comes without a pipeline around it.
    GstElement* pipeline = gst_pipeline_new(nullptr);
    gst_object_ref_sink(pipeline);
    gst_bin_add(GST_BIN(pipeline), pipeline_.get());
    pipeline_.reset(pipeline);
  }
  GstBin* const bin = GST_BIN(pipeline_.get());
  if (ends.input) source_.reset(gst_bin_get_by_name(bin, kSourceName));
  if (ends.output) sink_.reset(gst_bin_get_by_name(bin, kSinkName));
  const GstPtr<GstBus> bus(gst_element_get_bus(pipeline_.get()));
  gst_bus_set_sync_handler(
      bus.get(),
      [](GstBus*, GstMessage* message, gpointer self) {
        return static_cast<Stage*>(self)->OnMessage(message);
      },
      this, nullptr);
}

Stage::~Stage() { Close(); }

void Stage::Close() {
  Stop();
  Disconnect();
  const GstPtr<GstBus> bus(gst_element_get_bus(pipeline_.get()));
  gst_bus_set_sync_handler(bus.get(), nullptr, nullptr, nullptr);
}

void Stage::SetSync(bool sync) { gst_base_sink_set_sync(GST_BASE_SINK(sink_.get()), sync); }

GstPtr<GstCaps> Stage::InputCaps() { return PeerCaps(source_.get(), "src"); }

GstPtr<GstCaps> Stage::OutputCaps() { return PeerCaps(sink_.get(), "sink"); }

bool Stage::NeedsEnd() {
  const GstPtr<GstIterator> elements(gst_bin_iterate_recurse(GST_BIN(pipeline_.get())));
  const auto is_muxer = [](gconstpointer item, gconstpointer) -> gint {
    auto* element = static_cast<GstElement*>(g_value_get_object(static_cast<const GValue*>(item)));
    const gchar* type = gst_element_get_metadata(element, GST_ELEMENT_METADATA_KLASS);
    return type && std::strstr(type, "Muxer") ? 0 : 1;
  };
  GValue found = G_VALUE_INIT;
  const bool any = gst_iterator_find_custom(elements.get(), is_muxer, &found, nullptr);
  if (any) g_value_unset(&found);
  return any;
}

std::optional<Failure> Stage::Open() { return ChangeState(GST_STATE_READY); }

std::optional<Failure> Stage::Play() { return ChangeState(GST_STATE_PLAYING); }

std::optional<Failure> Stage::ChangeState(GstState state) {
  {
    const std::lock_guard lock(mutex_);
    failure_.reset();
  }
  if (gst_element_set_state(pipeline_.get(), state) != GST_STATE_CHANGE_FAILURE) return std::nullopt;
  const std::lock_guard lock(mutex_);
  return failure_.value_or(
      Failure{"", std::string("the pipeline does not go to ") + gst_element_state_get_name(state), ""});
}

void Stage::Stop() { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }

void Stage::Disconnect() {
  if (source_) source()->Disconnect();
  if (sink_) sink()->Disconnect();
}

GstBusSyncReply Stage::OnMessage(GstMessage* message) {
  switch (GST_MESSAGE_TYPE(message)) {
    case GST_MESSAGE_ERROR:
      Fail(message);
      break;
    case GST_MESSAGE_EOS:
      listener_.OnEnd();
      break;
    case GST_MESSAGE_LATENCY:
      // Not here: this is the thread that the latency would be asked of.
      gst_element_call_async(
          pipeline_.get(),
          [](GstElement* pipeline, gpointer) { gst_bin_recalculate_latency(GST_BIN(pipeline)); }, nullptr,
          nullptr);
      break;
    case GST_MESSAGE_ELEMENT: {
      const GstStructure* structure = gst_message_get_structure(message);
      if (!structure || !gst_structure_has_name(structure, "missing-plugin")) break;
      const gchar* name = gst_structure_get_string(structure, "name");
      const std::lock_guard lock(mutex_);
      missing_ = name ? name : "";
      break;
    }
    default:
      break;
  }
  gst_message_unref(message);
  return GST_BUS_DROP;
}

void Stage::Fail(GstMessage* message) {
  GError* error = nullptr;
  gchar* debug = nullptr;
  gst_message_parse_error(message, &error, &debug);
  const GstPtr<GError> owned_error(error);
  const GstPtr<gchar> owned_debug(debug);
  Failure failure{GST_OBJECT_NAME(GST_MESSAGE_SRC(message)), error->message, debug ? debug : ""};
  {
    const std::lock_guard lock(mutex_);
    if (!missing_.empty()) failure.message += " (no plugin here is a " + missing_ + ")";
    if (!failure_) failure_ = failure;
  }
  listener_.OnFailure(failure);
}

}  // namespace dmaflow::gst
