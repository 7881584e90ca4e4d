#include "exec/system_functions.h"

#include <fmt/format.h>

#include "exec/running.h"

namespace exec {

using engine::Value;
using Answer = engine::SystemFunctions::Answer;

namespace {

Answer text(std::string value) { return {.value = Value(std::move(value)), .type = catalog::LogicalType::text()}; }
Answer text_or_null(const std::optional<std::string>& value) {
  return {.value = value ? Value(*value) : Value(), .type = catalog::LogicalType::text()};
}

std::optional<std::int64_t> whole(const Value& value) {
  const auto* number = std::get_if<engine::Decimal>(&value);
  return number && number->scale == 0 ? std::optional(static_cast<std::int64_t>(number->digits)) : std::nullopt;
}

// LAST_QUERY_ID(n): negative counts back from the newest, positive from the first.
base::Result<Answer> last_query_id(Running& running, const std::vector<Value>& arguments) {
  const auto& past = running.session.past();
  std::int64_t n = -1;
  if (!arguments.empty())
    if (const auto given = whole(arguments[0])) n = *given;
  const auto size = static_cast<std::int64_t>(past.size());
  const std::int64_t index = n < 0 ? size + n : n - 1;
  if (index < 0 || index >= size) return text_or_null(std::nullopt);
  return text(past[static_cast<std::size_t>(index)].query_id);
}

// SYSTEM$WAIT(amount [, unit]): moves the virtual clock and runs what falls due.
base::Result<Answer> wait(Running& running, const std::vector<Value>& arguments) {
  if (!running.services.wait) return base::fail(unsupported("SYSTEM$WAIT"));
  const auto amount = arguments.empty() ? std::nullopt : whole(arguments[0]);
  if (!amount || *amount < 0)
    return base::fail(compilation_error(1044, "42P13", "SYSTEM$WAIT needs a number of 0 or more, and a unit"));
  std::string unit = "SECONDS";
  if (arguments.size() > 1)
    if (const auto* given = std::get_if<std::string>(&arguments[1])) {
      unit = *given;
      for (char& c : unit)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    }
  std::chrono::nanoseconds each{};
  if (unit == "MILLISECONDS" || unit == "MILLISECOND")
    each = std::chrono::milliseconds(1);
  else if (unit == "SECONDS" || unit == "SECOND")
    each = std::chrono::seconds(1);
  else if (unit == "MINUTES" || unit == "MINUTE")
    each = std::chrono::minutes(1);
  else if (unit == "HOURS" || unit == "HOUR")
    each = std::chrono::hours(1);
  else if (unit == "DAYS" || unit == "DAY")
    each = std::chrono::hours(24);
  else
    return base::fail(
        compilation_error(1008, "22023", fmt::format("invalid value [{}] for parameter 'unit' of SYSTEM$WAIT", unit)));
  running.deferred_wait = each * *amount;
  return text(fmt::format(
      "waited {} {}", *amount, unit == "MILLISECONDS" ? "milliseconds" : [&] {
        std::string lower = unit;
        for (char& c : lower) c = static_cast<char>(c + 32);
        return lower;
      }()));
}

}  // namespace

base::Result<std::optional<Answer>> SystemCalls::call(std::string_view name, const std::vector<Value>& arguments) {
  if (name == "LAST_QUERY_ID") {
    TRY(auto answer, last_query_id(running_, arguments));
    return answer;
  }
  if (name == "SYSTEM$WAIT") {
    TRY(auto answer, wait(running_, arguments));
    return answer;
  }
  if (name == "CURRENT_TRANSACTION") {
    const auto transaction = running_.session.engine().transaction();
    // Nineteen digits, as clients know them.
    return transaction ? text(fmt::format("{:019}", 1'000'000'000'000'000'000 + transaction->value))
                       : text_or_null(std::nullopt);
  }
  if (name == "SYSTEM$TYPEOF") return std::nullopt;
  if (const SystemFunctionTable* table = running_.services.system_functions)
    if (const auto found = table->find(name); found != table->end()) {
      TRY(auto answer, found->second(running_, work_, arguments));
      return answer;
    }
  return std::nullopt;
}

}  // namespace exec
