// The ends of pools and taps that go to other native code: Externals of frame_exchange.h, the plain C between
// addons, over PoolPort and TapPort.
#pragma once

#include <napi.h>

#include <memory>

#include "frame_loop_pool.h"
#include "frame_loop_tap_port.h"

namespace dmaflow {

Napi::Value FillerHandle(Napi::Env env, std::shared_ptr<loop::PoolPort> port);
Napi::Value TakerHandle(Napi::Env env, std::shared_ptr<loop::TapPort> port);

}  // namespace dmaflow
