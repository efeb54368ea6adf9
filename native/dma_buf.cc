#include "dma_buf.h"

#include <linux/dma-buf.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
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

constexpr char kSyncRequest[] = "DMA_BUF_IOCTL_SYNC";

void SyncOnce(int fd, uint32_t flags) {
  dma_buf_sync request = {};
  request.flags = flags;
  // Not Ioctl, which restarts: this is one attempt by contract, and the caller counts them.
  if (::ioctl(fd, DMA_BUF_IOCTL_SYNC, &request) < 0) throw KernelError(kSyncRequest, errno);
}

// Microseconds.
double TimedSync(int fd, uint32_t flags) {
  const auto began = std::chrono::steady_clock::now();
  SyncOnce(fd, flags);
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - began).count();
}

Napi::Value CheckedSync(Call& call) {
  const int fd = call.Fd(0, "fd", kSyncRequest);
  const uint32_t flags = call.Arg(1, "flags").Uint32();
  if (call.Arg(2, "timed").OptionalBoolean()) return Napi::Number::New(call.env(), TimedSync(fd, flags));
  SyncOnce(fd, flags);
  return call.env().Undefined();
}

// Two of these come with every access to a frame, and what Call does for a call costs several times the
// request: good arguments take a short way, others the one that says what is wrong with them.
napi_value Sync(napi_env env, napi_callback_info info) {
  size_t count = 3;
  napi_value arguments[3];
  void* data = nullptr;
  int32_t fd = -1;
  uint32_t flags = 0;
  bool timed = false;
  napi_get_cb_info(env, info, &count, arguments, nullptr, &data);
  const AddonData& addon = *static_cast<AddonData*>(data);
  const bool good = napi_get_value_int32(env, arguments[0], &fd) == napi_ok &&
                    napi_get_value_uint32(env, arguments[1], &flags) == napi_ok &&
                    (count < 3 || napi_get_value_bool(env, arguments[2], &timed) == napi_ok) &&
                    addon.fds.Has(fd);
  try {
    if (!good) {
      const Napi::CallbackInfo call_info(env, info);
      Call call(call_info, "dmaBufSync");
      return CheckedSync(call);
    }
    if (timed) return Napi::Number::New(env, TimedSync(fd, flags));
    SyncOnce(fd, flags);
  } catch (const KernelError& error) {
    ToJavaScript(env, error, addon.fds.Path(fd)).ThrowAsJavaScriptException();
  } catch (const Napi::Error& error) {
    error.ThrowAsJavaScriptException();
  }
  return nullptr;
}

void ExportSync(Napi::Env env, Napi::Object exports) {
  constexpr char kName[] = "dmaBufSync";
  napi_value function = nullptr;
  const napi_status status =
      napi_create_function(env, kName, sizeof kName - 1, Sync, &AddonData::Of(env), &function);
  if (status != napi_ok) throw Napi::Error::New(env);
  exports.Set(kName, Napi::Value(env, function));
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
  ExportSync(env, exports);
  Export<Map>(env, exports, "dmaBufMap");
  Export<Unmap>(env, exports, "dmaBufUnmap");
  Export<View>(env, exports, "dmaBufView");
  Export<Detach>(env, exports, "dmaBufDetach");
  Export<Ready>(env, exports, "dmaBufReady");
  ExportAsync<Wait>(env, exports, "dmaBufWait");
}

}  // namespace dmaflow
