#include "files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "call.h"

namespace dmaflow {

namespace {

int OpenFlags(const Argument& options) {
  const Argument access = options["access"];
  const std::string name = access.String();
  if (name != "read" && name != "read-write") throw access.WrongType("'read' or 'read-write'");
  return (name == "read" ? O_RDONLY : O_RDWR) | (options["nonblock"].OptionalBoolean() ? O_NONBLOCK : 0) |
         O_CLOEXEC;
}

Napi::Value Open(Call& call) {
  std::string path = call.Arg(0, "path").String();
  const int flags = OpenFlags(call.Arg(1, "options"));
  int fd;
  do {
    fd = ::open(path.c_str(), flags);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) throw KernelError("open", errno, path);
  return Napi::Number::New(call.env(), call.addon().fds.Add(UniqueFd(fd), std::move(path)));
}

Napi::Value Close(Call& call) {
  call.addon().fds.Remove(call.Fd(0, "fd", "close"), "close");
  return call.env().Undefined();
}

Napi::Value Dup(Call& call) {
  UniqueFd copy = call.DuplicateFd(0, "fd", "F_DUPFD_CLOEXEC");
  return Napi::Number::New(call.env(), call.addon().fds.Add(std::move(copy), call.Path()));
}

Napi::Value DupForeign(Call& call) {
  UniqueFd copy(::fcntl(call.Arg(0, "fd").Int32(), F_DUPFD_CLOEXEC, 0));
  if (!copy) throw KernelError("F_DUPFD_CLOEXEC", errno);
  return Napi::Number::New(call.env(), call.addon().fds.Add(std::move(copy)));
}

Napi::Value Disown(Call& call) {
  static_cast<void>(call.addon().fds.Remove(call.Fd(0, "fd", "disown"), "disown").release());
  return call.env().Undefined();
}

Napi::Value Adopt(Call& call) {
  const int fd = call.Arg(0, "fd").Int32();
  FdTable& fds = call.addon().fds;
  if (fds.Has(fd)) {
    throw InvalidStateErrorOf(call.env(), "adopt: fd " + std::to_string(fd) + " is in the fd table already");
  }
  if (::fcntl(fd, F_GETFD) < 0) throw KernelError("adopt", errno);
  fds.Add(UniqueFd(fd));
  return call.env().Undefined();
}

}  // namespace

void RegisterFiles(Napi::Env env, Napi::Object exports) {
  exports.Set("pageSize", Napi::Number::New(env, static_cast<double>(::sysconf(_SC_PAGESIZE))));
  Export<Open>(env, exports, "open");
  Export<Close>(env, exports, "close");
  Export<Dup>(env, exports, "dup");
  Export<DupForeign>(env, exports, "dupForeign");
  Export<Disown>(env, exports, "disown");
  Export<Adopt>(env, exports, "adopt");
}

}  // namespace dmaflow
