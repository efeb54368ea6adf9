#include "kms_commit.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "call.h"
#include "drm_ptr.h"
#include "kms_events.h"
#include "promise_work.h"

namespace dmaflow {

namespace {

constexpr char kCommitRequest[] = "DRM_IOCTL_MODE_ATOMIC";

struct PropertySetting {
  uint32_t object;
  uint32_t property;
  // Two's complement where the property is signed.
  uint64_t value;
};

struct CommitRequest {
  std::vector<PropertySetting> properties;
  // The value is filled in with the address that the kernel writes the fence's fd to.
  std::vector<PropertySetting> out_fences;
  uint32_t flags = 0;
  uintptr_t user_data = 0;
};

PropertySetting TakeSetting(const Argument& argument) {
  return {argument["objectId"].Uint32(), argument["propertyId"].Uint32(), 0};
}

CommitRequest TakeRequest(const Argument& argument) {
  CommitRequest request;
  for (const Argument& element : argument["properties"].Elements()) {
    PropertySetting setting = TakeSetting(element);
    setting.value = static_cast<uint64_t>(element["value"].Int64());
    request.properties.push_back(setting);
  }
  const Argument out_fences = argument["outFences"];
  if (!out_fences.IsUndefined()) {
    for (const Argument& element : out_fences.Elements()) request.out_fences.push_back(TakeSetting(element));
  }
  request.flags = argument["flags"].Uint32();
  const Argument user_data = argument["userData"];
  // The width of a pointer, because libdrm takes it as one.
  if (!user_data.IsUndefined()) request.user_data = static_cast<uintptr_t>(user_data.Size());
  return request;
}

std::vector<UniqueFd> Commit(int fd, const CommitRequest& request) {
  const DrmAtomicPtr atomic(drmModeAtomicAlloc());
  if (!atomic) throw KernelError(kCommitRequest, ENOMEM);
  const auto add = [&](const PropertySetting& setting) {
    const int result =
        drmModeAtomicAddProperty(atomic.get(), setting.object, setting.property, setting.value);
    if (result < 0) throw KernelError(kCommitRequest, -result);
  };
  for (const PropertySetting& setting : request.properties) add(setting);
  std::vector<int32_t> fences(request.out_fences.size(), -1);
  for (size_t index = 0; index < fences.size(); ++index) {
    PropertySetting setting = request.out_fences[index];
    setting.value = reinterpret_cast<uintptr_t>(&fences[index]);
    add(setting);
  }
  const int result =
      drmModeAtomicCommit(fd, atomic.get(), request.flags, reinterpret_cast<void*>(request.user_data));
  std::vector<UniqueFd> owned;
  for (const int32_t fence : fences) owned.emplace_back(fence);
  if (result < 0) throw KernelError(kCommitRequest, -result);
  return owned;
}

// -1 where the kernel made no fence (a test commit).
Napi::Value FenceList(Napi::Env env, std::vector<UniqueFd> fences) {
  const Napi::Array list = Napi::Array::New(env, fences.size());
  for (uint32_t index = 0; index < fences.size(); ++index) {
    UniqueFd& fence = fences[index];
    list.Set(index, fence ? AddonData::Of(env).fds.Add(std::move(fence)) : -1);
  }
  return list;
}

Napi::Value CommitNow(Call& call) {
  const int fd = call.Fd(0, "fd", kCommitRequest);
  return FenceList(call.env(), Commit(fd, TakeRequest(call.Arg(1, "request"))));
}

Napi::Value CommitAsync(Call& call) {
  // std::function wants to be copyable, so the fd is shared.
  const auto fd = std::make_shared<UniqueFd>(call.DuplicateFd(0, "fd", kCommitRequest));
  CommitRequest request = TakeRequest(call.Arg(1, "request"));
  return PromiseWork<std::vector<UniqueFd>>::Start(
      call.env(), call.Path(), [fd, request = std::move(request)] { return Commit(fd->get(), request); },
      FenceList);
}

Napi::Object FlipValue(Napi::Env env, const FlipEvent& event) {
  const Napi::Object flip = Napi::Object::New(env);
  flip.Set("crtcId", event.crtc);
  flip.Set("sequence", event.sequence);
  flip.Set("timestamp", static_cast<double>(event.timestamp));
  flip.Set("userData", static_cast<double>(event.user_data));
  return flip;
}

// Not drmHandleEvent: its handler gets nothing of the caller's, so the list would have to be a static.
Napi::Value ReadEvents(Call& call) {
  const int fd = call.Fd(0, "fd", "read");
  // Another file may be readable for ever.
  if (const int error = DrmFileError(fd)) throw KernelError("read", error);
  std::vector<FlipEvent> flips;
  std::array<char, 4096> buffer;
  for (;;) {
    pollfd readable = {fd, POLLIN, 0};
    const int ready = ::poll(&readable, 1, 0);
    const ssize_t length = ready > 0 ? ::read(fd, buffer.data(), buffer.size()) : ready;
    if (length < 0 && errno == EINTR) continue;
    if (length < 0 && errno != EAGAIN) throw KernelError("read", errno);
    if (length <= 0) break;
    AppendFlips(buffer.data(), static_cast<size_t>(length), flips);
  }
  const Napi::Array list = Napi::Array::New(call.env(), flips.size());
  for (uint32_t i = 0; i < flips.size(); ++i) list.Set(i, FlipValue(call.env(), flips[i]));
  return list;
}

}  // namespace

void RegisterKmsCommit(Napi::Env env, Napi::Object exports) {
  Export<CommitNow>(env, exports, "kmsCommit");
  ExportAsync<CommitAsync>(env, exports, "kmsCommitAsync");
  Export<ReadEvents>(env, exports, "kmsReadEvents");
}

}  // namespace dmaflow
