#include "sync_file.h"

#include <linux/dma-buf.h>

#include <utility>

#include "call.h"
#include "fd_wait.h"
#include "ioctl.h"

namespace dmaflow {

namespace {

Napi::Value ExportSyncFile(Call& call) {
  constexpr char kRequest[] = "DMA_BUF_IOCTL_EXPORT_SYNC_FILE";
  const int fd = call.Fd(0, "fd", kRequest);
  dma_buf_export_sync_file request = {};
  request.flags = call.Arg(1, "flags").Uint32();
  request.fd = -1;
  Ioctl(fd, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, kRequest, &request);
  return Napi::Number::New(call.env(), call.addon().fds.Add(UniqueFd(request.fd)));
}

Napi::Value ImportSyncFile(Call& call) {
  constexpr char kRequest[] = "DMA_BUF_IOCTL_IMPORT_SYNC_FILE";
  const int fd = call.Fd(0, "fd", kRequest);
  dma_buf_import_sync_file request = {};
  request.flags = call.Arg(1, "flags").Uint32();
  request.fd = call.Fd(2, "syncFileFd", kRequest);
  Ioctl(fd, DMA_BUF_IOCTL_IMPORT_SYNC_FILE, kRequest, &request);
  return call.env().Undefined();
}

Napi::Value Wait(Call& call) {
  UniqueFd fd = call.DuplicateFd(0, "fd", "poll");
  return WaitForFd(call.env(), std::move(fd), Readiness::kRead, call.Arg(1, "timeoutMs").Milliseconds());
}

}  // namespace

void RegisterSyncFile(Napi::Env env, Napi::Object exports) {
  Export<ExportSyncFile>(env, exports, "dmaBufExportSyncFile");
  Export<ImportSyncFile>(env, exports, "dmaBufImportSyncFile");
  ExportAsync<Wait>(env, exports, "syncFileWait");
}

}  // namespace dmaflow
