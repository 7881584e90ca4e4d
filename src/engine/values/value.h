#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <variant>

#include "base/int128.h"

namespace engine {

/// digits / 10^scale.
struct Decimal {
  base::Int128 digits = 0;
  int scale = 0;
  bool operator==(const Decimal&) const = default;
};
/// Days since 1970-01-01 (proleptic Gregorian).
struct Date {
  std::int32_t days = 0;
  bool operator==(const Date&) const = default;
};
/// Nanoseconds since midnight.
struct Time {
  std::int64_t ns = 0;
  bool operator==(const Time&) const = default;
};
/// Years 1 to 9999 with nanoseconds. TIMESTAMP_NTZ: the wall clock as if it were UTC. LTZ and TZ: the instant; only TZ
/// uses offset_minutes, east of UTC.
struct Timestamp {
  std::int64_t seconds = 0;
  std::int32_t nanos = 0;  // 0 to 999,999,999, also before 1970
  std::int16_t offset_minutes = 0;
  bool operator==(const Timestamp&) const = default;
};
struct Binary {
  std::string bytes;
  bool operator==(const Binary&) const = default;
};
/// A VARIANT, OBJECT or ARRAY as compact JSON text, object keys sorted.
struct Json {
  std::string text;
  bool operator==(const Json&) const = default;
};

/// One cell, outside of the analytical engine. NULL is std::monostate; NUMBER is Decimal, FLOAT double, VARCHAR string.
/// Its members are in value.cpp: compiled once, not in every file that makes rows.
struct Value : std::variant<std::monostate, bool, Decimal, double, std::string, Date, Time, Timestamp, Binary, Json> {
  Value() noexcept;
  Value(std::monostate null) noexcept;
  template <std::same_as<bool> T>  // no pointers
  Value(T flag) noexcept : Value(of_flag(flag)) {}
  template <std::same_as<double> T>  // no integers
  Value(T real) noexcept : Value(of_real(real)) {}
  Value(Decimal number) noexcept;
  Value(std::string text) noexcept;
  Value(const char* text);
  Value(Date date) noexcept;
  Value(Time time) noexcept;
  Value(Timestamp at) noexcept;
  Value(Binary binary) noexcept;
  Value(Json json) noexcept;
  Value(const Value& other);
  Value(Value&& other) noexcept;
  Value& operator=(const Value& other);
  Value& operator=(Value&& other) noexcept;
  ~Value();
  bool operator==(const Value& other) const;

 private:
  static Value of_flag(bool flag) noexcept;
  static Value of_real(double real) noexcept;
};

inline bool is_null(const Value& value) { return std::holds_alternative<std::monostate>(value); }

}  // namespace engine
