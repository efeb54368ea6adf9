#include "file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "call.h"
#include "unique_fd.h"

namespace dmaflow {

namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

bool IsAbsent(int error) { return error == ENOENT || error == ENOTDIR; }

// In order of their names.
Napi::Value ListDirectory(Call& call) {
  const std::string path = call.Arg(0, "path").String();
  const std::unique_ptr<DIR, CloseDirectory> directory(::opendir(path.c_str()));
  if (!directory) {
    if (IsAbsent(errno)) return call.env().Undefined();
    throw KernelError("open", errno, path);
  }
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
    errno = 0;
  }
  if (errno != 0) throw KernelError("getdents64", errno, path);
  std::sort(names.begin(), names.end());
  const Napi::Array list = Napi::Array::New(call.env(), names.size());
  for (uint32_t index = 0; index < names.size(); ++index) list.Set(index, names[index]);
  return list;
}

std::optional<std::string> Contents(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return std::nullopt;
  std::string contents;
  std::array<char, 4096> chunk;
  for (;;) {
    const ssize_t count = ::read(fd.get(), chunk.data(), chunk.size());
    if (count > 0) {
      contents.append(chunk.data(), static_cast<size_t>(count));
    } else if (count == 0) {
      return contents;
    } else if (errno != EINTR) {
      return std::nullopt;
    }
  }
}

Napi::Value ReadText(Call& call) {
  const std::optional<std::string> text = Contents(call.Arg(0, "path").String());
  return text ? Napi::String::New(call.env(), *text) : call.env().Undefined();
}

Napi::Value ReadBytes(Call& call) {
  const std::optional<std::string> bytes = Contents(call.Arg(0, "path").String());
  return bytes ? Napi::Buffer<char>::Copy(call.env(), bytes->data(), bytes->size()) : call.env().Undefined();
}

Napi::Value LinkName(Call& call) {
  const std::string path = call.Arg(0, "path").String();
  std::array<char, PATH_MAX> target;
  const ssize_t length = ::readlink(path.c_str(), target.data(), target.size());
  if (length < 0) return call.env().Undefined();
  const std::string whole(target.data(), static_cast<size_t>(length));
  return Napi::String::New(call.env(), whole.substr(whole.find_last_of('/') + 1));
}

Napi::Value StatNode(Call& call) {
  const std::string path = call.Arg(0, "path").String();
  struct stat status;
  if (::stat(path.c_str(), &status) < 0) {
    if (IsAbsent(errno)) return call.env().Undefined();
    throw KernelError("stat", errno, path);
  }
  const auto permitted = [&](int mode) { return ::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0; };
  const Napi::Object node = Napi::Object::New(call.env());
  node.Set("device", std::to_string(major(status.st_rdev)) + ':' + std::to_string(minor(status.st_rdev)));
  node.Set("uid", static_cast<double>(status.st_uid));
  node.Set("gid", static_cast<double>(status.st_gid));
  node.Set("mode", static_cast<double>(status.st_mode & 07777));
  node.Set("changed", static_cast<double>(status.st_ctim.tv_sec) * 1e3 +
                          static_cast<double>(status.st_ctim.tv_nsec) / 1e6);
  node.Set("readable", permitted(R_OK));
  node.Set("writable", permitted(W_OK));
  return node;
}

}  // namespace

void RegisterFileSystem(Napi::Env env, Napi::Object exports) {
  Export<ListDirectory>(env, exports, "listDirectory");
  Export<ReadText>(env, exports, "readText");
  Export<ReadBytes>(env, exports, "readBytes");
  Export<LinkName>(env, exports, "linkName");
  Export<StatNode>(env, exports, "statNode");
}

}  // namespace dmaflow
