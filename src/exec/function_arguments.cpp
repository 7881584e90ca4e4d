#include "exec/function_arguments.h"

#include <fmt/format.h>

#include <algorithm>

#include "exec/running.h"

namespace exec {

const engine::Value* ArgumentReader::find(std::string_view name) const {
  const auto found = arguments_.find(name);
  return found == arguments_.end() || engine::is_null(found->second) ? nullptr : &found->second;
}

base::Error ArgumentReader::wrong(std::string_view name) const {
  return compilation_error(1008, "22023", fmt::format("invalid value for parameter '{}' of {}", name, function_));
}

std::optional<std::string> ArgumentReader::text(std::string_view name) const {
  const auto* value = find(name);
  const auto* text = value ? std::get_if<std::string>(value) : nullptr;
  return text ? std::optional(*text) : std::nullopt;
}

base::Result<std::optional<std::int64_t>> ArgumentReader::number(std::string_view name) const {
  const auto* value = find(name);
  if (!value) return std::nullopt;
  const auto* number = std::get_if<engine::Decimal>(value);
  if (!number || number->scale != 0) return base::fail(wrong(name));
  return static_cast<std::int64_t>(number->digits);
}

base::Result<std::optional<bool>> ArgumentReader::flag(std::string_view name) const {
  const auto* value = find(name);
  if (!value) return std::nullopt;
  const auto* flag = std::get_if<bool>(value);
  if (!flag) return base::fail(wrong(name));
  return *flag;
}

base::Result<std::optional<base::Instant>> ArgumentReader::instant(std::string_view name) const {
  constexpr std::int64_t kSecond = 1'000'000'000, kDaySeconds = 86'400, kYear2262 = 9'000'000'000;
  const auto* value = find(name);
  if (!value) return std::nullopt;
  if (const auto* at = std::get_if<engine::Timestamp>(value))
    return base::Instant{std::clamp(at->seconds, -kYear2262, kYear2262) * kSecond + at->nanos};
  if (const auto* day = std::get_if<engine::Date>(value))
    return base::Instant{std::clamp(day->days * kDaySeconds, -kYear2262, kYear2262) * kSecond};
  return base::fail(wrong(name));
}

base::Result<catalog::RecordPtr> ArgumentReader::object(std::string_view name, catalog::ObjectKind kind) const {
  const auto written = text(name);
  if (!written)
    return base::fail(compilation_error(938, "22023", fmt::format("{} needs the argument {}", function_, name)));
  TRY(const auto parts, parts_of_text(*written));
  return catalog::resolve(*running_.catalog(), running_.context.names, kind, parts);
}

base::Status ArgumentReader::only(std::initializer_list<std::string_view> known) const {
  for (const auto& [name, value] : arguments_)
    if (std::ranges::find(known, name) == known.end())
      return base::fail(
          compilation_error(1044, "42P13", fmt::format("Invalid argument name '{}' of {}", name, function_)));
  return {};
}

}  // namespace exec
