// Values from JavaScript, checked. Whatever is wrong throws a TypeError (or a RangeError for a number that
// does not fit) that says which argument of which function, what was expected and what came.
#pragma once

#include <napi.h>

#include <cstdint>
#include <string>
#include <vector>

namespace dmaflow {

class Argument {
 public:
  // For messages: "v4l2QueueBuffer: planes" is function and name. They are put together only when something
  // is wrong: this is on the way of every call. Both are string literals; `function` is null where `name`
  // says it all.
  Argument(Napi::Value value, const char* function, const char* name)
      : value_(value), function_(function), argument_(name) {}
  Argument(Napi::Value value, const char* name) : Argument(value, nullptr, name) {}

  bool IsUndefined() const { return value_.IsUndefined(); }

  uint32_t Uint32() const;
  int32_t Int32() const;
  // Exact to 2^53 either way.
  int64_t Int64() const;
  // A number of bytes, 0 to 2^53 - 1.
  uint64_t Size() const;
  // Not negative and finite.
  double Milliseconds() const;
  bool Boolean() const;
  // False where it is absent.
  bool OptionalBoolean() const { return !IsUndefined() && Boolean(); }
  // UTF-8, without a NUL.
  std::string String() const;
  // 0 to 2^64 - 1.
  uint64_t BigUint64() const;
  std::vector<uint8_t> Bytes() const;

  // A property of an object. An absent one is undefined.
  Argument operator[](const char* property) const;
  std::vector<Argument> Elements() const;

  // For what the methods here do not cover.
  Napi::Value value() const { return value_; }
  // As messages show it: "v4l2QueueBuffer: planes[0].fd".
  std::string name() const;
  // To be thrown: "<name> must be <expected>, got <what came>".
  Napi::Error WrongType(const std::string& expected) const;
  Napi::Error OutOfRange(const std::string& expected) const;

 private:
  Argument(const Argument& parent, Napi::Value value, const std::string& step)
      : value_(value), function_(parent.function_), argument_(parent.argument_), path_(parent.path_ + step) {}
  double Integer(double minimum, double maximum, const char* expected) const;

  Napi::Value value_;
  const char* function_;
  const char* argument_;
  // From the argument to the value inside: "[0].fd".
  std::string path_;
};

}  // namespace dmaflow
