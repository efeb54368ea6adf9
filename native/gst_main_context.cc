#include "gst_main_context.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "js_errors.h"
#include "kernel_error.h"

namespace dmaflow::gst {

namespace {

template <typename Handle>
uv_handle_t* AsHandle(Handle* handle) {
  return reinterpret_cast<uv_handle_t*>(handle);
}

}  // namespace

MainContext* MainContext::Attach(Napi::Env env) {
  uv_loop_t* loop = nullptr;
  napi_get_uv_event_loop(env, &loop);
  UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) throw KernelError("epoll_create1", errno);
  if (!g_main_context_acquire(g_main_context_default())) {
    throw InvalidStateErrorOf(env,
                              "GLib's default main context is run by another thread; GStreamer can be "
                              "controlled from the main thread of one environment only");
  }
  return new MainContext(env, loop, std::move(epoll));  // Destroys itself, see Close.
}

MainContext::MainContext(Napi::Env env, uv_loop_t* loop, UniqueFd epoll)
    : env_(env),
      async_context_(env, "dmaflow:gstreamer"),
      context_(g_main_context_default()),
      epoll_(std::move(epoll)) {
  uv_prepare_init(loop, &prepare_);
  uv_check_init(loop, &check_);
  uv_timer_init(loop, &timer_);
  uv_poll_init(loop, &poll_, epoll_.get());
  for (uv_handle_t* handle : {AsHandle(&prepare_), AsHandle(&check_), AsHandle(&timer_), AsHandle(&poll_)}) {
    handle->data = this;
    uv_unref(handle);
  }
  uv_prepare_start(&prepare_,
                   [](uv_prepare_t* handle) { static_cast<MainContext*>(handle->data)->Prepare(); });
  uv_check_start(&check_, [](uv_check_t* handle) { static_cast<MainContext*>(handle->data)->Check(); });
  uv_poll_start(&poll_, UV_READABLE,
                [](uv_poll_t* handle, int, int) { static_cast<MainContext*>(handle->data)->ready_ = true; });
  napi_add_async_cleanup_hook(
      env,
      [](napi_async_cleanup_hook_handle handle, void* self) {
        static_cast<MainContext*>(self)->cleanup_ = handle;
        static_cast<MainContext*>(self)->Close();
      },
      this, nullptr);
}

MainContext::~MainContext() { g_main_context_release(context_); }

void MainContext::Hold() {
  if (holds_++ == 0) uv_ref(AsHandle(&poll_));
}

void MainContext::Release() {
  if (--holds_ == 0) uv_unref(AsHandle(&poll_));
}

void MainContext::Prepare() {
  ready_ = g_main_context_prepare(context_, &max_priority_);
  gint timeout = -1;
  gint count = 0;
  while ((count = g_main_context_query(context_, max_priority_, &timeout, fds_.data(),
                                       static_cast<gint>(fds_.size()))) > static_cast<gint>(fds_.size())) {
    fds_.resize(count);
  }
  fds_.resize(count);
  WatchFds();
  if (ready_) timeout = 0;
  // It only ends libuv's wait: the next Prepare finds the source ready.
  if (timeout >= 0) {
    uv_timer_start(
        &timer_, [](uv_timer_t*) {}, timeout, 0);
  } else {
    uv_timer_stop(&timer_);
  }
}

// The numbers do not say whether they are still the same open files, so every one is told to epoll again;
// there are one or two. Each reports once: a file that was closed here and lives on elsewhere (a dup, another
// process) cannot be taken out of the set by its number, and would else report for ever.
void MainContext::WatchFds() {
  ++round_;
  for (const int fd : watched_) {
    const bool wanted = std::any_of(fds_.begin(), fds_.end(), [fd](const GPollFD& f) { return f.fd == fd; });
    if (!wanted) ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  }
  watched_.clear();
  for (size_t place = 0; place < fds_.size(); ++place) {
    GPollFD& fd = fds_[place];
    fd.revents = 0;
    // G_IO_IN and its like have epoll's values.
    epoll_event event = {};
    event.events = fd.events | EPOLLONESHOT;
    event.data.u64 = uint64_t{round_} << 32 | place;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd.fd, &event) != 0 &&
        ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd.fd, &event) != 0) {
      continue;
    }
    watched_.push_back(fd.fd);
  }
}

void MainContext::Check() {
  if (!ready_) return;
  ready_ = false;
  TakeReadiness();
  if (g_main_context_check(context_, max_priority_, fds_.data(), static_cast<gint>(fds_.size()))) Dispatch();
}

// From the epoll set, which knows open files. By its number another file may be meant by now: one of `fds_`
// was closed since Prepare, and a camera, say, has got its number; to poll an idle V4L2 queue starts
// videobuf2's emulation of read().
void MainContext::TakeReadiness() {
  std::array<epoll_event, 16> events;
  int count = 0;
  do {
    count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), 0);
    for (int i = 0; i < count; ++i) {
      const uint64_t data = events[i].data.u64;
      const auto place = static_cast<uint32_t>(data);
      if (data >> 32 == round_ && place < fds_.size())
        fds_[place].revents = static_cast<gushort>(events[i].events);
    }
  } while (count == static_cast<int>(events.size()));
}

void MainContext::Dispatch() {
  const Napi::HandleScope handles(env_);
  const Napi::CallbackScope callbacks(env_, async_context_);
  g_main_context_dispatch(context_);
}

void MainContext::Close() {
  for (uv_handle_t* handle : {AsHandle(&prepare_), AsHandle(&check_), AsHandle(&timer_), AsHandle(&poll_)}) {
    uv_close(handle, [](uv_handle_t* closed) {
      auto* self = static_cast<MainContext*>(closed->data);
      if (--self->open_handles_ > 0) return;
      const napi_async_cleanup_hook_handle cleanup = self->cleanup_;
      delete self;
      napi_remove_async_cleanup_hook(cleanup);
    });
  }
}

}  // namespace dmaflow::gst
