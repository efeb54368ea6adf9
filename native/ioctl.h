// ioctl(2) with the two things that every caller wants: a restart after a signal, and a KernelError with the
// request's own name.
#pragma once

#include <sys/ioctl.h>

#include <cerrno>

#include "kernel_error.h"

namespace dmaflow {

// 0, or the errno. Restarted when a signal interrupts it.
inline int TryIoctl(int fd, unsigned long request, void* argument) {
  while (::ioctl(fd, request, argument) < 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

// Throws KernelError(name, errno). Restarted when a signal interrupts it.
inline void Ioctl(int fd, unsigned long request, const char* name, void* argument) {
  if (const int error = TryIoctl(fd, request, argument)) throw KernelError(name, error);
}

}  // namespace dmaflow
