#include "kms_properties.h"

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "call.h"
#include "drm_ptr.h"
#include "js_values.h"

namespace dmaflow {

namespace {

// The kernel keeps every value in 64 bits; those of signed properties (CRTC_X, IN_FENCE_FD) are two's
// complement.
double SignedValue(uint64_t value) { return static_cast<double>(static_cast<int64_t>(value)); }

uint32_t ObjectType(const Argument& type) {
  const std::string name = type.String();
  if (name == "crtc") return DRM_MODE_OBJECT_CRTC;
  if (name == "connector") return DRM_MODE_OBJECT_CONNECTOR;
  if (name == "plane") return DRM_MODE_OBJECT_PLANE;
  throw type.WrongType("'crtc', 'connector' or 'plane'");
}

Napi::Object PropertyValue(Napi::Env env, const drmModePropertyRes& property, uint64_t value) {
  const Napi::Array enums = Napi::Array::New(env);
  for (int index = 0; index < property.count_enums; ++index) {
    const Napi::Object entry = Napi::Object::New(env);
    entry.Set("name", FixedString(env, property.enums[index].name));
    entry.Set("value", SignedValue(property.enums[index].value));
    enums.Set(static_cast<uint32_t>(index), entry);
  }
  const Napi::Object result = Napi::Object::New(env);
  result.Set("id", property.prop_id);
  result.Set("name", FixedString(env, property.name));
  result.Set("value", SignedValue(value));
  result.Set("flags", property.flags);
  result.Set("enums", enums);
  return result;
}

Napi::Value Properties(Call& call) {
  constexpr char kRequest[] = "DRM_IOCTL_MODE_OBJ_GETPROPERTIES";
  constexpr char kPropertyRequest[] = "DRM_IOCTL_MODE_GETPROPERTY";
  const int fd = call.Fd(0, "fd", kRequest);
  const uint32_t object = call.Arg(1, "objectId").Uint32();
  const uint32_t type = ObjectType(call.Arg(2, "type"));
  const auto values =
      CheckDrm(DrmObjectPropertiesPtr(drmModeObjectGetProperties(fd, object, type)), kRequest);
  const Napi::Array list = Napi::Array::New(call.env(), values->count_props);
  for (uint32_t index = 0; index < values->count_props; ++index) {
    const auto property =
        CheckDrm(DrmPropertyPtr(drmModeGetProperty(fd, values->props[index])), kPropertyRequest);
    list.Set(index, PropertyValue(call.env(), *property, values->prop_values[index]));
  }
  return list;
}

Napi::Value GetBlob(Call& call) {
  constexpr char kRequest[] = "DRM_IOCTL_MODE_GETPROPBLOB";
  const int fd = call.Fd(0, "fd", kRequest);
  const DrmBlobPtr blob(drmModeGetPropertyBlob(fd, call.Arg(1, "blobId").Uint32()));
  if (!blob) {
    if (errno == ENOENT) return call.env().Undefined();
    throw KernelError(kRequest, errno);
  }
  Napi::Uint8Array bytes = Napi::Uint8Array::New(call.env(), blob->length);
  if (blob->length > 0) std::memcpy(bytes.Data(), blob->data, blob->length);
  return bytes;
}

Napi::Value CreateBlob(Call& call) {
  constexpr char kRequest[] = "DRM_IOCTL_MODE_CREATEPROPBLOB";
  const int fd = call.Fd(0, "fd", kRequest);
  const std::vector<uint8_t> data = call.Arg(1, "data").Bytes();
  uint32_t id = 0;
  CheckDrm(drmModeCreatePropertyBlob(fd, data.data(), data.size(), &id), kRequest);
  return Napi::Number::New(call.env(), id);
}

Napi::Value DestroyBlob(Call& call) {
  constexpr char kRequest[] = "DRM_IOCTL_MODE_DESTROYPROPBLOB";
  const int fd = call.Fd(0, "fd", kRequest);
  CheckDrm(drmModeDestroyPropertyBlob(fd, call.Arg(1, "blobId").Uint32()), kRequest);
  return call.env().Undefined();
}

}  // namespace

void RegisterKmsProperties(Napi::Env env, Napi::Object exports) {
  Export<Properties>(env, exports, "kmsProperties");
  Export<GetBlob>(env, exports, "kmsGetBlob");
  Export<CreateBlob>(env, exports, "kmsCreateBlob");
  Export<DestroyBlob>(env, exports, "kmsDestroyBlob");
}

}  // namespace dmaflow
