// What libdrm allocates, each kind with the function that frees it; and its results as KernelErrors.
#pragma once

#include <xf86drm.h>
#include <xf86drmMode.h>

#include <cerrno>
#include <memory>

#include "kernel_error.h"

namespace dmaflow {

template <typename T, void (*free)(T*)>
struct DrmFree {
  void operator()(T* pointer) const { free(pointer); }
};

template <typename T, void (*free)(T*)>
using DrmPtr = std::unique_ptr<T, DrmFree<T, free>>;

using DrmVersionPtr = DrmPtr<drmVersion, drmFreeVersion>;
using DrmResourcesPtr = DrmPtr<drmModeRes, drmModeFreeResources>;
using DrmConnectorPtr = DrmPtr<drmModeConnector, drmModeFreeConnector>;
using DrmEncoderPtr = DrmPtr<drmModeEncoder, drmModeFreeEncoder>;
using DrmPlaneResourcesPtr = DrmPtr<drmModePlaneRes, drmModeFreePlaneResources>;
using DrmPlanePtr = DrmPtr<drmModePlane, drmModeFreePlane>;
using DrmObjectPropertiesPtr = DrmPtr<drmModeObjectProperties, drmModeFreeObjectProperties>;
using DrmPropertyPtr = DrmPtr<drmModePropertyRes, drmModeFreeProperty>;
using DrmBlobPtr = DrmPtr<drmModePropertyBlobRes, drmModeFreePropertyBlob>;
using DrmAtomicPtr = DrmPtr<drmModeAtomicReq, drmModeAtomicFree>;

// `request` as the kernel spells it. libdrm returns -1 or -errno, by function; errno is right in both cases.
inline void CheckDrm(int result, const char* request) {
  if (result < 0) throw KernelError(request, errno);
}

template <typename Pointer>
Pointer CheckDrm(Pointer pointer, const char* request) {
  if (!pointer) throw KernelError(request, errno);
  return pointer;
}

}  // namespace dmaflow
