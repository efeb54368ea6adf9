#include "frame_loop_handles.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <utility>

#include "frame_exchange.h"

namespace dmaflow {

namespace {

static_assert(kExchangePlanes == VIDEO_MAX_PLANES);

// `Handle` (FrameFiller or FrameTaker) over a port. It goes with its last reference.
template <typename Handle, typename Port>
struct Counted : Handle {
  explicit Counted(std::shared_ptr<Port> its_port) : Handle{}, port(std::move(its_port)) {
    this->version = kFrameExchangeVersion;
    this->self = this;
    this->retain = [](void* self) { Of(self).references.fetch_add(1); };
    this->release = [](void* self) {
      if (Of(self).references.fetch_sub(1) == 1) std::unique_ptr<Counted>(&Of(self)).reset();
    };
  }

  static Counted& Of(void* self) { return *static_cast<Counted*>(self); }

  std::shared_ptr<Port> port;
  std::atomic<uint32_t> references{1};
};

using Filler = Counted<FrameFiller, loop::PoolPort>;
using Taker = Counted<FrameTaker, loop::TapPort>;

// Nothing may be thrown out of plain C: what the caller does not hold is EINVAL.
template <typename Operation>
int Guarded(Operation operation) {
  try {
    operation();
    return 0;
  } catch (const loop::StateError&) {
    return EINVAL;
  }
}

loop::FrameInfo InfoOf(const ExchangeFrame& frame) {
  loop::FrameInfo info;
  info.sequence = frame.sequence;
  info.timestamp = frame.timestamp;
  info.monotonic = true;
  info.planes = std::min(frame.planes, kExchangePlanes);
  std::copy_n(frame.bytes_used, info.planes, info.bytes_used.begin());
  return info;
}

ExchangeFrame FrameOf(const loop::FrameEvent& event) {
  ExchangeFrame frame{};
  frame.index = event.index;
  frame.sequence = event.info.sequence;
  frame.timestamp = event.info.timestamp;
  frame.planes = event.info.planes;
  std::copy_n(event.info.bytes_used.begin(), frame.planes, frame.bytes_used);
  return frame;
}

template <typename Handle, typename Made>
Napi::Value External(Napi::Env env, std::unique_ptr<Made> made, const napi_type_tag& tag) {
  // Its own reference keeps it from here on.
  Handle* const handle = made.release();
  const auto external = Napi::External<Handle>::New(
      env, handle, [](Napi::Env, Handle* unreachable) { unreachable->release(unreachable->self); });
  external.TypeTag(&tag);
  return external;
}

}  // namespace

Napi::Value FillerHandle(Napi::Env env, std::shared_ptr<loop::PoolPort> port) {
  auto filler = std::make_unique<Filler>(std::move(port));
  filler->acquire = [](void* self, uint32_t* index) {
    loop::PoolPort& pool = *Filler::Of(self).port;
    const std::optional<uint32_t> acquired = pool.Acquire();
    if (!acquired) return pool.closed() ? ESHUTDOWN : EAGAIN;
    *index = *acquired;
    return 0;
  };
  filler->submit = [](void* self, const ExchangeFrame* frame) {
    return Guarded([&] { Filler::Of(self).port->Submit(frame->index, InfoOf(*frame)); });
  };
  filler->cancel = [](void* self, uint32_t index) {
    return Guarded([&] { Filler::Of(self).port->Cancel(index); });
  };
  filler->end = [](void* self) {
    Filler::Of(self).port->End();
    return 0;
  };
  filler->set_listener = [](void* self, void (*on_free)(void*), void* user) {
    std::function<void()> listener;
    if (on_free) listener = [on_free, user] { on_free(user); };
    Filler::Of(self).port->SetListener(std::move(listener));
  };
  return External<FrameFiller>(env, std::move(filler), kFrameFillerTag);
}

Napi::Value TakerHandle(Napi::Env env, std::shared_ptr<loop::TapPort> port) {
  auto taker = std::make_unique<Taker>(std::move(port));
  taker->set_receiver = [](void* self, void (*on_frame)(void*, const ExchangeFrame*), void (*on_end)(void*),
                           void* user) {
    loop::TapPort::Receiver receiver;
    if (on_frame) {
      receiver.on_frame = [on_frame, user](const loop::FrameEvent& event) {
        const ExchangeFrame frame = FrameOf(event);
        on_frame(user, &frame);
      };
    }
    if (on_end) receiver.on_end = [on_end, user] { on_end(user); };
    Taker::Of(self).port->SetReceiver(std::move(receiver));
  };
  taker->give_back = [](void* self, uint32_t index) {
    return Guarded([&] { Taker::Of(self).port->GiveBack(index); });
  };
  return External<FrameTaker>(env, std::move(taker), kFrameTakerTag);
}

}  // namespace dmaflow
