#include "dma_heap.h"

#include <fcntl.h>
#include <linux/dma-heap.h>

#include <memory>
#include <utility>

#include "call.h"
#include "ioctl.h"
#include "promise_work.h"

namespace dmaflow {

namespace {

constexpr char kRequest[] = "DMA_HEAP_IOCTL_ALLOC";

UniqueFd Allocate(int heap, uint64_t length) {
  // The kernel refuses a request whose `fd` is not 0.
  dma_heap_allocation_data request = {};
  request.len = length;
  request.fd_flags = O_RDWR | O_CLOEXEC;
  Ioctl(heap, DMA_HEAP_IOCTL_ALLOC, kRequest, &request);
  return UniqueFd(static_cast<int>(request.fd));
}

Napi::Value HeapAlloc(Call& call) {
  const int heap = call.Fd(0, "heapFd", kRequest);
  UniqueFd buffer = Allocate(heap, call.Arg(1, "length").Size());
  return Napi::Number::New(call.env(), call.addon().fds.Add(std::move(buffer)));
}

Napi::Value HeapAllocAsync(Call& call) {
  // std::function wants to be copyable, so the fd is shared.
  const auto heap = std::make_shared<UniqueFd>(call.DuplicateFd(0, "heapFd", kRequest));
  const uint64_t length = call.Arg(1, "length").Size();
  return PromiseWork<UniqueFd>::Start(
      call.env(), call.Path(), [heap, length] { return Allocate(heap->get(), length); },
      [](Napi::Env env, UniqueFd buffer) -> Napi::Value {
        return Napi::Number::New(env, AddonData::Of(env).fds.Add(std::move(buffer)));
      });
}

}  // namespace

void RegisterDmaHeap(Napi::Env env, Napi::Object exports) {
  Export<HeapAlloc>(env, exports, "heapAlloc");
  ExportAsync<HeapAllocAsync>(env, exports, "heapAllocAsync");
}

}  // namespace dmaflow
