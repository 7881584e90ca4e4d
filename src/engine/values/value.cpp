#include "engine/values/value.h"

#include <memory>

namespace engine {

Value::Value() noexcept = default;
Value::Value(std::monostate) noexcept {}
Value::Value(Decimal number) noexcept : variant(number) {}
Value::Value(std::string text) noexcept : variant(std::move(text)) {}
Value::Value(const char* text) : variant(std::string(text)) {}
Value::Value(Date date) noexcept : variant(date) {}
Value::Value(Time time) noexcept : variant(time) {}
Value::Value(Timestamp at) noexcept : variant(at) {}
Value::Value(Binary binary) noexcept : variant(std::move(binary)) {}
Value::Value(Json json) noexcept : variant(std::move(json)) {}
Value::Value(const Value& other) = default;
Value::Value(Value&& other) noexcept = default;
Value& Value::operator=(const Value& other) { return *this = Value(other); }
Value& Value::operator=(Value&& other) noexcept {
  if (this == &other) return *this;
  std::destroy_at(this);
  return *std::construct_at(this, std::move(other));
}
Value::~Value() = default;
bool Value::operator==(const Value& other) const {
  return static_cast<const variant&>(*this) == static_cast<const variant&>(other);
}

Value Value::of_flag(bool flag) noexcept {
  Value value;
  value.emplace<bool>(flag);
  return value;
}

Value Value::of_real(double real) noexcept {
  Value value;
  value.emplace<double>(real);
  return value;
}

}  // namespace engine
