// The frame loop's buffers while GStreamer has them.
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "gst_frame_format.h"
#include "gst_ptr.h"

namespace dmaflow::gst {

// One GstMemory (dma-buf memory) for each memory plane of each buffer, made once: so a mapping, a framebuffer
// or an import that an element keeps with the memory is kept too. The life of a buffer:
//   1. Lend gives its memory out, read-only: another branch of the graph may look at the same picture.
//   2. When the last reference to the last of its memories goes, wherever in GStreamer that is, the memory is
//      not freed but comes back, and `on_return` is called, on that thread.
//   3. Close: what is here is freed; what is still out is freed when GStreamer lets go of it, and `on_return`
//   is
//      called no more.
// Each memory has an fd of its own, so nothing is closed or freed under GStreamer. Used on any thread.
class LentMemory : public std::enable_shared_from_this<LentMemory> {
 public:
  using OnReturn = std::function<void(uint32_t index)>;

  static std::shared_ptr<LentMemory> Make(BufferMemories buffers, OnReturn on_return);
  ~LentMemory();
  LentMemory(const LentMemory&) = delete;
  LentMemory& operator=(const LentMemory&) = delete;

  // Empty where the buffer is still out, or after Close.
  std::vector<GstPtr<GstMemory>> Lend(uint32_t index);
  void Close();
  // Buffers that are out.
  size_t out();

 private:
  // What each memory carries: where it belongs.
  struct Ticket {
    std::shared_ptr<LentMemory> owner;
    uint32_t index;
  };
  struct Plane {
    GstMemory* memory;
    bool out = false;
  };
  using Slot = std::vector<Plane>;

  explicit LentMemory(OnReturn on_return) : on_return_(std::move(on_return)) {}
  static GQuark TicketKey();
  static gboolean Dispose(GstMiniObject* memory);
  static bool IsOut(const Slot& slot);
  bool TakeBack(GstMemory* memory, uint32_t index);

  std::mutex mutex_;
  std::vector<Slot> slots_;
  OnReturn on_return_;
  bool closed_ = false;
};

}  // namespace dmaflow::gst
