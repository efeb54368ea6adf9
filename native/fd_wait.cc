#include "fd_wait.h"

#include <poll.h>
#include <uv.h>

#include <cerrno>
#include <cmath>
#include <memory>
#include <utility>

#include "fd_table.h"
#include "js_errors.h"
#include "kernel_error.h"

namespace dmaflow {

namespace {

void CheckUv(napi_env env, napi_status status) {
  if (status != napi_ok) throw Napi::Error::New(env);
}

// One wait: a poll and a timer, whichever comes first. It belongs to libuv from Start until both handles are
// closed. An environment that ends meanwhile waits for that (the cleanup hook).
class FdWait {
 public:
  FdWait(Napi::Env env, UniqueFd fd)
      : env_(env),
        fd_(std::move(fd)),
        context_(env, "dmaflow:wait"),
        deferred_(Napi::Promise::Deferred::New(env)) {}

  static Napi::Promise Start(std::unique_ptr<FdWait> wait, Readiness readiness, double milliseconds) {
    uv_loop_t* loop = nullptr;
    CheckUv(wait->env_, napi_get_uv_event_loop(wait->env_, &loop));
    // This makes the open file non-blocking, for the other fds of it too; dma-bufs and sync_files have
    // nothing to read.
    const int error = uv_poll_init(loop, &wait->poll_, wait->fd_.get());
    if (error < 0) throw KernelError("epoll_ctl", -error);
    FdWait* self = wait.release();
    self->poll_.data = self;
    self->timer_.data = self;
    uv_timer_init(loop, &self->timer_);
    // libuv counts from the time it cached when this turn of the loop began, which may be long ago.
    uv_update_time(loop);
    uv_timer_start(
        &self->timer_, [](uv_timer_t* timer) { From(timer)->Finish(false); },
        static_cast<uint64_t>(std::ceil(milliseconds)), 0);
    uv_poll_start(&self->poll_, readiness == Readiness::kRead ? UV_READABLE : UV_WRITABLE,
                  [](uv_poll_t* poll, int status, int) { From(poll)->OnPoll(status); });
    napi_add_async_cleanup_hook(
        self->env_, [](napi_async_cleanup_hook_handle, void* data) { static_cast<FdWait*>(data)->Close(); },
        self, &self->cleanup_hook_);
    return self->deferred_.Promise();
  }

 private:
  template <typename Handle>
  static FdWait* From(Handle* handle) {
    return static_cast<FdWait*>(handle->data);
  }

  void OnPoll(int status) {
    if (status < 0) return Finish(KernelError("epoll_wait", -status, PathOfOpenFile(fd_.get())));
    Finish(true);
  }

  void Finish(bool ready) {
    Settle([&] { deferred_.Resolve(Napi::Boolean::New(env_, ready)); });
  }

  void Finish(const KernelError& error) {
    Settle([&] { deferred_.Reject(ToJavaScript(env_, error).Value()); });
  }

  template <typename Action>
  void Settle(Action action) {
    Close();
    const Napi::HandleScope scope(env_);
    // Where the environment is ending there is nobody left to tell.
    try {
      const Napi::CallbackScope callback(env_, context_);
      action();
    } catch (const Napi::Error&) {
    }
  }

  void Close() {
    if (closing_) return;
    closing_ = true;
    const auto closed = [](uv_handle_t* handle) {
      FdWait* self = From(handle);
      if (--self->open_handles_ > 0) return;
      const std::unique_ptr<FdWait> last(self);
      napi_remove_async_cleanup_hook(self->cleanup_hook_);
    };
    uv_close(reinterpret_cast<uv_handle_t*>(&poll_), closed);
    uv_close(reinterpret_cast<uv_handle_t*>(&timer_), closed);
    // No longer polled: libuv allows it from here on, and who awaits the promise finds nothing left open.
    fd_.reset();
  }

  Napi::Env env_;
  // Ours alone: JavaScript may close its number meanwhile.
  UniqueFd fd_;
  Napi::AsyncContext context_;
  Napi::Promise::Deferred deferred_;
  uv_poll_t poll_;
  uv_timer_t timer_;
  napi_async_cleanup_hook_handle cleanup_hook_ = nullptr;
  int open_handles_ = 2;
  bool closing_ = false;
};

}  // namespace

bool IsReady(int fd, Readiness readiness) {
  pollfd request = {fd, static_cast<short>(readiness == Readiness::kRead ? POLLIN : POLLOUT), 0};
  int count;
  do {
    count = ::poll(&request, 1, 0);
  } while (count < 0 && errno == EINTR);
  if (count < 0) throw KernelError("poll", errno);
  return (request.revents & request.events) != 0;
}

Napi::Promise WaitForFd(Napi::Env env, UniqueFd fd, Readiness readiness, double milliseconds) {
  if (IsReady(fd.get(), readiness)) {
    const auto deferred = Napi::Promise::Deferred::New(env);
    deferred.Resolve(Napi::Boolean::New(env, true));
    return deferred.Promise();
  }
  return FdWait::Start(std::make_unique<FdWait>(env, std::move(fd)), readiness, milliseconds);
}

}  // namespace dmaflow
