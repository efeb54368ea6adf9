#include "converter_binding.h"

#include <cstddef>
#include <limits>
#include <string>
#include <unordered_map>
#include <utility>

#include "addon_data.h"
#include "arguments.h"
#include "js_errors.h"
#include "promise_work.h"

namespace dmaflow {

namespace {

constexpr uint32_t kLargestSide = 32768;

template <typename Value>
Value OneOf(const Argument& argument, const std::unordered_map<std::string, Value>& names) {
  const auto found = names.find(argument.String());
  if (found != names.end()) return found->second;
  std::string expected = "one of";
  for (const auto& [name, value] : names) expected += " '" + name + "'";
  throw argument.WrongType(expected);
}

PictureFormat TakeFormat(const Argument& format) {
  return OneOf<PictureFormat>(format, {{"XRGB8888", PictureFormat::kXrgb8888},
                                       {"RGB565", PictureFormat::kRgb565},
                                       {"NV12", PictureFormat::kNv12},
                                       {"NV21", PictureFormat::kNv21},
                                       {"YUYV", PictureFormat::kYuyv},
                                       {"UYVY", PictureFormat::kUyvy},
                                       {"YUV420", PictureFormat::kYuv420},
                                       {"MJPEG", PictureFormat::kMjpeg}});
}

// How many planes a picture of the format has, and what their rows and bytes are at least.
struct PlaneNeed {
  size_t stride;
  size_t rows;
};

std::vector<PlaneNeed> NeedsOf(PictureFormat format, size_t width, size_t height) {
  const size_t half = (width + 1) / 2;
  const size_t half_rows = (height + 1) / 2;
  switch (format) {
    case PictureFormat::kXrgb8888:
      return {{width * 4, height}};
    case PictureFormat::kRgb565:
      return {{width * 2, height}};
    case PictureFormat::kYuyv:
    case PictureFormat::kUyvy:
      return {{half * 4, height}};
    case PictureFormat::kNv12:
    case PictureFormat::kNv21:
      return {{width, height}, {half * 2, half_rows}};
    case PictureFormat::kYuv420:
      return {{width, height}, {half, half_rows}, {half, half_rows}};
    case PictureFormat::kYuv422:
      return {{width, height}, {half, height}, {half, height}};
    case PictureFormat::kMjpeg:
      return {{0, 1}};
  }
  return {};
}

uint32_t TakeLength(const Argument& length) {
  const uint32_t pixels = length.Uint32();
  if (pixels == 0 || pixels > kLargestSide) throw length.OutOfRange("1 to 32768");
  return pixels;
}

// Nothing outside the buffers is ever touched: what does not fit is refused here.
PictureLayout TakeLayout(const Argument& side, PictureFormat format, const std::vector<uint32_t>& lengths) {
  PictureLayout layout;
  layout.width = static_cast<int>(TakeLength(side["width"]));
  layout.height = static_cast<int>(TakeLength(side["height"]));
  const auto needs = NeedsOf(format, static_cast<size_t>(layout.width), static_cast<size_t>(layout.height));
  const Argument planes = side["planes"];
  const std::vector<Argument> elements = planes.Elements();
  if (elements.size() != needs.size()) {
    throw planes.OutOfRange("an array of " + std::to_string(needs.size()) + " colour planes");
  }
  for (size_t index = 0; index < elements.size(); ++index) {
    const Argument& plane = elements[index];
    const uint32_t memory = plane["memory"].Uint32();
    const uint64_t offset = plane["offset"].Size();
    const uint32_t stride = plane["stride"].Uint32();
    const uint64_t end = offset + uint64_t{stride} * (needs[index].rows - 1) + needs[index].stride;
    if (memory >= lengths.size() || stride < needs[index].stride ||
        stride > static_cast<uint32_t>(std::numeric_limits<int>::max()) || end > lengths[memory]) {
      throw plane.OutOfRange("a colour plane within its memory plane");
    }
    layout.planes.push_back({memory, offset, static_cast<int>(stride)});
  }
  return layout;
}

ConverterSide TakeSide(const Argument& side, PictureFormat format, const FdTable& fds) {
  ConverterSide taken;
  const Argument lengths = side["lengths"];
  for (const Argument& length : lengths.Elements()) taken.lengths.push_back(length.Uint32());
  if (taken.lengths.empty()) throw lengths.OutOfRange("an array of at least 1 memory plane");
  taken.layout = TakeLayout(side, format, taken.lengths);
  for (const Argument& buffer : side["buffers"].Elements()) {
    const std::vector<Argument> given = buffer.Elements();
    if (given.size() != taken.lengths.size()) {
      throw buffer.OutOfRange("an array of " + std::to_string(taken.lengths.size()) + " fds");
    }
    std::vector<SyncedBuffer::Plane> planes;
    for (size_t plane = 0; plane < given.size(); ++plane) {
      planes.push_back({fds.Duplicate(given[plane].Int32(), "mmap"), taken.lengths[plane]});
    }
    taken.buffers.push_back(std::make_unique<SyncedBuffer>(std::move(planes)));
  }
  return taken;
}

YuvMeaning TakeMeaning(const Argument& config) {
  YuvMeaning meaning;
  using Matrix = YuvMeaning::Matrix;
  meaning.matrix = OneOf<Matrix>(
      config["matrix"], {{"bt601", Matrix::kBt601}, {"bt709", Matrix::kBt709}, {"bt2020", Matrix::kBt2020}});
  meaning.full_range = config["fullRange"].Boolean();
  return meaning;
}

template <typename Handle>
const Handle* TakeHandle(const Argument& argument, const napi_type_tag& tag, const char* expected) {
  if (!argument.value().IsExternal()) throw argument.WrongType(expected);
  const auto external = argument.value().As<Napi::External<Handle>>();
  if (!external.CheckTypeTag(&tag)) throw argument.WrongType(expected);
  const Handle* const handle = external.Data();
  if (handle->version != kFrameExchangeVersion) throw argument.WrongType("of this version of dmaflow");
  return handle;
}

}  // namespace

Napi::Function ConverterBinding::Define(Napi::Env env) {
  return DefineClass(
      env, "Converter",
      {InstanceMethod("start", &ConverterBinding::Start), InstanceMethod("stop", &ConverterBinding::Stop),
       InstanceMethod("counts", &ConverterBinding::Counts)});
}

ConverterBinding::ConverterBinding(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  const Napi::Env env = info.Env();
  const Argument config(info[0], "createConverter: config");
  const FdTable& fds = AddonData::Of(env).fds;
  if (!info[1].IsFunction()) throw Argument(info[1], "createConverter: onError").WrongType("a function");
  PixelConversion conversion;
  conversion.from = TakeFormat(config["from"]["format"]);
  conversion.to = TakeFormat(config["to"]["format"]);
  if (conversion.to == PictureFormat::kMjpeg) throw config["to"]["format"].WrongType("no compressed format");
  conversion.meaning = TakeMeaning(config);
  const Argument rotate = config["rotate"];
  conversion.rotate = rotate.Int32();
  if (conversion.rotate % 90 != 0 || conversion.rotate < 0 || conversion.rotate > 270) {
    throw rotate.OutOfRange("0, 90, 180 or 270");
  }
  report_ = Napi::ThreadSafeFunction::New(env, info[1].As<Napi::Function>(), "dmaflow-convert", 0, 1);
  report_.Unref(env);
  // Copies the handle: it may be called on the converter's thread for as long as that lives.
  const auto on_error = [report = report_](const KernelError& error) {
    report.NonBlockingCall(
        [error](Napi::Env to, Napi::Function function) { function.Call({ToJavaScript(to, error).Value()}); });
  };
  try {
    ConverterSide from = TakeSide(config["from"], conversion.from, fds);
    ConverterSide to = TakeSide(config["to"], conversion.to, fds);
    conversion.from_width = from.layout.width;
    conversion.from_height = from.layout.height;
    conversion.to_width = to.layout.width;
    conversion.to_height = to.layout.height;
    converter_ = std::make_shared<Converter>(conversion, std::move(from), std::move(to), on_error);
  } catch (const KernelError& error) {
    report_.Release();
    throw ToJavaScript(env, error);
  } catch (const Napi::Error&) {
    report_.Release();
    throw;
  }
  // After the thread-safe function's own hook, and so before it at the end.
  napi_add_env_cleanup_hook(env, AtExit, this);
}

ConverterBinding::~ConverterBinding() {
  // Without a converter the constructor has thrown.
  if (!converter_) return;
  napi_remove_env_cleanup_hook(Env(), AtExit, this);
  Shutdown();
}

void ConverterBinding::AtExit(void* binding) { static_cast<ConverterBinding*>(binding)->Shutdown(); }

void ConverterBinding::Shutdown() {
  if (std::exchange(shut_down_, true)) return;
  converter_->Stop();
  report_.Release();
}

Napi::Value ConverterBinding::Start(const Napi::CallbackInfo& info) {
  const Argument taker(info[0], "start: taker");
  const Argument filler(info[1], "start: filler");
  const auto* const frames = TakeHandle<FrameTaker>(taker, kFrameTakerTag, "the taker of a frame loop");
  const auto* const pool = TakeHandle<FrameFiller>(filler, kFrameFillerTag, "the filler of a frame loop");
  if (!converter_->Start(frames, pool)) {
    throw InvalidStateErrorOf(info.Env(), "the converter was started or stopped before: create a new one");
  }
  return info.Env().Undefined();
}

Napi::Value ConverterBinding::Stop(const Napi::CallbackInfo& info) {
  // Not here: a frame at work takes its time.
  return PromiseWork<bool>::Start(
      info.Env(), {},
      [converter = converter_] {
        converter->Stop();
        return true;
      },
      [](Napi::Env env, bool) { return env.Undefined(); });
}

Napi::Value ConverterBinding::Counts(const Napi::CallbackInfo& info) {
  const ConverterCounters& counters = converter_->counters();
  const Napi::Object counts = Napi::Object::New(info.Env());
  counts.Set("converted", static_cast<double>(counters.converted));
  counts.Set("damaged", static_cast<double>(counters.damaged));
  counts.Set("bytesRead", static_cast<double>(counters.bytes_read));
  counts.Set("bytesWritten", static_cast<double>(counters.bytes_written));
  counts.Set("syncCalls", static_cast<double>(counters.sync.calls));
  counts.Set("syncTime", static_cast<double>(counters.sync.nanoseconds) / 1000);
  return counts;
}

void RegisterConverter(Napi::Env env, Napi::Object exports) {
  const auto constructor =
      std::make_shared<Napi::FunctionReference>(Napi::Persistent(ConverterBinding::Define(env)));
  const auto create = [constructor](const Napi::CallbackInfo& info) -> Napi::Value {
    return constructor->New({info[0], info[1]});
  };
  exports.Set("createConverter", Napi::Function::New(env, create, "createConverter"));
}

}  // namespace dmaflow
