// How native code outside the frame loop gives it frames and takes frames from it, on threads of its own and
// without JavaScript. It may be another addon, built by another compiler: so this is plain C, handed over as
// an External of Node-API with one of the type tags below.
#pragma once

#include <node_api.h>

#include <cstdint>

namespace dmaflow {

inline constexpr uint32_t kFrameExchangeVersion = 1;
inline constexpr uint32_t kExchangePlanes = 8;

// One frame, in the buffer `index` of the pool or of the queue that the tap belongs to.
struct ExchangeFrame {
  uint32_t index;
  uint32_t sequence;
  // Microseconds of CLOCK_MONOTONIC.
  int64_t timestamp;
  // By memory plane.
  uint32_t planes;
  uint32_t bytes_used[kExchangePlanes];
};

// Fills a pool. The functions may be called on any thread, also while and after the loop stops: then Acquire
// says ESHUTDOWN, and the others do nothing. Results are 0 or an errno.
struct FrameFiller {
  uint32_t version;
  void* self;
  // The handle is counted: the External holds one reference, a user takes its own.
  void (*retain)(void* self);
  void (*release)(void* self);
  // A free buffer, the caller's from now on. EAGAIN: none is free. ESHUTDOWN: the loop has stopped.
  int (*acquire)(void* self, uint32_t* index);
  // The frame is the loop's; its buffer becomes free when the last holder in the loop lets go of it.
  int (*submit)(void* self, const ExchangeFrame* frame);
  // The buffer is free again without a frame.
  int (*cancel)(void* self, uint32_t index);
  // No frames follow: the end of the stream.
  int (*end)(void* self);
  // `on_free(user)` is called, on the loop's thread, whenever a buffer has become free; it must not block.
  // Null ends it: no call is under way any more when this returns (not to be called from `on_free`).
  void (*set_listener)(void* self, void (*on_free)(void* user), void* user);
};

// Takes a tap's frames. `release` as above for the threads it is called on.
struct FrameTaker {
  uint32_t version;
  void* self;
  void (*retain)(void* self);
  void (*release)(void* self);
  // On the loop's thread: `on_frame` for a frame within the tap's credit, one reference to be given back by
  // give_back; `on_end` after the last frame of a stream that ends. They must not block. Frames that come
  // before there is a receiver wait in the tap. Null ends it: no call is under way any more when this
  // returns.
  void (*set_receiver)(void* self, void (*on_frame)(void* user, const ExchangeFrame* frame),
                       void (*on_end)(void* user), void* user);
  int (*give_back)(void* self, uint32_t index);
};

inline constexpr napi_type_tag kFrameFillerTag{0x646d61666c6f7701, 0x66696c6c65720001};
inline constexpr napi_type_tag kFrameTakerTag{0x646d61666c6f7701, 0x74616b6572000001};

}  // namespace dmaflow
