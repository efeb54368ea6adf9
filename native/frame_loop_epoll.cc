#include "frame_loop_epoll.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

namespace dmaflow::loop {

namespace {

constexpr unsigned kKindShift = 32;

uint64_t Pack(WaitKey key) { return uint64_t{static_cast<uint8_t>(key.kind)} << kKindShift | key.id; }

WaitKey Unpack(uint64_t packed) {
  return {static_cast<Wait>(packed >> kKindShift), static_cast<uint32_t>(packed)};
}

// Rounded up, so that the deadline has passed when the sleep ends by itself.
int MillisecondsUntil(std::optional<Clock::time_point> deadline) {
  if (!deadline) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<int64_t>(left, 0, std::numeric_limits<int>::max()));
}

}  // namespace

Ticker::Ticker() : fd_(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {
  if (!fd_) throw KernelError("timerfd_create", errno);
  const itimerspec every{{1, 0}, {1, 0}};
  if (::timerfd_settime(fd_.get(), 0, &every, nullptr) < 0) throw KernelError("timerfd_settime", errno);
}

void Ticker::Read() noexcept {
  uint64_t ticks = 0;
  // Nothing to read is nothing to do.
  [[maybe_unused]] const ssize_t length = ::read(fd_.get(), &ticks, sizeof ticks);
}

Epoll::Epoll() : fd_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (!fd_) throw KernelError("epoll_create1", errno);
}

void Epoll::Add(int fd, WaitKey key) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = Pack(key);
  if (::epoll_ctl(fd_.get(), EPOLL_CTL_ADD, fd, &event) < 0) throw KernelError("epoll_ctl", errno);
}

void Epoll::Remove(int fd) noexcept { ::epoll_ctl(fd_.get(), EPOLL_CTL_DEL, fd, nullptr); }

void Epoll::Sleep(std::optional<Clock::time_point> deadline, std::vector<Ready>& ready) {
  std::array<epoll_event, 16> events;
  const int count =
      ::epoll_wait(fd_.get(), events.data(), static_cast<int>(events.size()), MillisecondsUntil(deadline));
  ready.clear();
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<size_t>(i)];
    ready.push_back({Unpack(event.data.u64), (event.events & (EPOLLERR | EPOLLHUP)) != 0});
  }
}

}  // namespace dmaflow::loop
