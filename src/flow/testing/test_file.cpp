#include "flow/testing/test_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <ctime>
#include <filesystem>

#include "base/disk.h"
#include "flow/engine/quantity.h"
#include "flow/format/fields.h"
#include "flow/format/yaml_tree.h"

namespace flow::testing {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

class Reader {
 public:
  /// `typed`: the same with numbers and truth values, for what is expected as JSON.
  Reader(const YamlTree& tree, const json::value& typed, std::string path)
      : tree_(tree), path_(std::move(path)), places_(make_places(tree, path_)), problems_(places_) {
    index(typed, "$");
  }

  base::Result<TestFile> read() {
    TestFile file{.path = path_, .sensitive_key = {}, .tests = {}};
    const auto* top = tree_.value.if_object();
    if (top == nullptr)
      return base::fail(base::ErrorKind::InvalidValue,
                        fmt::format("{}: a test file is a map with 'flow' and 'tests'", path_));
    const Fields fields(*top, "$", "the test file", problems_);
    know(fields, {"flow", "flows", "sensitive_key", "clock", "parameters", "set", "tests"});
    auto flows = fields.texts("flows");  // the same one, saved in several ways
    if (flows.empty()) flows.push_back(fields.required("flow"));
    file.sensitive_key = fields.text("sensitive_key");
    read_clock(fields, file);
    const auto parameters = texts_of(fields, "parameters");
    const auto settings = settings_of(fields);
    fields.each("tests", [&](const json::object& inner, const std::string& at) {
      auto test = read_test({inner, at, "a test", problems_});
      auto all = parameters;
      for (auto& [name, value] : test.parameters) all[name] = value;
      test.parameters = std::move(all);
      auto set = settings;
      for (auto& [component, properties] : test.set)
        for (auto& [name, value] : properties) set[component][name] = value;
      test.set = std::move(set);
      for (const auto& flow : flows) {
        auto& made = file.tests.emplace_back(test);
        made.flow = beside(flow);
        if (flows.size() > 1) made.name += fmt::format(" ({})", flow);
      }
    });
    if (file.tests.empty() && problems_.empty()) problems_.add("$", "there are no 'tests'");
    TRY_VOID(problems_.status());
    return file;
  }

 private:
  void index(const json::value& value, const std::string& path) {
    typed_[path] = &value;
    if (const auto* object = value.if_object())
      for (const auto& [name, inner] : *object) index(inner, path_below(path, name));
    if (const auto* list = value.if_array())
      for (std::size_t i = 0; i < list->size(); ++i) index((*list)[i], path_below(path, i));
  }
  static Places make_places(const YamlTree& tree, const std::string& path) {
    Places places(path);
    for (const auto& [at, line] : tree.lines) places.set_line(at, line);
    return places;
  }
  std::size_t line_of(const Fields& fields) const {
    const auto found = tree_.lines.find(fields.path());
    return found == tree_.lines.end() ? 0 : found->second;
  }
  std::string beside(const std::string& name) const {
    return fs::path(name).is_absolute() ? name : (fs::path(path_).parent_path() / name).string();
  }

  /// A misspelt name would be a test that tests nothing.
  static void know(const Fields& fields, std::initializer_list<std::string_view> names) {
    for (const auto& [name, value] : fields.json())
      if (std::ranges::find(names, std::string_view(name)) == names.end())
        fields.problems().add(fields.path_of(name), fmt::format("{} has no '{}'; it may have: {}", fields.what(),
                                                                std::string_view(name), fmt::join(names, ", ")));
  }

  void read_clock(const Fields& fields, TestFile& file) {
    const auto text = fields.text("clock");
    if (text.empty()) return;
    if (const auto at = parse_instant(text))
      file.clock = *at;
    else
      fields.wrong("clock", "a time such as 2024-01-31T12:00:00Z");
  }

