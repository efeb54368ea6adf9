// The frame loop's values from and to JavaScript: src/native/frame-loop.ts spells out their shapes.
#pragma once

#include <napi.h>

#include <cstdint>
#include <vector>

#include "arguments.h"
#include "fd_table.h"
#include "frame_loop_stats.h"
#include "frame_loop_types.h"

namespace dmaflow {

// Configurations, checked. Their fds come from the table and are duplicated: closing the number in
// JavaScript, while the loop runs, does no harm to the loop.
loop::CaptureConfig TakeCapture(const Argument& config, const FdTable& fds);
loop::PoolConfig TakePool(const Argument& config);
loop::FrameInfo TakeFrameInfo(const Argument& frame);
loop::DisplayConfig TakeDisplay(const Argument& config, const FdTable& fds);
loop::TapConfig TakeTap(const Argument& config);
std::vector<uint32_t> TakeFramebuffers(const Argument& framebuffers);
loop::CommitRequest TakeCommit(uint32_t display, const Argument& properties, const Argument& out_fence);

Napi::Object ErrorValue(Napi::Env env, const loop::ErrorEvent& error);
Napi::Object StatsValue(Napi::Env env, const loop::Counters& counters);

}  // namespace dmaflow
