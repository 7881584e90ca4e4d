#include "flow/jolt/transform.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <vector>

#include "flow/json_text.h"

namespace flow::jolt {
namespace {

namespace json = boost::json;

class Chain final : public Transform {
 public:
  explicit Chain(std::vector<TransformPtr> links) : links_(std::move(links)) {}
  base::Result<json::value> apply(json::value input) const override {
    for (const auto& link : links_) {
      TRY(input, link->apply(std::move(input)));
    }
    return input;
  }

 private:
  const std::vector<TransformPtr> links_;
};

/// Keys of objects by their text, those that begin with ~ first.
class Sort final : public Transform {
 public:
  base::Result<json::value> apply(json::value input) const override { return sorted(std::move(input)); }

 private:
  static json::value sorted(json::value value) {
    if (auto* array = value.if_array())
      for (auto& element : *array) element = sorted(std::move(element));
    const auto* object = value.if_object();
    if (object == nullptr) return value;
    std::vector<std::string_view> keys;
    for (const auto& [key, member] : *object) keys.emplace_back(key);
    std::ranges::sort(keys, {}, [](std::string_view key) { return std::pair(!key.starts_with('~'), key); });
    json::object ordered;
    for (const auto key : keys) ordered.emplace(key, sorted(object->at(key)));
    return ordered;
  }
};

struct Operation {
  std::string_view name, java;
  base::Result<TransformPtr> (*compile)(const json::value& spec);
};
constexpr std::string_view kPackage = "com.bazaarvoice.jolt.";
constexpr Operation kOperations[] = {
    {"shift", "Shiftr", compile_shift},
    {"default", "Defaultr", compile_default},
    {"remove", "Removr", compile_remove},
    {"cardinality", "CardinalityTransform", compile_cardinality},
    {"sort", "Sortr", [](const json::value&) { return base::Result<TransformPtr>(make_sort()); }},
    {"modify-overwrite-beta", "Modifier$Overwritr",
     [](const json::value& spec) { return compile_modify(spec, Mode::Overwrite); }},
    {"modify-default-beta", "Modifier$Defaultr",
     [](const json::value& spec) { return compile_modify(spec, Mode::Default); }},
    {"modify-define-beta", "Modifier$Definr",
     [](const json::value& spec) { return compile_modify(spec, Mode::Define); }},
};

/// Comments become blanks; what stands in strings stays.
std::string without_comments(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size();) {
    const auto rest = text.substr(at);
    if (rest.starts_with("//") || rest.starts_with("/*")) {
      const auto end = rest[1] == '/' ? text.find('\n', at) : text.find("*/", at + 2);
      if (end == std::string_view::npos) break;
      at = rest[1] == '/' ? end : end + 2;
      plain += ' ';
    } else if (text[at] == '"') {
      auto end = at + 1;
      while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
      end = std::min(end + 1, text.size());
      plain += text.substr(at, end - at);
      at = end;
    } else {
      plain += text[at++];
    }
  }
  return plain;
}

}  // namespace

TransformPtr make_sort() { return std::make_unique<Sort>(); }

base::Result<json::value> parse_spec(std::string_view text) { return parse_json(without_comments(text)); }

base::Result<TransformPtr> compile(std::string_view operation, const json::value& spec) {
  for (const auto& known : kOperations)
    if (operation == known.name || (operation.starts_with(kPackage) && operation.substr(kPackage.size()) == known.java))
      return known.compile(spec);
  return base::fail(
      base::ErrorKind::Unsupported,
      fmt::format("the operation is none of Jolt's own, and classes of Java cannot be run: {}", operation));
}

base::Result<TransformPtr> compile_chain(const json::value& spec) {
  const auto* list = spec.if_array();
  if (list == nullptr || list->empty())
    return base::fail(base::ErrorKind::InvalidValue, "a chain is a list of operations, one at least");
  std::vector<TransformPtr> links;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const auto* entry = (*list)[i].if_object();
    const auto* operation = entry != nullptr ? entry->if_contains("operation") : nullptr;
    if (operation == nullptr || !operation->is_string())
      return base::fail(base::ErrorKind::InvalidValue, fmt::format("entry {} of the chain has no operation", i));
    const auto* own = entry->if_contains("spec");
    auto link = compile(std::string_view(operation->get_string()), own != nullptr ? *own : json::value{});
    if (!link) return base::fail(link.error().kind, fmt::format("entry {} of the chain: {}", i, link.error().message));
    links.push_back(std::move(*link));
  }
  return std::make_unique<Chain>(std::move(links));
}

}  // namespace flow::jolt
