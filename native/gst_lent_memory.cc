#include "gst_lent_memory.h"

#include <gst/allocators/allocators.h>

#include <algorithm>
#include <utility>

namespace dmaflow::gst {

std::shared_ptr<LentMemory> LentMemory::Make(BufferMemories buffers, OnReturn on_return) {
  std::shared_ptr<LentMemory> lent(new LentMemory(std::move(on_return)));
  const GstPtr<GstAllocator> allocator(gst_dmabuf_allocator_new());
  for (size_t index = 0; index < buffers.size(); ++index) {
    Slot& slot = lent->slots_.emplace_back();
    for (BufferMemory& plane : buffers[index]) {
      GstMemory* memory = gst_dmabuf_allocator_alloc_with_flags(allocator.get(), plane.fd.release(),
                                                                plane.length, GST_FD_MEMORY_FLAG_KEEP_MAPPED);
      GST_MINI_OBJECT_FLAG_SET(memory, GST_MEMORY_FLAG_READONLY);
      gst_mini_object_set_qdata(GST_MINI_OBJECT(memory), TicketKey(),
                                new Ticket{lent, static_cast<uint32_t>(index)},
                                [](gpointer ticket) { delete static_cast<Ticket*>(ticket); });
      GST_MINI_OBJECT(memory)->dispose = Dispose;
      slot.push_back({memory});
    }
  }
  return lent;
}

// Every memory holds a ticket, so none is left here.
LentMemory::~LentMemory() = default;

GQuark LentMemory::TicketKey() { return g_quark_from_static_string("dmaflow-lent-memory"); }

bool LentMemory::IsOut(const Slot& slot) {
  return std::any_of(slot.begin(), slot.end(), [](const Plane& plane) { return plane.out; });
}

std::vector<GstPtr<GstMemory>> LentMemory::Lend(uint32_t index) {
  const std::lock_guard lock(mutex_);
  std::vector<GstPtr<GstMemory>> memories;
  if (closed_ || index >= slots_.size() || IsOut(slots_[index])) return memories;
  for (Plane& plane : slots_[index]) {
    plane.out = true;
    memories.emplace_back(plane.memory);
  }
  return memories;
}

gboolean LentMemory::Dispose(GstMiniObject* object) {
  auto* ticket = static_cast<Ticket*>(gst_mini_object_get_qdata(object, TicketKey()));
  // The last memory of a closed owner takes its ticket, and the owner, with it.
  const std::shared_ptr<LentMemory> owner = ticket->owner;
  return !owner->TakeBack(GST_MEMORY_CAST(object), ticket->index);
}

bool LentMemory::TakeBack(GstMemory* memory, uint32_t index) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    gst_memory_ref(memory);
    // What an element cut off by gst_memory_resize is there again.
    gsize offset = 0, whole = 0;
    gst_memory_get_sizes(memory, &offset, &whole);
    gst_memory_resize(memory, -static_cast<gssize>(offset), whole);
    Slot& slot = slots_[index];
    for (Plane& plane : slot) {
      if (plane.memory == memory) plane.out = false;
    }
    if (IsOut(slot)) return true;
  }
  on_return_(index);
  return true;
}

void LentMemory::Close() {
  std::vector<GstPtr<GstMemory>> here;
  const std::lock_guard lock(mutex_);
  if (std::exchange(closed_, true)) return;
  for (Slot& slot : slots_) {
    for (const Plane& plane : slot) {
      if (!plane.out) here.emplace_back(plane.memory);
    }
  }
}

size_t LentMemory::out() {
  const std::lock_guard lock(mutex_);
  size_t count = 0;
  for (const Slot& slot : slots_) count += IsOut(slot) ? 1 : 0;
  return count;
}

}  // namespace dmaflow::gst
