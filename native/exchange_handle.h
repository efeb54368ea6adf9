// The user's side of frame_exchange.h: a counted reference to a handle.
#pragma once

#include <utility>

#include "frame_exchange.h"

namespace dmaflow {

// `Handle` is FrameFiller or FrameTaker.
template <typename Handle>
class ExchangeHandle {
 public:
  ExchangeHandle() = default;
  explicit ExchangeHandle(const Handle* handle) : handle_(handle) {
    if (handle_) handle_->retain(handle_->self);
  }
  ~ExchangeHandle() { Reset(); }
  ExchangeHandle(ExchangeHandle&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  ExchangeHandle& operator=(ExchangeHandle&& other) noexcept {
    if (this == &other) return *this;
    Reset();
    handle_ = std::exchange(other.handle_, nullptr);
    return *this;
  }
  ExchangeHandle(const ExchangeHandle&) = delete;
  ExchangeHandle& operator=(const ExchangeHandle&) = delete;

  void Reset() {
    // The handle's functions lie in what is released.
    if (const Handle* handle = std::exchange(handle_, nullptr)) handle->release(handle->self);
  }

  explicit operator bool() const { return handle_ != nullptr; }
  const Handle* operator->() const { return handle_; }

 private:
  const Handle* handle_ = nullptr;
};

}  // namespace dmaflow
