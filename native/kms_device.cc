#include "kms_device.h"

#include <cerrno>
#include <string>

#include "call.h"
#include "drm_ptr.h"

namespace dmaflow {

namespace {

Napi::Value Version(Call& call) {
  constexpr char kRequest[] = "DRM_IOCTL_VERSION";
  const auto version = CheckDrm(DrmVersionPtr(drmGetVersion(call.Fd(0, "fd", kRequest))), kRequest);
  const Napi::Object result = Napi::Object::New(call.env());
  result.Set("name", std::string(version->name, static_cast<size_t>(version->name_len)));
  result.Set("description", std::string(version->desc, static_cast<size_t>(version->desc_len)));
  return result;
}

Napi::Value GetCap(Call& call) {
  constexpr char kRequest[] = "DRM_IOCTL_GET_CAP";
  const int fd = call.Fd(0, "fd", kRequest);
  uint64_t value = 0;
  CheckDrm(drmGetCap(fd, call.Arg(1, "capability").Uint32(), &value), kRequest);
  return Napi::Number::New(call.env(), static_cast<double>(value));
}

Napi::Value SetClientCap(Call& call) {
  constexpr char kRequest[] = "DRM_IOCTL_SET_CLIENT_CAP";
  const int fd = call.Fd(0, "fd", kRequest);
  CheckDrm(drmSetClientCap(fd, call.Arg(1, "capability").Uint32(), call.Arg(2, "value").Size()), kRequest);
  return call.env().Undefined();
}

Napi::Value IsMaster(Call& call) {
  constexpr char kRequest[] = "DRM_IOCTL_AUTH_MAGIC";
  // As drmIsMaster does: only a master may ask, and no magic is 0. But it takes every other error for a yes.
  const int result = drmAuthMagic(call.Fd(0, "fd", kRequest), 0);
  if (result == -EACCES) return Napi::Boolean::New(call.env(), false);
  if (result == 0 || result == -EINVAL) return Napi::Boolean::New(call.env(), true);
  throw KernelError(kRequest, -result);
}

Napi::Value SetMaster(Call& call) {
  constexpr char kRequest[] = "DRM_IOCTL_SET_MASTER";
  CheckDrm(drmSetMaster(call.Fd(0, "fd", kRequest)), kRequest);
  return call.env().Undefined();
}

Napi::Value DropMaster(Call& call) {
  constexpr char kRequest[] = "DRM_IOCTL_DROP_MASTER";
  CheckDrm(drmDropMaster(call.Fd(0, "fd", kRequest)), kRequest);
  return call.env().Undefined();
}

}  // namespace

void RegisterKmsDevice(Napi::Env env, Napi::Object exports) {
  Export<Version>(env, exports, "drmVersion");
  Export<GetCap>(env, exports, "drmGetCap");
  Export<SetClientCap>(env, exports, "drmSetClientCap");
  Export<IsMaster>(env, exports, "drmIsMaster");
  Export<SetMaster>(env, exports, "drmSetMaster");
  Export<DropMaster>(env, exports, "drmDropMaster");
}

}  // namespace dmaflow
