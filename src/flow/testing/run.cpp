#include "flow/testing/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>

#include "base/disk.h"
#include "flow/flow.h"
#include "flow/format/definition.h"
#include "flow/format/definition_writer.h"
#include "flow/testing/arrange.h"
#include "store/object_store.h"

namespace flow::testing {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::size_t kFlowFilesMax = 10'000;  // that are compared in one place
constexpr int kStepsMax = 100'000;             // of the clock

/// Files of a test are as old as a listing wants them: it waits, and this clock is moved instead.
class MovedWallClock final : public base::WallClock {
 public:
  base::Instant now() const override { return system_.now() + moved_; }
  void advance(std::chrono::nanoseconds by) { moved_ += by; }

 private:
  base::SystemWallClock system_;
  std::chrono::nanoseconds moved_{0};
};

void replace_all(std::string& text, std::string_view from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

/// "{directory}" in all that a test sets.
TestCase placed(TestCase test, const std::string& directory) {
  const auto place = [&](std::string& text) { replace_all(text, "{directory}", directory); };
  for (auto& [name, value] : test.parameters) place(value);
  for (auto& [component, properties] : test.set)
    for (auto& [name, value] : properties) place(value);
  const auto place_attributes = [&](Attributes& attributes) {
    for (const auto& [name, value] : Attributes(attributes)) place(attributes[name]);
  };
  for (auto& given : test.given)
    for (auto& file : given.flowfiles) place_attributes(file.attributes);
  for (auto& expected : test.expectations)
    for (auto& file : expected.flowfiles)
      for (auto& [name, text] : file.attributes) place(text.text);
  return test;
}

class TestRun {
 public:
  TestRun(const TestFile& file, TestCase test, RunOptions options)
      : file_(file), test_(std::move(test)), options_(std::move(options)), clock_(file.clock) {}

  base::Result<std::vector<Difference>> run() {
    const auto bytes = disk_.read_all(test_.flow);
    if (!bytes) return base::fail(bytes.error());
    TRY(auto definition, read_definition({bytes->data(), bytes->size()}, test_.flow, file_.sensitive_key));
    TRY(arranged_, arrange(std::move(definition), test_, file_.path));
    TRY_VOID(write_files());
    TRY(objects_, store::ObjectStore::open({.directory = options_.directory + "/.objects"}, disk_, clock_));
    TRY(flow_, Flow::open({.directory = options_.directory + "/.flow", .time_zone = "UTC", .links = options_.links},
                          disk_, clock_, wall_clock_, *objects_));
    TRY_VOID(import());
    TRY_VOID(give());
    TRY_VOID(flow_->start(arranged_.flow.root));
    TRY_VOID(run_flow());
    TRY_VOID(check());
    TRY_VOID(flow_->shut_down());
    return std::move(differences_);
  }

 private:
  base::Status write_files() {
    for (const auto& [name, content] : test_.files) {
      const auto path = fs::path(options_.directory) / name;
      TRY_VOID(disk_.make_directory(path.parent_path().string()));
      TRY_VOID(disk_.replace_all(path.string(), content));
    }
    return {};
  }

  base::Status import() {
    const auto text = json::serialize(write_instance(arranged_.flow));
    TRY(const auto report, flow_->import_definition(text, test_.flow, test_.parameters));
    for (const auto& component : flow_->status().components) {
      const bool is_remote = component.type.starts_with("Remote");  // it never runs
      if (is_remote || std::ranges::count(arranged_.still, component.id) > 0) continue;
      for (const auto& problem : component.problems)
        differences_.push_back({test_.line, fmt::format("'{}'", component.name), "a valid component", problem});
    }
    return {};
  }

  base::Status give() {
    for (std::size_t i = 0; i < test_.given.size(); ++i)
      for (const auto& file : test_.given[i].flowfiles)
        for (const auto& connection : arranged_.given[i])
          TRY_VOID(flow_->enqueue(connection, file.attributes, file.content));
    return {};
  }

  base::Status run_flow() {
    const auto end = clock_.now() + test_.run_for;
    for (int step = 0; step < kStepsMax; ++step) {
      TRY(const auto idle,
          flow_->run_until_idle({.flow = arranged_.flow.root,
                                 .sleep = [this](std::chrono::nanoseconds time) { wall_clock_.advance(time); }}));
      if (!idle.next_due || *idle.next_due > end) {
        if (test_.run_for.count() > 0) clock_.advance_to(end);
        return {};
      }
      clock_.advance_to(*idle.next_due);
    }
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("test '{}': the flow is never idle", test_.name));
  }

  base::Result<std::vector<CameFlowFile>> came_to(const std::vector<std::string>& connections) const {
    std::vector<CameFlowFile> came;
    for (const auto& connection : connections) {
      TRY(const auto files, flow_->list_queue(connection, kFlowFilesMax));
      for (const auto& file : files) {
        TRY(auto content, read_all(file->content));
        came.push_back({std::move(content), file->attributes});
      }
    }
    return came;
  }

  base::Status check() {
    for (std::size_t i = 0; i < test_.expectations.size(); ++i) {
      auto& expected = test_.expectations[i];
      TRY(const auto came, came_to(arranged_.expected[i]));
      if (options_.update && !expected.any_order)
        for (std::size_t j = 0; j < std::min(came.size(), expected.flowfiles.size()); ++j)
          if (auto& content = expected.flowfiles[j].content) TRY_VOID(update(*content, came[j].content));
      add(check_flowfiles(expected, came));
    }
    for (auto& expected : test_.expected_files) {
      const auto path = (fs::path(options_.directory) / expected.name).string();
      const auto content = disk_.read_all(path);
      TRY_VOID(check_content(expected,
                             content ? std::optional(std::string(content->data(), content->size())) : std::nullopt,
                             fmt::format("file '{}'", expected.name)));
    }
    for (auto& expected : test_.expected_objects) {
      TRY(const auto content, object(expected.name));
      TRY_VOID(check_content(expected, content, fmt::format("object '{}'", expected.name)));
    }
    if (!test_.allows_failures) check_failures();
    return {};
  }

  base::Status check_content(ExpectedContent& expected, const std::optional<std::string>& came, std::string where) {
    if (options_.update && came) TRY_VOID(update(expected.content, *came));
    add(check_text(expected.content, came ? &*came : nullptr, std::move(where)));
    return {};
  }

  base::Result<std::optional<std::string>> object(const std::string& name) const {
    const auto slash = name.find('/');
    if (slash == std::string::npos)
      return base::fail(base::ErrorKind::InvalidValue, fmt::format("'{}' must be bucket/key", name));
    const auto found = objects_->get(name.substr(0, slash), name.substr(slash + 1));
    if (!found) return std::optional<std::string>();
    return std::optional(*found);
  }

  /// A file that holds what is expected holds from now on what came.
  base::Status update(ExpectedText& expected, const std::string& came) {
    if (expected.file.empty() || expected.text == came) return {};
    expected.text = came;
    return disk_.replace_all(expected.file, came);
  }

  /// What ended in an auto-terminated failure, and what components complained about.
  void check_failures() {
    for (const auto& component : flow_->status(arranged_.flow.root).components)
      for (const auto& [relationship, dropped] : component.dropped)
        differences_.push_back({test_.line, fmt::format("'{}'", component.name), "no failures",
                                fmt::format("{} flowfiles ended in '{}'{}{}", dropped.files, relationship,
                                            dropped.last_reason.empty() ? "" : ": ", dropped.last_reason)});
  }

  void add(std::vector<Difference> more) { std::ranges::move(more, std::back_inserter(differences_)); }

  const TestFile& file_;
  TestCase test_;
  const RunOptions options_;
  base::PosixDisk disk_;
  base::VirtualClock clock_;
  MovedWallClock wall_clock_;
  Arranged arranged_;
  std::unique_ptr<store::ObjectStore> objects_;
  std::unique_ptr<Flow> flow_;
  std::vector<Difference> differences_;
};

}  // namespace

base::Result<std::vector<Difference>> run_test(const TestFile& file, const TestCase& test, const RunOptions& options) {
  return TestRun(file, placed(test, options.directory), options).run();
}

}  // namespace flow::testing
