#include "gst_pipelines.h"

#include <chrono>
#include <future>
#include <string>
#include <thread>
#include <utility>

#include "call.h"
#include "gst_addon_data.h"
#include "gst_messages.h"
#include "gst_property_values.h"
#include "promise_work.h"

namespace dmaflow::gst {

namespace {

// How long the end of the process waits for a pipeline that nobody stopped: its streaming threads may be
// waiting for JavaScript, which is gone.
constexpr auto kExitPatience = std::chrono::seconds(1);

OwnedPipeline& PipelineOf(Call& call) {
  const uint32_t id = call.Arg(0, "pipeline").Uint32();
  OwnedPipelines& pipelines = GstAddonData::Of(call.env()).pipelines;
  const auto found = pipelines.find(id);
  if (found == pipelines.end()) throw InvalidStateErrorOf(call.env(), "this GstPipeline is disposed");
  return *found->second;
}

// `adoptPipeline(address, onMessage)`: an id.
Napi::Value AdoptPipeline(Call& call) {
  gpointer object = reinterpret_cast<gpointer>(call.Arg(0, "address").Size());
  const Argument on_message = call.Arg(1, "onMessage");
  if (!on_message.value().IsFunction()) throw on_message.WrongType("a function");
  if (!GST_IS_PIPELINE(object)) throw TypeErrorOf(call.env(), "adoptPipeline: this is no GstPipeline");
  GstAddonData& addon = GstAddonData::Of(call.env());
  const uint32_t id = ++addon.last_pipeline;
  addon.pipelines.emplace(
      id, std::make_unique<OwnedPipeline>(GST_PIPELINE(object), on_message.value().As<Napi::Function>()));
  return Napi::Number::New(call.env(), id);
}

// `isPipeline(address)`.
Napi::Value IsPipeline(Call& call) {
  gpointer object = reinterpret_cast<gpointer>(call.Arg(0, "address").Size());
  return Napi::Boolean::New(call.env(), GST_IS_PIPELINE(object));
}

// `releasePipeline(pipeline)`: it is in NULL by now.
Napi::Value ReleasePipeline(Call& call) {
  PipelineOf(call).Dispose();
  GstAddonData::Of(call.env()).pipelines.erase(call.Arg(0, "pipeline").Uint32());
  return call.env().Undefined();
}

Napi::Value DeliverMessages(Call& call) {
  PipelineOf(call).DeliverMessages();
  return call.env().Undefined();
}

const char* ResultName(GstStateChangeReturn result) {
  switch (result) {
    case GST_STATE_CHANGE_SUCCESS:
      return "success";
    case GST_STATE_CHANGE_ASYNC:
      return "async";
    case GST_STATE_CHANGE_NO_PREROLL:
      return "no-preroll";
    case GST_STATE_CHANGE_FAILURE:
      return "failure";
  }
  return "failure";
}

GstState StateArgument(const Argument& argument) {
  const std::string name = argument.String();
  if (name == "null") return GST_STATE_NULL;
  if (name == "ready") return GST_STATE_READY;
  if (name == "paused") return GST_STATE_PAUSED;
  if (name == "playing") return GST_STATE_PLAYING;
  throw argument.WrongType("'null', 'ready', 'paused' or 'playing'");
}

// For functions of an element that may block.
template <typename Result>
Napi::Value OnPool(Call& call, Result (*work)(GstElement*), Napi::Value (*settle)(Napi::Env, Result)) {
  // std::function wants to copy.
  auto element = std::make_shared<GstPtr<GstElement>>(PipelineOf(call).Shared());
  return PromiseWork<Result>::Start(
      call.env(), {}, [element, work] { return work(element->get()); }, settle);
}

Napi::Value BooleanValue(Napi::Env env, bool value) { return Napi::Boolean::New(env, value); }

// `setState(pipeline, state)`: how GStreamer answered.
Napi::Value SetState(Call& call) {
  const GstState state = StateArgument(call.Arg(1, "state"));
  auto element = std::make_shared<GstPtr<GstElement>>(PipelineOf(call).Shared());
  return PromiseWork<GstStateChangeReturn>::Start(
      call.env(), {}, [element, state] { return gst_element_set_state(element->get(), state); },
      [](Napi::Env env, GstStateChangeReturn result) -> Napi::Value {
        return Napi::String::New(env, ResultName(result));
      });
}

using Query = gboolean (*)(GstElement*, GstFormat, gint64*);

template <Query query>
GstClockTime QueryTime(GstElement* element) {
  gint64 time = 0;
  return query(element, GST_FORMAT_TIME, &time) && time >= 0 ? static_cast<GstClockTime>(time)
                                                             : GST_CLOCK_TIME_NONE;
}

// `queryPosition(pipeline)`, `queryDuration(pipeline)`: microseconds, or null.
template <Query query>
Napi::Value QueryTimeOf(Call& call) {
  return OnPool<GstClockTime>(call, QueryTime<query>, Microseconds);
}

// `sendEos(pipeline)`: whether a source took it.
Napi::Value SendEos(Call& call) {
  return OnPool<bool>(
      call, [](GstElement* element) -> bool { return gst_element_send_event(element, gst_event_new_eos()); },
      BooleanValue);
}

Napi::Value RecalculateLatency(Call& call) {
  return OnPool<bool>(
      call, [](GstElement* element) -> bool { return gst_bin_recalculate_latency(GST_BIN(element)); },
      BooleanValue);
}

// 'refused'; 'async' where the message async-done will tell that the sinks have what is at the position.
const char* SeekElement(GstElement* element, double rate, GstSeekFlags flags, gint64 position) {
  // Backwards, the position is where it begins: the end of the segment.
  const bool forward = rate > 0;
  const bool done = forward ? gst_element_seek(element, rate, GST_FORMAT_TIME, flags, GST_SEEK_TYPE_SET,
                                               position, GST_SEEK_TYPE_NONE, 0)
                            : gst_element_seek(element, rate, GST_FORMAT_TIME, flags, GST_SEEK_TYPE_SET, 0,
                                               GST_SEEK_TYPE_SET, position);
  if (!done) return "refused";
  const GstStateChangeReturn state = gst_element_get_state(element, nullptr, nullptr, 0);
  return state == GST_STATE_CHANGE_ASYNC ? "async" : "done";
}

// `seek(pipeline, { position, rate, flush, keyFrame })`: position in microseconds.
Napi::Value Seek(Call& call) {
  const Argument options = call.Arg(1, "options");
  const auto position = static_cast<gint64>(options["position"].Size()) * GST_USECOND;
  const double rate = options["rate"].value().ToNumber().DoubleValue();
  guint flags = GST_SEEK_FLAG_NONE;
  if (options["flush"].Boolean()) flags |= GST_SEEK_FLAG_FLUSH;
  flags |= options["keyFrame"].Boolean() ? GST_SEEK_FLAG_KEY_UNIT : GST_SEEK_FLAG_ACCURATE;
  auto element = std::make_shared<GstPtr<GstElement>>(PipelineOf(call).Shared());
  return PromiseWork<const char*>::Start(
      call.env(), {},
      [=] { return SeekElement(element->get(), rate, static_cast<GstSeekFlags>(flags), position); },
      [](Napi::Env env, const char* result) -> Napi::Value { return Napi::String::New(env, result); });
}

// `elements(pipeline)`: [{ name, factory, bin }], those in bins too, sources last as GStreamer sorts them.
Napi::Value Elements(Call& call) {
  const Napi::Array list = Napi::Array::New(call.env());
  const GstPtr<GstIterator> iterator(gst_bin_iterate_recurse(GST_BIN(PipelineOf(call).element())));
  GValue item = G_VALUE_INIT;
  GstIteratorResult result;
  while ((result = gst_iterator_next(iterator.get(), &item)) == GST_ITERATOR_OK ||
         result == GST_ITERATOR_RESYNC) {
    if (result == GST_ITERATOR_RESYNC) {
      gst_iterator_resync(iterator.get());
      list.Set("length", 0);
      continue;
    }
    auto* element = GST_ELEMENT(g_value_get_object(&item));
    GstElementFactory* factory = gst_element_get_factory(element);
    const Napi::Object entry = Napi::Object::New(call.env());
    entry.Set("name", GST_OBJECT_NAME(element));
    entry.Set("factory", StringOrNull(call.env(), factory ? GST_OBJECT_NAME(factory) : nullptr));
    list.Set(list.Length(), entry);
    g_value_reset(&item);
  }
  if (G_IS_VALUE(&item)) g_value_unset(&item);
  return list;
}

}  // namespace

OwnedPipeline::OwnedPipeline(GstPipeline* pipeline, Napi::Function on_message)
    : pipeline_(Share(pipeline)),
      bus_(gst_pipeline_get_bus(pipeline)),
      watch_(gst_bus_create_watch(bus_.get())),
      on_message_(Napi::Persistent(on_message)) {
  const GstBusFunc deliver = [](GstBus*, GstMessage* message, gpointer self) -> gboolean {
    static_cast<OwnedPipeline*>(self)->Deliver(message);
    return G_SOURCE_CONTINUE;
  };
  g_source_set_callback(watch_, reinterpret_cast<GSourceFunc>(reinterpret_cast<void (*)()>(deliver)), this,
                        nullptr);
  g_source_attach(watch_, nullptr);
}

OwnedPipeline::~OwnedPipeline() {
  g_source_destroy(watch_);
  g_source_unref(watch_);
  if (GST_STATE(pipeline_.get()) == GST_STATE_NULL &&
      GST_STATE_PENDING(pipeline_.get()) == GST_STATE_VOID_PENDING)
    return;
  auto stopped = std::make_shared<std::promise<void>>();
  std::thread([element = Shared(), stopped] {
    gst_element_set_state(element.get(), GST_STATE_NULL);
    stopped->set_value();
  }).detach();
  stopped->get_future().wait_for(kExitPatience);
}

void OwnedPipeline::DeliverMessages() {
  while (const GstPtr<GstMessage> message{gst_bus_pop(bus_.get())}) Deliver(message.get());
}

void OwnedPipeline::Deliver(GstMessage* message) {
  const Napi::Env env = on_message_.Env();
  const Napi::HandleScope handles(env);
  try {
    on_message_.Call({MessageObject(env, message)});
  } catch (const Napi::Error& error) {
    // It must not get into GLib: it is the program's uncaught exception.
    napi_fatal_exception(env, error.Value());
  }
}

void OwnedPipeline::Dispose() {
  gst_bus_set_flushing(bus_.get(), TRUE);
  g_object_run_dispose(G_OBJECT(pipeline_.get()));
}

void RegisterPipelines(Napi::Env env, Napi::Object exports) {
  Export<IsPipeline>(env, exports, "isPipeline");
  Export<AdoptPipeline>(env, exports, "adoptPipeline");
  Export<ReleasePipeline>(env, exports, "releasePipeline");
  Export<DeliverMessages>(env, exports, "deliverMessages");
  Export<Elements>(env, exports, "elements");
  ExportAsync<SetState>(env, exports, "setState");
  ExportAsync<QueryTimeOf<gst_element_query_position>>(env, exports, "queryPosition");
  ExportAsync<QueryTimeOf<gst_element_query_duration>>(env, exports, "queryDuration");
  ExportAsync<SendEos>(env, exports, "sendEos");
  ExportAsync<RecalculateLatency>(env, exports, "recalculateLatency");
  ExportAsync<Seek>(env, exports, "seek");
}

}  // namespace dmaflow::gst
