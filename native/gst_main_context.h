// GLib's default main context, run by libuv's loop.
//
// An epoll set holds the context's fds; libuv polls that one. Before libuv waits, the context is prepared,
// and its fds and its timeout go into the epoll set and a timer; after the wait, what is ready is dispatched.
// So the context costs nothing while it has nothing to do, and nothing nests: libuv's loop stays the only
// one.
//
// The thread owns the context for as long as it is attached: sources that other threads add then wake it up.
#pragma once

#include <glib.h>
#include <napi.h>
#include <uv.h>

#include <cstdint>
#include <vector>

#include "unique_fd.h"

namespace dmaflow::gst {

class MainContext {
 public:
  // Attaches to the loop of the environment, until the environment ends; then it destroys itself. Throws
  // InvalidStateError where another thread owns the default context, KernelError where there is no fd left.
  static MainContext* Attach(Napi::Env env);

  // Held: the loop stays alive, and the process with it. Holds are counted.
  void Hold();
  void Release();

  MainContext(const MainContext&) = delete;
  MainContext& operator=(const MainContext&) = delete;

 private:
  MainContext(Napi::Env env, uv_loop_t* loop, UniqueFd epoll);
  ~MainContext();

  void Prepare();
  void Check();
  void WatchFds();
  void TakeReadiness();
  void Dispatch();
  void Close();

  Napi::Env env_;
  Napi::AsyncContext async_context_;
  GMainContext* context_;
  UniqueFd epoll_;
  uv_prepare_t prepare_ = {};
  uv_check_t check_ = {};
  uv_timer_t timer_ = {};
  uv_poll_t poll_ = {};
  napi_async_cleanup_hook_handle cleanup_ = nullptr;
  int open_handles_ = 4;
  int holds_ = 0;

  // Of the last Prepare.
  std::vector<GPollFD> fds_;
  gint max_priority_ = 0;
  bool ready_ = false;
  // In the epoll set. Its events carry the round, and the place in `fds_`.
  std::vector<int> watched_;
  uint32_t round_ = 0;
};

}  // namespace dmaflow::gst
