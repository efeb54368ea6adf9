// The file descriptors that JavaScript holds as numbers. Each is owned here: whatever is left when the
// environment ends is closed by the destructor, and a number that is not in the table never reaches the
// kernel.
#pragma once

#include <string>
#include <unordered_map>

#include "unique_fd.h"

namespace dmaflow {

// What /proc/self/fd shows: the node of a device, "/dmabuf:NAME" of a dma-buf. Empty where that cannot be
// read.
std::string PathOfOpenFile(int fd);

class FdTable {
 public:
  // Takes the fd over and returns its number. `path` is what it was opened by, empty where it has no name.
  int Add(UniqueFd fd, std::string path = {});

  // The fd, borrowed for the length of a call. Throws KernelError(syscall, EBADF) where it is not in the
  // table.
  int Get(int fd, const char* syscall) const;

  // An fd of the same open file for work that outlives the call (a worker thread, a poll): closing the number
  // in JavaScript meanwhile does no harm to it. Throws KernelError(syscall, EBADF) where `fd` is not in the
  // table.
  UniqueFd Duplicate(int fd, const char* syscall) const;

  // What it was opened by; where it was not opened by a path, what PathOfOpenFile says. Empty outside the
  // table.
  std::string Path(int fd) const;

  bool Has(int fd) const { return entries_.count(fd) != 0; }

  // Takes the fd out of the table. Throws KernelError(syscall, EBADF) where it is not in there.
  UniqueFd Remove(int fd, const char* syscall);

 private:
  struct Entry {
    UniqueFd fd;
    std::string path;
  };
  const Entry& Find(int fd, const char* syscall) const;

  std::unordered_map<int, Entry> entries_;
};

}  // namespace dmaflow
