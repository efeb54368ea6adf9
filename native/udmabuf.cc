#include "udmabuf.h"

#include <fcntl.h>
#include <linux/udmabuf.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <utility>

#include "call.h"
#include "ioctl.h"
#include "promise_work.h"

namespace dmaflow {

namespace {

constexpr char kCreate[] = "UDMABUF_CREATE";

Napi::Value MemfdCreate(Call& call) {
  const std::string name = call.Arg(0, "name").String();
  const uint64_t length = call.Arg(1, "length").Size();
  UniqueFd memfd(::memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!memfd) throw KernelError("memfd_create", errno);
  if (::ftruncate(memfd.get(), static_cast<off_t>(length)) < 0) throw KernelError("ftruncate", errno);
  // udmabuf wants to be sure that the pages stay.
  if (::fcntl(memfd.get(), F_ADD_SEALS, F_SEAL_SHRINK) < 0) throw KernelError("F_ADD_SEALS", errno);
  return Napi::Number::New(call.env(), call.addon().fds.Add(std::move(memfd)));
}

UniqueFd Create(int udmabuf, int memfd, uint64_t length) {
  udmabuf_create request = {};
  request.memfd = static_cast<uint32_t>(memfd);
  request.flags = UDMABUF_FLAGS_CLOEXEC;
  request.size = length;
  // The dma-buf's fd is the result.
  int fd;
  while ((fd = ::ioctl(udmabuf, UDMABUF_CREATE, &request)) < 0) {
    if (errno != EINTR) throw KernelError(kCreate, errno);
  }
  return UniqueFd(fd);
}

Napi::Value UdmabufCreateAsync(Call& call) {
  // std::function wants to be copyable, so the fds are shared.
  const auto udmabuf = std::make_shared<UniqueFd>(call.DuplicateFd(0, "udmabufFd", kCreate));
  const auto memfd = std::make_shared<UniqueFd>(call.DuplicateFd(1, "memfd", kCreate));
  const uint64_t length = call.Arg(2, "length").Size();
  return PromiseWork<UniqueFd>::Start(
      call.env(), call.Path(),
      [udmabuf, memfd, length] { return Create(udmabuf->get(), memfd->get(), length); },
      [](Napi::Env env, UniqueFd buffer) -> Napi::Value {
        return Napi::Number::New(env, AddonData::Of(env).fds.Add(std::move(buffer)));
      });
}

Napi::Value UdmabufCreate(Call& call) {
  const int udmabuf = call.Fd(0, "udmabufFd", kCreate);
  const int memfd = call.Fd(1, "memfd", kCreate);
  UniqueFd buffer = Create(udmabuf, memfd, call.Arg(2, "length").Size());
  return Napi::Number::New(call.env(), call.addon().fds.Add(std::move(buffer)));
}

}  // namespace

void RegisterUdmabuf(Napi::Env env, Napi::Object exports) {
  Export<MemfdCreate>(env, exports, "memfdCreate");
  Export<UdmabufCreate>(env, exports, "udmabufCreate");
  ExportAsync<UdmabufCreateAsync>(env, exports, "udmabufCreateAsync");
}

}  // namespace dmaflow
