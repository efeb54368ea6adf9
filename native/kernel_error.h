// What the kernel refused. Thrown by the plain C++ parts, turned into the KernelError of src/errors.ts at the border
// to JavaScript.
#pragma once

#include <exception>
#include <string>
#include <utility>

namespace dmaflow {

class KernelError : public std::exception {
 public:
  // `syscall` as the kernel spells the request ("VIDIOC_QBUF"), `error` positive as in errno.h.
  KernelError(std::string syscall, int error) : syscall_(std::move(syscall)), error_(error) {}

  const std::string& syscall() const { return syscall_; }
  int error() const { return error_; }
  const char* what() const noexcept override { return syscall_.c_str(); }

 private:
  std::string syscall_;
  int error_;
};

}  // namespace dmaflow
