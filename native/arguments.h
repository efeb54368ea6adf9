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
  // `name` as the message shows it: "v4l2QueueBuffer: planes[0].fd".
  Argument(Napi::Value value, std::string name) : value_(value), name_(std::move(name)) {}

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
  const std::string& name() const { return name_; }
  // To be thrown: "<name> must be <expected>, got <what came>".
  Napi::Error WrongType(const std::string& expected) const;
  Napi::Error OutOfRange(const std::string& expected) const;

 private:
  double Integer(double minimum, double maximum, const char* expected) const;

  Napi::Value value_;
  std::string name_;
};

}  // namespace dmaflow
