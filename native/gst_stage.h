// A GStreamer pipeline between our frames: a stage of the graph.
#pragma once

#include <gst/gst.h>

#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "gst_frame_sink.h"
#include "gst_frame_source.h"
#include "gst_ptr.h"

namespace dmaflow::gst {

// What an element says went wrong.
struct Failure {
  // Empty where nobody in particular said it.
  std::string element;
  std::string message;
  // As the element's developer wrote it: file, line, function, details. May be empty.
  std::string debug;
};

// The description cannot become a pipeline.
class ParseError : public std::runtime_error {
 public:
  ParseError(const std::string& message, std::vector<std::string> missing)
      : std::runtime_error(message), missing_(std::move(missing)) {}
  // Elements that no plugin here has.
  const std::vector<std::string>& missing() const { return missing_; }

 private:
  std::vector<std::string> missing_;
};

// Called on any thread, GStreamer's streaming threads too; must not block.
class StageListener {
 public:
  virtual ~StageListener() = default;
  virtual void OnFailure(const Failure& failure) noexcept = 0;
  // Every sink of the pipeline has finished: the end of the stream is through.
  virtual void OnEnd() noexcept = 0;
};

// The pipeline `source ! DESCRIPTION ! sink` with our own elements at the ends that are asked for. From Open
// to Stop its states are: open (READY: devices are open, caps can be asked for), playing, and closed again.
// Play and Stop wait for GStreamer: they are for a thread that may. All others are quick.
class Stage {
 public:
  struct Ends {
    bool input = false;
    bool output = false;
  };

  // Throws ParseError. `listener` lives until Close.
  Stage(const std::string& description, Ends ends, StageListener& listener);
  ~Stage();
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  FrameSource* source() { return source_ ? &FrameSourceOf(source_.get()) : nullptr; }
  FrameSink* sink() { return sink_ ? &FrameSinkOf(sink_.get()) : nullptr; }
  // Whether the sink waits for each frame's time.
  void SetSync(bool sync);

  // What the rest of the pipeline takes from our source, and can give our sink; empty where it is not linked
  // yet (decodebin), and anything where it does not care.
  GstPtr<GstCaps> InputCaps();
  GstPtr<GstCaps> OutputCaps();
  // Whether a file is damaged without an end of the stream: there is a muxer.
  bool NeedsEnd();

  std::optional<Failure> Open();
  std::optional<Failure> Play();
  // To NULL, whatever the streaming threads wait for. Idempotent.
  void Stop();
  // Nothing is exchanged with the frame loop any more. After Stop.
  void Disconnect();
  // Stop and Disconnect; the listener is not called any more.
  void Close();

 private:
  std::optional<Failure> ChangeState(GstState state);
  GstBusSyncReply OnMessage(GstMessage* message);
  void Fail(GstMessage* message);

  StageListener& listener_;
  GstPtr<GstElement> pipeline_;
  GstPtr<GstElement> source_;
  GstPtr<GstElement> sink_;

  std::mutex mutex_;
  // The first one since the last state change began.
  std::optional<Failure> failure_;
  // What decodebin and the like found no plugin for.
  std::string missing_;
};

}  // namespace dmaflow::gst
