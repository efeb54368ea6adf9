// What the kernel refused. Thrown by the plain C++ parts, turned into the KernelError of src/errors.ts at the
// border to JavaScript.
#pragma once

#include <exception>
#include <string>
#include <utility>

namespace dmaflow {

class KernelError : public std::exception {
 public:
  // `syscall` as the kernel spells the request ("VIDIOC_QBUF"), `error` positive as in errno.h. `path` only
  // where the thrower knows it: an operation on an fd of the fd table gets the path of that fd at the border.
  KernelError(std::string syscall, int error, std::string path = {})
      : syscall_(std::move(syscall)), error_(error), path_(std::move(path)) {}

  const std::string& syscall() const { return syscall_; }
  int error() const { return error_; }
  const std::string& path() const { return path_; }
  const char* what() const noexcept override { return syscall_.c_str(); }

 private:
  std::string syscall_;
  int error_;
  std::string path_;
};

}  // namespace dmaflow