  static std::optional<base::Instant> parse_instant(const std::string& text) {
    std::tm parts{};
    const char* end = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    if (end == nullptr || *end != '\0') return std::nullopt;
    return base::Instant{static_cast<std::int64_t>(timegm(&parts)) * 1'000'000'000};
  }

  std::map<std::string, std::string> texts_of(const Fields& fields, std::string_view name) const {
    std::map<std::string, std::string> values;
    const auto* object = fields.object(name);
    if (object == nullptr) return values;
    for (const auto& [key, value] : *object) {
      if (auto text = scalar_text(value))
        values[key] = *std::move(text);
      else if (value.is_null())
        values[key] = "";
      else
        fields.problems().add(path_below(fields.path_of(name), key),
                              fmt::format("'{}' must be a text", std::string_view(key)));
    }
    return values;
  }

  PropertySettings settings_of(const Fields& fields) {
    PropertySettings settings;
    const auto* set = fields.object("set");
    if (set == nullptr) return settings;
    const Fields components(*set, fields.path_of("set"), "'set'", problems_);
    for (const auto& [component, properties] : *set) settings[component] = texts_of(components, component);
    return settings;
  }

  std::string read_file(const Fields& fields, std::string_view name, const std::string& file) {
    auto text = base::PosixDisk().read_all(beside(file));
    if (text) return {text->data(), text->size()};
    // A golden file may be about to be made.
    if (name != "file" || !may_be_missing_) fields.problems().add(fields.path_of(name), text.error().message);
    return {};
  }

  TestCase read_test(const Fields& fields) {
    know(fields, {"name", "given", "stub", "without", "set", "parameters", "files", "run_for", "allow_failures",
                  "expect", "expect_files", "expect_objects"});
    TestCase test{.name = fields.required("name"), .flow = {}, .line = line_of(fields)};
    test.without = fields.texts("without");
    test.parameters = texts_of(fields, "parameters");
    test.files = texts_of(fields, "files");
    test.set = settings_of(fields);
    test.allows_failures = fields.text("allow_failures") == "true";
    if (const auto text = fields.text("run_for"); !text.empty()) {
      if (const auto duration = parse_duration(text))
        test.run_for = *duration;
      else
        fields.wrong("run_for", "a duration such as '5 min'");
    }
    fields.each("given", [&](const json::object& inner, const std::string& at) {
      test.given.push_back(read_given({inner, at, "what is given", problems_}));
    });
    fields.each("stub", [&](const json::object& inner, const std::string& at) {
      test.stubs.push_back(read_stub({inner, at, "a stub", problems_}));
    });
    may_be_missing_ = true;
    fields.each("expect", [&](const json::object& inner, const std::string& at) {
      test.expectations.push_back(read_expectation({inner, at, "what is expected", problems_}));
    });
    test.expected_files = contents_of(fields, "expect_files");
    test.expected_objects = contents_of(fields, "expect_objects");
    may_be_missing_ = false;
    if (test.expectations.empty() && test.expected_files.empty() && test.expected_objects.empty())
      problems_.add(fields.path(), fmt::format("test '{}' expects nothing", test.name));
    return test;
  }

  /// "out_of" with a relationship, or "into".
  template <class Place>
  void read_place(const Fields& fields, Place& place) {
    const auto out_of = fields.text("out_of"), into = fields.text("into");
    if (out_of.empty() == into.empty())
      problems_.add(fields.path(), fmt::format("{} needs either 'out_of' or 'into'", fields.what()));
    place.component = out_of.empty() ? into : out_of;
    if (!out_of.empty()) place.relationship = fields.text("relationship", "success");
    place.line = line_of(fields);
  }

  Given read_given(const Fields& fields) {
    know(fields, {"out_of", "into", "relationship", "flowfiles"});
    Given given;
    read_place(fields, given);
    fields.each("flowfiles", [&](const json::object& inner, const std::string& at) {
      const Fields flowfile(inner, at, "a given flowfile", problems_);
      know(flowfile, {"content", "file", "attributes"});
      GivenFlowFile made{.content = flowfile.text("content")};
      if (const auto file = flowfile.text("file"); !file.empty()) {
        made.content = read_file(flowfile, "file", file);
        made.attributes["filename"] = fs::path(file).filename().string();
      }
      for (auto& [name, value] : texts_of(flowfile, "attributes")) made.attributes[name] = value;
      given.flowfiles.push_back(std::move(made));
    });
    if (given.flowfiles.empty()) problems_.add(fields.path(), "what is given needs 'flowfiles'");
    return given;
  }

  Stub read_stub(const Fields& fields) {
    know(fields, {"in_place_of", "relationship", "attributes", "content"});
    Stub stub{.component = fields.required("in_place_of"),
              .relationship = fields.text("relationship", "success"),
              .attributes = texts_of(fields, "attributes"),
              .line = line_of(fields)};
    if (fields.json().contains("content")) stub.content = fields.text("content");
    return stub;
  }

  /// A text, or a map with 'json', 'matches', 'file' or 'absent'.
  ExpectedText expected_text(const Fields& in, std::string_view name, const json::value& value) {
    const auto path = in.path_of(name);
    const auto line = tree_.lines.find(path);
    ExpectedText expected{.text = {}, .file = {}, .line = line == tree_.lines.end() ? 0 : line->second};
    if (auto text = scalar_text(value)) {
      expected.text = *std::move(text);
      return expected;
    }
    if (value.is_null()) return expected;
    if (!value.is_object()) {
      problems_.add(path, fmt::format("'{}' must be a text, or one of json, matches, file, absent", name));
      return expected;
    }
    const Fields fields(value.get_object(), path, fmt::format("'{}'", name), problems_);
    know(fields, {"json", "matches", "file", "absent"});
    if (const auto* wanted = fields.json().if_contains("json")) {
      expected.kind = ExpectedText::Kind::Json;
      expected.text = wanted->is_string() ? fields.text("json") : json::serialize(*typed_.at(fields.path_of("json")));
    } else if (fields.json().contains("matches")) {
      expected.kind = ExpectedText::Kind::Matches;
      expected.text = fields.text("matches");
    } else if (fields.json().contains("absent")) {
      expected.kind = ExpectedText::Kind::Absent;
    } else {
      const auto file = fields.required("file");
      expected.file = beside(file);
      if (!file.empty()) expected.text = read_file(fields, "file", file);
    }
    return expected;
  }

  Expectation read_expectation(const Fields& fields) {
    know(fields, {"out_of", "into", "relationship", "count", "flowfiles", "any_order"});
    Expectation expected;
    read_place(fields, expected);
    expected.any_order = fields.text("any_order") == "true";
    fields.each("flowfiles", [&](const json::object& inner, const std::string& at) {
      const Fields flowfile(inner, at, "an expected flowfile", problems_);
      know(flowfile, {"content", "attributes"});
      ExpectedFlowFile made{.line = line_of(flowfile)};
      if (const auto* content = inner.if_contains("content"))
        made.content = expected_text(flowfile, "content", *content);
      if (const auto* attributes = flowfile.object("attributes")) {
        const Fields named(*attributes, flowfile.path_of("attributes"), "'attributes'", problems_);
        for (const auto& [name, value] : *attributes) made.attributes[name] = expected_text(named, name, value);
      }
      expected.flowfiles.push_back(std::move(made));
    });
    if (fields.json().contains("count")) {
      const auto count = fields.text("count");
      if (count.empty() || count.find_first_not_of("0123456789") != std::string::npos || count.size() > 9)
        fields.wrong("count", "a number");
      else
        expected.count = std::stoul(count);
    } else {
      expected.count = expected.flowfiles.size();
      if (expected.flowfiles.empty()) problems_.add(fields.path(), "what is expected needs 'count' or 'flowfiles'");
    }
    return expected;
  }

  std::vector<ExpectedContent> contents_of(const Fields& fields, std::string_view name) {
    std::vector<ExpectedContent> contents;
    const auto* object = fields.object(name);
    if (object == nullptr) return contents;
    const Fields named(*object, fields.path_of(name), fmt::format("'{}'", name), problems_);
    for (const auto& [key, value] : *object) contents.push_back({key, expected_text(named, key, value)});
    return contents;
  }

  const YamlTree& tree_;
  std::map<std::string, const json::value*> typed_;  // by path
  const std::string path_;
  const Places places_;
  Problems problems_;
  bool may_be_missing_ = false;
};

}  // namespace

base::Result<TestFile> read_test_file(const std::string& path) {
  TRY(const auto bytes, base::PosixDisk().read_all(path));
  const std::string text(bytes.data(), bytes.size());
  TRY(const auto documents, parse_yaml(text, path));
  TRY(const auto typed, parse_yaml(text, path, PlainScalars::Typed));
  if (documents.size() != 1)
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("{}: one YAML document is expected", path));
  return Reader(documents.front(), typed.front().value, path).read();
}

}  // namespace flow::testing
