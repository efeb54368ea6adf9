// Kernel values as JavaScript's, where Napi has no direct way.
#pragma once

#include <linux/videodev2.h>
#include <napi.h>

#include <cstring>
#include <string>

namespace dmaflow {

// A fixed field of a kernel struct, with or without its terminating NUL.
template <typename Char, size_t size>
Napi::String FixedString(Napi::Env env, const Char (&field)[size]) {
  static_assert(sizeof(Char) == 1, "a field of bytes");
  const char* text = reinterpret_cast<const char*>(field);
  return Napi::String::New(env, text, ::strnlen(text, size));
}

inline Napi::Object FractionValue(Napi::Env env, const v4l2_fract& fraction) {
  const Napi::Object object = Napi::Object::New(env);
  object.Set("numerator", fraction.numerator);
  object.Set("denominator", fraction.denominator);
  return object;
}

}  // namespace dmaflow
