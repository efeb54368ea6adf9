// Waiting for an fd on libuv's own epoll, so that neither the event loop nor a pool thread is blocked.
#pragma once

#include <napi.h>

#include "unique_fd.h"

namespace dmaflow {

enum class Readiness {
  // POLLIN: the fences of writers have signalled; a reader may go on.
  kRead,
  // POLLOUT: all fences have signalled; a writer may go on.
  kWrite,
};

// Whether it is ready now. Throws KernelError.
bool IsReady(int fd, Readiness readiness);

// Resolves true when `fd` is ready, false after `milliseconds`.
Napi::Promise WaitForFd(Napi::Env env, UniqueFd fd, Readiness readiness, double milliseconds);

}  // namespace dmaflow
