#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <set>
#include <stdexcept>

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include "flow/content/codec.h"
#include "golden_case.h"

namespace flow::golden {
namespace {

namespace json = boost::json;

std::string written(const json::value* value) { return value == nullptr ? "(none)" : json::serialize(*value); }

/// By contents first: attributes may count what came before.
std::string order_of(const json::value& file) {
  const auto* object = file.if_object();
  const auto* content = object == nullptr ? nullptr : object->if_contains("content");
  return (content == nullptr ? "" : json::serialize(*content)) + json::serialize(file);
}

class Comparison {
 public:
  explicit Comparison(const Case& tried) : case_(tried) {}

  void compare(const std::string& at, const json::value* nifi, const json::value* ours) {
    if (nifi != nullptr && ours != nullptr) {
      if (nifi->is_object() && ours->is_object()) return compare_objects(at, nifi->as_object(), ours->as_object());
      if (nifi->is_array() && ours->is_array() && at != "provenance")
        return compare_arrays(at, nifi->as_array(), ours->as_array());
      if (nifi->is_number() && ours->is_number() && nifi->to_number<double>() == ours->to_number<double>()) return;
      if (*nifi == *ours) return;
    }
    differences.push_back({at, written(nifi), written(ours)});
  }

  std::vector<Difference> differences;

 private:
  void compare_objects(const std::string& at, const json::object& nifi, const json::object& ours) {
    std::set<std::string> names;
    for (const auto& member : nifi) names.emplace(member.key());
    for (const auto& member : ours) names.emplace(member.key());
    for (const auto& name : names)
      compare(at.empty() ? name : at + "." + name, nifi.if_contains(name), ours.if_contains(name));
  }

  void compare_arrays(const std::string& at, json::array nifi, json::array ours) {
    if (case_.any_order)
      for (auto* array : {&nifi, &ours}) std::ranges::sort(*array, {}, order_of);
    for (std::size_t i = 0; i < std::max(nifi.size(), ours.size()); ++i)
      compare(fmt::format("{}({})", at, i), i < nifi.size() ? &nifi[i] : nullptr, i < ours.size() ? &ours[i] : nullptr);
  }

  const Case& case_;
};

constexpr std::pair<std::string_view, Compression> kCompressions[] = {{"gzip", Compression::Gzip},
                                                                      {"deflate", Compression::Deflate},
                                                                      {"bzip2", Compression::Bzip2},
                                                                      {"xz-lzma2", Compression::Xz},
                                                                      {"lzma", Compression::Lzma},
                                                                      {"snappy", Compression::Snappy},
                                                                      {"snappy framed", Compression::SnappyFramed},
                                                                      {"lz4-framed", Compression::Lz4Framed},
                                                                      {"zstd", Compression::Zstd},
                                                                      {"brotli", Compression::Brotli}};

class TextSink final : public ByteSink {
 public:
  base::Status append(std::string_view bytes) override {
    text += bytes;
    return {};
  }
  std::string text;
};

/// What the bytes were made of: two programs compress alike in many ways.
std::string uncompressed(const std::string& bytes, const std::string& form) {
  const auto* found = std::ranges::find(kCompressions, form, &std::pair<std::string_view, Compression>::first);
  if (found == std::end(kCompressions)) return bytes;
  TextSink sink;
  auto codec = make_decompressor(found->second);
  if (!codec) return bytes;
  const bool whole = (*codec)->feed(bytes, sink) && (*codec)->finish(sink);
  return whole ? std::move(sink.text) : bytes;
}

/// An Avro file without the marker between its blocks, which is random; the file ends with it.
std::string without_marker(std::string bytes) {
  constexpr std::size_t kMarker = 16;
  if (bytes.size() < kMarker || !bytes.starts_with("Obj")) return bytes;
  const auto marker = bytes.substr(bytes.size() - kMarker);
  for (auto at = bytes.find(marker); at != std::string::npos; at = bytes.find(marker)) bytes.replace(at, kMarker, "");
  return bytes;
}

/// The outcome with what is in its compressed contents in their place.
json::value unpacked(json::value outcome, const std::string& form) {
  auto* relationships = outcome.as_object().if_contains("relationships");
  if (relationships == nullptr) return outcome;
  for (auto& relationship : relationships->as_object())
    for (auto& file : relationship.value().as_array())
      if (auto* encoded = file.as_object().if_contains("base64"))
        *encoded = form == "avro" ? to_base64(without_marker(from_base64(encoded->as_string())))
                                  : uncompressed(from_base64(encoded->as_string()), form);
  return outcome;
}

bool matches(const std::string& pattern, const std::string& text) {
  return pattern.empty() || ::fnmatch(pattern.c_str(), text.c_str(), FNM_NOESCAPE) == 0;
}

}  // namespace

std::vector<Difference> compare(const Case& tried, const json::object& nifi, const json::object& ours) {
  Comparison comparison(tried);
  const json::value left(nifi), right(ours);
  if (tried.form.empty()) {
    comparison.compare("", &left, &right);
  } else {
    const auto nifis = unpacked(left, tried.form), own = unpacked(right, tried.form);
    comparison.compare("", &nifis, &own);
  }
  return std::move(comparison.differences);
}

bool Expected::is_of(const Case& tried, const Recording& recording) const {
  return tried.processor.ends_with("." + processor) && matches(cases, tried.name) &&
         (release.empty() || std::ranges::count(recording.releases, release) > 0);
}

bool Expected::explains(const Difference& difference) const { return matches(at, difference.at); }

std::vector<Expected> read_expected(const std::filesystem::path& file) {
  const auto parsed = toml::parse_file(file.string());
  if (!parsed) throw std::runtime_error(std::string(parsed.error().description()));
  std::vector<Expected> all;
  if (const auto* list = parsed.table()["difference"].as_array())
    for (const auto& node : *list) {
      const auto& table = *node.as_table();
      const auto text = [&](std::string_view key) { return table[key].value_or(std::string()); };
      all.push_back({text("processor"), text("case"), text("release"), text("at"), text("why")});
    }
  return all;
}

}  // namespace flow::golden
