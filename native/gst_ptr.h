// Owners of GStreamer's references.
#pragma once

#include <gst/gst.h>

#include <memory>

namespace dmaflow::gst {

struct Unref {
  void operator()(GstCaps* caps) const { gst_caps_unref(caps); }
  void operator()(GstBuffer* buffer) const { gst_buffer_unref(buffer); }
  void operator()(GstMemory* memory) const { gst_memory_unref(memory); }
  void operator()(GstMessage* message) const { gst_message_unref(message); }
  void operator()(GstQuery* query) const { gst_query_unref(query); }
  void operator()(GstParseContext* context) const { gst_parse_context_free(context); }
  void operator()(GError* error) const { g_error_free(error); }
  void operator()(gchar* text) const { g_free(text); }
  void operator()(gchar** texts) const { g_strfreev(texts); }
  void operator()(GstIterator* iterator) const { gst_iterator_free(iterator); }
  // Elements, pads, pools, allocators, clocks, buses: each is a GstObject.
  template <typename Object>
  void operator()(Object* object) const {
    gst_object_unref(object);
  }
};

// One reference: of a GstObject, or of what Unref names.
template <typename T>
using GstPtr = std::unique_ptr<T, Unref>;

// One reference more to an object that someone else holds.
template <typename Object>
GstPtr<Object> Share(Object* object) {
  return GstPtr<Object>(static_cast<Object*>(gst_object_ref(object)));
}

}  // namespace dmaflow::gst
