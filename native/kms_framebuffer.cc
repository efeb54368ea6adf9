#include "kms_framebuffer.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "call.h"
#include "drm_ptr.h"

namespace dmaflow {

namespace {

// Colour planes of a framebuffer: the arrays of struct drm_mode_fb_cmd2.
constexpr size_t kMaxPlanes = 4;

Napi::Value PrimeImport(Call& call) {
  constexpr char kRequest[] = "DRM_IOCTL_PRIME_FD_TO_HANDLE";
  const int fd = call.Fd(0, "fd", kRequest);
  uint32_t handle = 0;
  CheckDrm(drmPrimeFDToHandle(fd, call.Fd(1, "dmaBufFd", kRequest), &handle), kRequest);
  return Napi::Number::New(call.env(), handle);
}

Napi::Value GemClose(Call& call) {
  constexpr char kRequest[] = "DRM_IOCTL_GEM_CLOSE";
  const int fd = call.Fd(0, "fd", kRequest);
  CheckDrm(drmCloseBufferHandle(fd, call.Arg(1, "handle").Uint32()), kRequest);
  return call.env().Undefined();
}

Napi::Value AddFramebuffer(Call& call) {
  constexpr char kRequest[] = "DRM_IOCTL_MODE_ADDFB2";
  const int fd = call.Fd(0, "fd", kRequest);
  const Argument request = call.Arg(1, "request");
  const Argument planes = request["planes"];
  const Argument modifier = request["modifier"];
  const std::vector<Argument> elements = planes.Elements();
  if (elements.empty() || elements.size() > kMaxPlanes) throw planes.OutOfRange("an array of 1 to 4");
  std::array<uint32_t, kMaxPlanes> handles = {};
  std::array<uint32_t, kMaxPlanes> strides = {};
  std::array<uint32_t, kMaxPlanes> offsets = {};
  std::array<uint64_t, kMaxPlanes> modifiers = {};
  for (size_t index = 0; index < elements.size(); ++index) {
    handles[index] = elements[index]["handle"].Uint32();
    strides[index] = elements[index]["stride"].Uint32();
    offsets[index] = elements[index]["offset"].Uint32();
    // The kernel wants the same one for every plane, and 0 for those that are not used.
    if (!modifier.IsUndefined()) modifiers[index] = modifier.BigUint64();
  }
  uint32_t id = 0;
  CheckDrm(
      drmModeAddFB2WithModifiers(fd, request["width"].Uint32(), request["height"].Uint32(),
                                 request["fourcc"].Uint32(), handles.data(), strides.data(), offsets.data(),
                                 modifiers.data(), &id, modifier.IsUndefined() ? 0 : DRM_MODE_FB_MODIFIERS),
      kRequest);
  return Napi::Number::New(call.env(), id);
}

Napi::Value RemoveFramebuffer(Call& call) {
  constexpr char kRequest[] = "DRM_IOCTL_MODE_RMFB";
  const int fd = call.Fd(0, "fd", kRequest);
  CheckDrm(drmModeRmFB(fd, call.Arg(1, "fbId").Uint32()), kRequest);
  return call.env().Undefined();
}

}  // namespace

void RegisterKmsFramebuffer(Napi::Env env, Napi::Object exports) {
  Export<PrimeImport>(env, exports, "kmsPrimeImport");
  Export<GemClose>(env, exports, "kmsGemClose");
  Export<AddFramebuffer>(env, exports, "kmsAddFramebuffer");
  Export<RemoveFramebuffer>(env, exports, "kmsRemoveFramebuffer");
}

}  // namespace dmaflow
