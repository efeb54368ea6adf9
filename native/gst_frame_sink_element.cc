// The GStreamer element around FrameSink.
#include "gst_frame_sink.h"

namespace dmaflow::gst {

namespace {

struct DmaflowSink {
  GstBaseSink parent;
  FrameSink* sink;
};

struct DmaflowSinkClass {
  GstBaseSinkClass parent;
};

G_DEFINE_TYPE(DmaflowSink, dmaflow_sink, GST_TYPE_BASE_SINK)

FrameSink& Of(gpointer element) { return *static_cast<DmaflowSink*>(element)->sink; }

gboolean Event(GstBaseSink* sink, GstEvent* event) {
  const bool eos = GST_EVENT_TYPE(event) == GST_EVENT_EOS;
  const gboolean handled = GST_BASE_SINK_CLASS(dmaflow_sink_parent_class)->event(sink, event);
  // After the parent has waited for the last frame's time.
  if (eos && handled) Of(sink).Ended();
  return handled;
}

void dmaflow_sink_class_init(DmaflowSinkClass* type) {
  auto* element = reinterpret_cast<GstElementClass*>(type);
  gst_element_class_set_static_metadata(element, "Frames for dmaflow", "Sink/Video",
                                        "Frames for a dmaflow graph, written into its dma-bufs", "dmaflow");
  gst_element_class_add_pad_template(
      element, gst_pad_template_new("sink", GST_PAD_SINK, GST_PAD_ALWAYS, gst_caps_new_any()));
  auto* base = reinterpret_cast<GstBaseSinkClass*>(type);
  base->get_caps = [](GstBaseSink* sink, GstCaps* filter) { return Of(sink).Caps(filter); };
  base->set_caps = [](GstBaseSink* sink, GstCaps* caps) -> gboolean { return Of(sink).SetCaps(caps); };
  base->propose_allocation = [](GstBaseSink* sink, GstQuery* query) -> gboolean {
    return Of(sink).ProposeAllocation(query);
  };
  base->render = [](GstBaseSink* sink, GstBuffer* buffer) { return Of(sink).Render(buffer); };
  base->event = Event;
  base->unlock = [](GstBaseSink* sink) -> gboolean {
    Of(sink).Unlock(true);
    return TRUE;
  };
  base->unlock_stop = [](GstBaseSink* sink) -> gboolean {
    Of(sink).Unlock(false);
    return TRUE;
  };
  base->stop = [](GstBaseSink* sink) -> gboolean {
    Of(sink).Stop();
    return TRUE;
  };
  reinterpret_cast<GObjectClass*>(type)->finalize = [](GObject* object) {
    delete static_cast<DmaflowSink*>(static_cast<gpointer>(object))->sink;
    G_OBJECT_CLASS(dmaflow_sink_parent_class)->finalize(object);
  };
}

void dmaflow_sink_init(DmaflowSink* self) {
  GstBaseSink* base = GST_BASE_SINK(self);
  // The last frame must not stay here: its buffer is the graph's.
  gst_base_sink_set_last_sample_enabled(base, FALSE);
  self->sink = new FrameSink(base);
}

}  // namespace

void RegisterFrameSink() {
  gst_element_register(nullptr, kFrameSinkFactory, GST_RANK_NONE, dmaflow_sink_get_type());
}

FrameSink& FrameSinkOf(GstElement* element) { return Of(element); }

}  // namespace dmaflow::gst
