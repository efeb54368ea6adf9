#include "gst_heap_memory.h"

#include <mutex>
#include <utility>
#include <vector>

namespace dmaflow::gst {

namespace {

// Which buffers GStreamer has memory of. Used on any thread.
class HeapSlots {
 public:
  explicit HeapSlots(BufferMemories buffers) {
    for (auto& planes : buffers) slots_.push_back({std::move(planes.at(0)), nullptr});
  }

  GstMemory* Allocate(GstAllocator* allocator, size_t size) {
    const std::lock_guard lock(mutex_);
    for (Slot& slot : slots_) {
      if (slot.memory || slot.buffer.length < size) continue;
      // The fd stays ours: it lives as long as the allocator, and every memory holds the allocator.
      const auto flags =
          static_cast<GstFdMemoryFlags>(GST_FD_MEMORY_FLAG_KEEP_MAPPED | GST_FD_MEMORY_FLAG_DONT_CLOSE);
      slot.memory =
          gst_dmabuf_allocator_alloc_with_flags(allocator, slot.buffer.fd.get(), slot.buffer.length, flags);
      return slot.memory;
    }
    return nullptr;
  }

  void Free(GstMemory* memory) {
    const std::lock_guard lock(mutex_);
    for (Slot& slot : slots_) {
      if (slot.memory == memory) slot.memory = nullptr;
    }
  }

  std::optional<uint32_t> Find(const GstMemory* memory) {
    const std::lock_guard lock(mutex_);
    for (size_t i = 0; i < slots_.size(); ++i) {
      if (slots_[i].memory == memory) return static_cast<uint32_t>(i);
    }
    return std::nullopt;
  }

