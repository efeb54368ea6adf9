#include "dma_buf.h"

#include <linux/dma-buf.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>

#include "call.h"
#include "fd_wait.h"
#include "ioctl.h"
#include "mapping.h"

namespace dmaflow {

namespace {

Napi::Value Size(Call& call) {
  const off_t size = ::lseek(call.Fd(0, "fd", "lseek"), 0, SEEK_END);
  if (size < 0) throw KernelError("lseek", errno);
  return Napi::Number::New(call.env(), static_cast<double>(size));
}

Napi::Value Inode(Call& call) {
  struct stat status;
  if (::fstat(call.Fd(0, "fd", "fstat"), &status) < 0) throw KernelError("fstat", errno);
  return Napi::Number::New(call.env(), static_cast<double>(status.st_ino));
}

Napi::Value SetName(Call& call) {
  constexpr char kRequest[] = "DMA_BUF_SET_NAME_B";
  const int fd = call.Fd(0, "fd", kRequest);
  const std::string name = call.Arg(1, "name").String();
  // The B variant is the one whose number says 64 bits; the kernel takes a pointer in both.
  Ioctl(fd, DMA_BUF_SET_NAME_B, kRequest, const_cast<char*>(name.c_str()));
  return call.env().Undefined();
}

Napi::Value Sync(Call& call) {
  constexpr char kRequest[] = "DMA_BUF_IOCTL_SYNC";
  const int fd = call.Fd(0, "fd", kRequest);
  dma_buf_sync request = {};
  request.flags = call.Arg(1, "flags").Uint32();
  // Not Ioctl, which restarts: this is one attempt by contract, and the caller counts them.
  if (::ioctl(fd, DMA_BUF_IOCTL_SYNC, &request) < 0) throw KernelError(kRequest, errno);
  return call.env().Undefined();
}

// As DMA_BUF_SET_NAME_B gave it; empty of what has no name.
std::string NameOf(int fd) {
  constexpr char kPrefix[] = "/dmabuf:";
  const std::string path = PathOfOpenFile(fd);
  return path.rfind(kPrefix, 0) == 0 ? path.substr(sizeof kPrefix - 1) : path;
}

Napi::Value Map(Call& call) {
  const int fd = call.Fd(0, "fd", "mmap");
  auto mapping = std::make_unique<Mapping>(fd, call.Arg(1, "length").Size());
  return Napi::Number::New(call.env(), call.addon().mappings.Add(std::move(mapping), NameOf(fd)));
}

Napi::Value Unmap(Call& call) {
  call.addon().mappings.Remove(call.env(), call.Arg(0, "mapping").Uint32());
  return call.env().Undefined();
}

Napi::Value View(Call& call) {
  const bool read_only = call.Arg(1, "readOnly").OptionalBoolean();
  const Argument holder = call.Arg(2, "holder");
  return call.addon().mappings.Attach(call.env(), call.Arg(0, "mapping").Uint32(), read_only,
                                      holder.IsUndefined() ? std::string() : holder.String());
}

Napi::Value Detach(Call& call) {
  call.addon().mappings.Detach(call.env(), call.Arg(0, "mapping").Uint32());
  return call.env().Undefined();
}

Readiness ReadinessFor(const Argument& write) {
  return write.Boolean() ? Readiness::kWrite : Readiness::kRead;
}

Napi::Value Ready(Call& call) {
  const int fd = call.Fd(0, "fd", "poll");
  return Napi::Boolean::New(call.env(), IsReady(fd, ReadinessFor(call.Arg(1, "write"))));
}

Napi::Value Wait(Call& call) {
  UniqueFd fd = call.DuplicateFd(0, "fd", "poll");
  return WaitForFd(call.env(), std::move(fd), ReadinessFor(call.Arg(1, "write")),
                   call.Arg(2, "timeoutMs").Milliseconds());
}

}  // namespace

void RegisterDmaBuf(Napi::Env env, Napi::Object exports) {
  Export<Size>(env, exports, "dmaBufSize");
  Export<Inode>(env, exports, "dmaBufInode");
  Export<SetName>(env, exports, "dmaBufSetName");
  Export<Sync>(env, exports, "dmaBufSync");
  Export<Map>(env, exports, "dmaBufMap");
  Export<Unmap>(env, exports, "dmaBufUnmap");
  Export<View>(env, exports, "dmaBufView");
  Export<Detach>(env, exports, "dmaBufDetach");
  Export<Ready>(env, exports, "dmaBufReady");
  ExportAsync<Wait>(env, exports, "dmaBufWait");
}

}  // namespace dmaflow
