// What the loop's thread sleeps on.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "frame_loop_types.h"
#include "unique_fd.h"

namespace dmaflow::loop {

enum class Wait : uint8_t {
  kCommands,
  kTick,
  kCapture,
  kDisplay,
  kInFence,
  kOutFence,
  kPoolFence,
  kBufferFence
};

// Says what an fd in the set is: `id` of the capture, pool or display.
struct WaitKey {
  Wait kind = Wait::kCommands;
  uint32_t id = 0;
};

struct Ready {
  WaitKey key;
  // EPOLLERR or EPOLLHUP came with it.
  bool failed = false;
};

// Comes back every second, for what is late: a timeout of each sleep would cost a timer that is set and
// cancelled for every frame.
class Ticker {
 public:
  // Throws KernelError.
  Ticker();
  int fd() const { return fd_.get(); }
  // After the set says that it is ready.
  void Read() noexcept;

 private:
  UniqueFd fd_;
};

class Epoll {
 public:
  // Throws KernelError.
  Epoll();

  // Waits for EPOLLIN, level-triggered; EPOLLERR and EPOLLHUP come by themselves. Throws KernelError.
  void Add(int fd, WaitKey key);
  // Before the fd is closed: it is a dup, and its open file lives on elsewhere, so close alone would leave it
  // in.
  void Remove(int fd) noexcept;
  // Fills `ready` with what can be read by `deadline` (none: whenever something comes).
  void Sleep(std::optional<Clock::time_point> deadline, std::vector<Ready>& ready);

 private:
  UniqueFd fd_;
};

}  // namespace dmaflow::loop
