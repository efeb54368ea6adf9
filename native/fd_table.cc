#include "fd_table.h"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "kernel_error.h"

namespace dmaflow {

std::string PathOfOpenFile(int fd) {
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  std::array<char, PATH_MAX> target;
  const ssize_t length = ::readlink(link.c_str(), target.data(), target.size());
  return length < 0 ? std::string() : std::string(target.data(), static_cast<size_t>(length));
}

int FdTable::Add(UniqueFd fd, std::string path) {
  const int number = fd.get();
  const auto stale = entries_.find(number);
  if (stale != entries_.end()) {
    // Someone closed this number behind the table's back and the kernel gave it out again: the old entry owns
    // nothing any more, and must not close the new file.
    stale->second.fd.release();
    entries_.erase(stale);
  }
  entries_.emplace(number, Entry{std::move(fd), std::move(path)});
  return number;
}

const FdTable::Entry& FdTable::Find(int fd, const char* syscall) const {
  const auto entry = entries_.find(fd);
  if (entry == entries_.end()) throw KernelError(syscall, EBADF);
  return entry->second;
}

int FdTable::Get(int fd, const char* syscall) const { return Find(fd, syscall).fd.get(); }

UniqueFd FdTable::Duplicate(int fd, const char* syscall) const {
  UniqueFd copy(::fcntl(Get(fd, syscall), F_DUPFD_CLOEXEC, 0));
  if (!copy) throw KernelError("F_DUPFD_CLOEXEC", errno);
  return copy;
}

std::string FdTable::Path(int fd) const {
  const auto entry = entries_.find(fd);
  if (entry == entries_.end()) return {};
  return entry->second.path.empty() ? PathOfOpenFile(fd) : entry->second.path;
}

UniqueFd FdTable::Remove(int fd, const char* syscall) {
  const auto entry = entries_.find(fd);
  if (entry == entries_.end()) throw KernelError(syscall, EBADF);
  UniqueFd owned = std::move(entry->second.fd);
  entries_.erase(entry);
  return owned;
}

}  // namespace dmaflow
