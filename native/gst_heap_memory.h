// Our heaps' buffers as GStreamer's elements get them: an allocator and a pool for the answer to an
// ALLOCATION query.
#pragma once

#include <gst/allocators/allocators.h>
#include <gst/video/gstvideopool.h>

#include <cstdint>
#include <optional>

#include "gst_frame_format.h"
#include "gst_ptr.h"

namespace dmaflow::gst {

// A GstDmaBufAllocator whose memory is a fixed set of buffers with one memory plane each. Takes `buffers`
// over: they live until the last GstMemory of them is gone. When all are in use, or a request is larger than
// they are, it gives out ordinary memory: the pool must not fail, and who gets such a frame copies it.
GstPtr<GstAllocator> NewHeapAllocator(BufferMemories buffers);

// The index of the buffer that this memory is, from its first byte; nothing where it is not of `allocator`.
std::optional<uint32_t> HeapIndex(GstAllocator* allocator, GstMemory* memory);

// A pool of at most `count` buffers in the layout of `format`; the allocator comes with its configuration.
GstPtr<GstBufferPool> NewHeapPool(const FrameFormat& format, guint count);

}  // namespace dmaflow::gst