 private:
  struct Slot {
    BufferMemory buffer;
    GstMemory* memory;
  };
  std::mutex mutex_;
  std::vector<Slot> slots_;
};

struct DmaflowAllocator {
  GstDmaBufAllocator parent;
  HeapSlots* slots;
};

struct DmaflowAllocatorClass {
  GstDmaBufAllocatorClass parent;
};

G_DEFINE_TYPE(DmaflowAllocator, dmaflow_allocator, GST_TYPE_DMABUF_ALLOCATOR)

DmaflowAllocator* AsHeap(gpointer object) { return static_cast<DmaflowAllocator*>(object); }

// KEEP_MAPPED hands the first mapping out for ever: one that can only be read must not be the first.
void MapOnce(GstMemory* memory) {
  GstMapInfo map;
  if (gst_memory_map(memory, &map, GST_MAP_READWRITE)) gst_memory_unmap(memory, &map);
}

GstMemory* AllocateMemory(GstAllocator* allocator, gsize size, GstAllocationParams* params) {
  const gsize prefix = params ? params->prefix : 0;
  const gsize whole = prefix + size + (params ? params->padding : 0);
  GstMemory* memory = AsHeap(allocator)->slots->Allocate(allocator, whole);
  if (!memory) return gst_allocator_alloc(nullptr, size, params);
  MapOnce(memory);
  gst_memory_resize(memory, static_cast<gssize>(prefix), size);
  return memory;
}

void FreeMemory(GstAllocator* allocator, GstMemory* memory) {
  AsHeap(allocator)->slots->Free(memory);
  GST_ALLOCATOR_CLASS(dmaflow_allocator_parent_class)->free(allocator, memory);
}

void FinalizeAllocator(GObject* object) {
  delete AsHeap(object)->slots;
  G_OBJECT_CLASS(dmaflow_allocator_parent_class)->finalize(object);
}

void dmaflow_allocator_class_init(DmaflowAllocatorClass* type) {
  auto* allocator = reinterpret_cast<GstAllocatorClass*>(type);
  allocator->alloc = AllocateMemory;
  allocator->free = FreeMemory;
  reinterpret_cast<GObjectClass*>(type)->finalize = FinalizeAllocator;
}

void dmaflow_allocator_init(DmaflowAllocator* self) {
  self->slots = nullptr;
  // Set by the parent, which has no alloc of its own.
  GST_OBJECT_FLAG_UNSET(self, GST_ALLOCATOR_FLAG_CUSTOM_ALLOC);
}

struct DmaflowPool {
  GstVideoBufferPool parent;
  guint count;
  std::vector<FramePlane>* planes;
};

struct DmaflowPoolClass {
  GstVideoBufferPoolClass parent;
};

G_DEFINE_TYPE(DmaflowPool, dmaflow_pool, GST_TYPE_VIDEO_BUFFER_POOL)

DmaflowPool* AsHeapPool(gpointer object) { return static_cast<DmaflowPool*>(object); }

// Who uses the pool may ask for any number; there are `count`.
gboolean SetPoolConfig(GstBufferPool* pool, GstStructure* config) {
  GstCaps* caps = nullptr;
  guint size = 0, min = 0, max = 0;
  const guint count = AsHeapPool(pool)->count;
  if (!gst_buffer_pool_config_get_params(config, &caps, &size, &min, &max) || min > count) return FALSE;
  gst_buffer_pool_config_set_params(config, caps, size, min, max == 0 || max > count ? count : max);
  return GST_BUFFER_POOL_CLASS(dmaflow_pool_parent_class)->set_config(pool, config);
}

GstFlowReturn AllocateBuffer(GstBufferPool* pool, GstBuffer** buffer, GstBufferPoolAcquireParams* params) {
  const GstFlowReturn result =
      GST_BUFFER_POOL_CLASS(dmaflow_pool_parent_class)->alloc_buffer(pool, buffer, params);
  if (result != GST_FLOW_OK) return result;
  GstVideoMeta* meta = gst_buffer_get_video_meta(*buffer);
  const std::vector<FramePlane>& planes = *AsHeapPool(pool)->planes;
  for (guint i = 0; meta && i < meta->n_planes && i < planes.size(); ++i) {
    meta->offset[i] = planes[i].offset;
    meta->stride[i] = static_cast<gint>(planes[i].stride);
  }
  return result;
}

void FinalizePool(GObject* object) {
  delete AsHeapPool(object)->planes;
  G_OBJECT_CLASS(dmaflow_pool_parent_class)->finalize(object);
}

void dmaflow_pool_class_init(DmaflowPoolClass* type) {
  auto* pool = reinterpret_cast<GstBufferPoolClass*>(type);
  pool->set_config = SetPoolConfig;
  pool->alloc_buffer = AllocateBuffer;
  reinterpret_cast<GObjectClass*>(type)->finalize = FinalizePool;
}

void dmaflow_pool_init(DmaflowPool* self) {
  self->count = 0;
  self->planes = nullptr;
}

}  // namespace

GstPtr<GstAllocator> NewHeapAllocator(BufferMemories buffers) {
  auto* allocator = static_cast<GstAllocator*>(g_object_new(dmaflow_allocator_get_type(), nullptr));
  gst_object_ref_sink(allocator);
  AsHeap(allocator)->slots = new HeapSlots(std::move(buffers));
  return GstPtr<GstAllocator>(allocator);
}

std::optional<uint32_t> HeapIndex(GstAllocator* allocator, GstMemory* memory) {
  if (memory->allocator != allocator || memory->offset != 0) return std::nullopt;
  // A part of a buffer (gst_memory_share) holds the whole one.
  return AsHeap(allocator)->slots->Find(memory->parent ? memory->parent : memory);
}

GstPtr<GstBufferPool> NewHeapPool(const FrameFormat& format, guint count) {
  auto* pool = static_cast<GstBufferPool*>(g_object_new(dmaflow_pool_get_type(), nullptr));
  gst_object_ref_sink(pool);
  AsHeapPool(pool)->count = count;
  AsHeapPool(pool)->planes = new std::vector<FramePlane>(format.planes);
  return GstPtr<GstBufferPool>(pool);
}

}  // namespace dmaflow::gst
