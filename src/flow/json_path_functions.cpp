#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "base/overloaded.h"
#include "flow/json_path_tree.h"
#include "flow/json_text.h"

namespace flow::json_path {
namespace {

namespace json = boost::json;

base::Failure<base::Error> inapplicable(std::string_view why) {
  return base::fail(base::ErrorKind::InvalidValue, std::string(why));
}

/// The arguments' values; those of a path stand for themselves, an array for its elements when `spread`.
base::Result<std::vector<json::value>> values_of(const Function& function, const json::value& root) {
  std::vector<json::value> values;
  for (const auto& argument : function.arguments) {
    if (const auto* literal = std::get_if<json::value>(&argument.node)) {
      values.push_back(*literal);
      continue;
    }
    JsonSelection selection;
    TRY(const auto* value, read(std::get<Path>(argument.node), {root, root}, selection));
    values.push_back(*value);
  }
  return values;
}

/// Calls back for the elements of arrays among `values`, and for the others themselves.
void each_of(const std::vector<json::value>& values, const std::function<void(const json::value&)>& visit) {
  for (const auto& value : values) {
    if (const auto* array = value.if_array())
      for (const auto& element : *array) visit(element);
    else
      visit(value);
  }
}

double aggregate(FunctionKind kind, const std::vector<double>& numbers) {
  const auto count = static_cast<double>(numbers.size());
  const double sum = std::accumulate(numbers.begin(), numbers.end(), 0.0);
  if (kind == FunctionKind::Min) return *std::ranges::min_element(numbers);
  if (kind == FunctionKind::Max) return *std::ranges::max_element(numbers);
  if (kind == FunctionKind::Sum) return sum;
  if (kind == FunctionKind::Avg) return sum / count;
  double squares = 0;
  for (const double number : numbers) squares += number * number;
  return std::sqrt(squares / count - sum * sum / count / count);
}

base::Result<json::value> aggregated(const Function& function, const json::value& subject, const json::value& root) {
  std::vector<double> numbers;
  const auto take = [&](const json::value& value) {
    if (value.is_number()) numbers.push_back(value.to_number<double>());
  };
  if (const auto* array = subject.if_array()) std::ranges::for_each(*array, take);
  TRY(const auto values, values_of(function, root));
  each_of(values, take);
  if (numbers.empty()) return inapplicable("a function over numbers that found none");
  return json::value(aggregate(function.kind, numbers));
}

/// Of "$..books.length()" the argument is the path before the function; what counts is what lies below it.
base::Result<json::value> length(const Function& function, const json::value& subject, const json::value& root) {
  if (!function.arguments.empty())
    if (const auto* path = std::get_if<Path>(&function.arguments.front().node)) {
      TRY(const auto selection, select(*path, {root, root}));
      std::int64_t below = 0;
      for (const auto* value : selection.values) {
        if (const auto* array = value->if_array()) below += static_cast<std::int64_t>(array->size());
        if (const auto* object = value->if_object()) below += static_cast<std::int64_t>(object->size());
      }
      return json::value(below);
    }
  if (const auto* array = subject.if_array()) return json::value(static_cast<std::int64_t>(array->size()));
  if (const auto* object = subject.if_object()) return json::value(static_cast<std::int64_t>(object->size()));
  return json::value(nullptr);
}

base::Result<json::value> keys(const json::value& subject) {
  const auto* object = subject.if_object();
  if (object == nullptr) return json::value(nullptr);
  json::array names;
  for (const auto& member : *object) names.emplace_back(member.key());
  return json::value(std::move(names));
}

base::Result<json::value> concatenated(const Function& function, const json::value& subject, const json::value& root) {
  std::string out;
  if (const auto* array = subject.if_array())
    for (const auto& element : *array)
      if (const auto* text = element.if_string()) out += std::string_view(*text);
  TRY(const auto values, values_of(function, root));
  each_of(values, [&](const json::value& value) {
    if (const auto* text = value.if_string())
      out += std::string_view(*text);
    else if (!value.is_null())
      append_json_text(out, value);
  });
  return json::value(out);
}

base::Result<json::value> appended(const Function& function, const json::value& subject, const json::value& root) {
  if (!subject.is_array()) return subject;
  auto longer = subject;
  TRY(auto values, values_of(function, root));
  for (auto& value : values) longer.get_array().push_back(std::move(value));
  return longer;
}

base::Result<json::value> element(const Function& function, const json::value& subject, const json::value& root) {
  const auto* array = subject.if_array();
  if (array == nullptr) return inapplicable("first(), last() or index() of something that is no array");
  std::int64_t index = function.kind == FunctionKind::Last ? -1 : 0;
  if (function.kind == FunctionKind::Index) {
    TRY(const auto values, values_of(function, root));
    if (values.empty() || !values.front().is_int64()) return inapplicable("index() wants a whole number");
    index = values.front().get_int64();
  }
  const auto size = static_cast<std::int64_t>(array->size());
  const auto at = index < 0 ? size + index : index;
  if (at < 0 || at >= size) return inapplicable("first(), last() or index() beyond the end of an array");
  return (*array)[static_cast<std::size_t>(at)];
}

}  // namespace

base::Result<json::value> call(const Function& function, const json::value& subject, const json::value& root) {
  switch (function.kind) {
    case FunctionKind::Min:
    case FunctionKind::Max:
    case FunctionKind::Avg:
    case FunctionKind::Stddev:
    case FunctionKind::Sum: return aggregated(function, subject, root);
    case FunctionKind::Length: return length(function, subject, root);
    case FunctionKind::Keys: return keys(subject);
    case FunctionKind::Concat: return concatenated(function, subject, root);
    case FunctionKind::Append: return appended(function, subject, root);
    case FunctionKind::First:
    case FunctionKind::Last:
    case FunctionKind::Index: return element(function, subject, root);
  }
  return json::value(nullptr);
}

}  // namespace flow::json_path
