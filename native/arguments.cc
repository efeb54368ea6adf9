#include "arguments.h"

#include <cmath>
#include <limits>

#include "js_errors.h"

namespace dmaflow {

namespace {

constexpr double kMaxSafeInteger = 9007199254740991.0;
constexpr size_t kLongestQuote = 60;

std::string Describe(const Napi::Value& value) {
  switch (value.Type()) {
    case napi_string: {
      const std::string text = value.As<Napi::String>();
      return '\'' + (text.size() > kLongestQuote ? text.substr(0, kLongestQuote) + "…" : text) + '\'';
    }
    case napi_symbol:
      return "a symbol";
    case napi_function:
      return "a function";
    case napi_object:
      return value.IsArray() ? "an array" : "an object";
    case napi_external:
      return "an external";
    case napi_bigint:
      return std::string(value.ToString()) + 'n';
    default:
      return value.ToString();
  }
}

}  // namespace

std::string Argument::name() const {
  return (function_ == nullptr ? std::string() : std::string(function_) + ": ") + argument_ + path_;
}

Napi::Error Argument::WrongType(const std::string& expected) const {
  return TypeErrorOf(value_.Env(), name() + " must be " + expected + ", got " + Describe(value_));
}

Napi::Error Argument::OutOfRange(const std::string& expected) const {
  return RangeErrorOf(value_.Env(), name() + " must be " + expected + ", got " + Describe(value_));
}

double Argument::Integer(double minimum, double maximum, const char* expected) const {
  if (!value_.IsNumber()) throw WrongType(expected);
  const double number = value_.As<Napi::Number>();
  // Written so that NaN fails too.
  if (!(number >= minimum && number <= maximum) || std::trunc(number) != number) throw OutOfRange(expected);
  return number;
}

uint32_t Argument::Uint32() const {
  return static_cast<uint32_t>(
      Integer(0, std::numeric_limits<uint32_t>::max(), "an integer of 0 to 4294967295"));
}

int32_t Argument::Int32() const {
  return static_cast<int32_t>(Integer(std::numeric_limits<int32_t>::min(),
                                      std::numeric_limits<int32_t>::max(),
                                      "an integer of -2147483648 to 2147483647"));
}

int64_t Argument::Int64() const {
  return static_cast<int64_t>(Integer(-kMaxSafeInteger, kMaxSafeInteger, "a safe integer"));
}

uint64_t Argument::Size() const {
  return static_cast<uint64_t>(
      Integer(0, kMaxSafeInteger, "a number of bytes (a safe integer of at least 0)"));
}

double Argument::Milliseconds() const {
  const char* expected = "milliseconds (a finite number of at least 0)";
  if (!value_.IsNumber()) throw WrongType(expected);
  const double number = value_.As<Napi::Number>();
  if (!std::isfinite(number) || number < 0) throw OutOfRange(expected);
  return number;
}

bool Argument::Boolean() const {
  if (!value_.IsBoolean()) throw WrongType("a boolean");
  return value_.As<Napi::Boolean>();
}

std::string Argument::String() const {
  if (!value_.IsString()) throw WrongType("a string");
  std::string text = value_.As<Napi::String>();
  if (text.find('\0') != std::string::npos) throw WrongType("a string without NUL characters");
  return text;
}

uint64_t Argument::BigUint64() const {
  const char* expected = "a bigint of 0n to 2n ** 64n - 1n";
  if (!value_.IsBigInt()) throw WrongType(expected);
  bool lossless = false;
  const uint64_t number = value_.As<Napi::BigInt>().Uint64Value(&lossless);
  if (!lossless) throw OutOfRange(expected);
  return number;
}

std::vector<uint8_t> Argument::Bytes() const {
  if (!value_.IsTypedArray() || value_.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    throw WrongType("a Uint8Array");
  }
  const auto bytes = value_.As<Napi::Uint8Array>();
  return std::vector<uint8_t>(bytes.Data(), bytes.Data() + bytes.ElementLength());
}

Argument Argument::operator[](const char* property) const {
  if (!value_.IsObject()) throw WrongType("an object");
  return Argument(*this, value_.As<Napi::Object>().Get(property), std::string(1, '.') + property);
}

std::vector<Argument> Argument::Elements() const {
  if (!value_.IsArray()) throw WrongType("an array");
  const auto array = value_.As<Napi::Array>();
  std::vector<Argument> elements;
  elements.reserve(array.Length());
  for (uint32_t index = 0; index < array.Length(); ++index) {
    elements.push_back(Argument(*this, array.Get(index), '[' + std::to_string(index) + ']'));
  }
  return elements;
}

}  // namespace dmaflow
