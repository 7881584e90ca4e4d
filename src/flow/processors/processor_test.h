#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "flow/disk_test.h"
#include "flow/engine/engine.h"
#include "flow/engine/event.h"
#include "flow/engine/repository.h"
#include "flow/model.h"
#include "flow/object_target.h"

namespace flow {

/// A wall clock that stands where the test puts it.
class SetWallClock final : public base::WallClock {
 public:
  base::Instant now() const override { return now_; }
  void advance(std::chrono::nanoseconds by) { now_ = now_ + by; }

 private:
  base::Instant now_{1'800'000'000'000'000'000};
};

class Folder {
 public:
  Folder() {
    auto pattern = (std::filesystem::temp_directory_path() / "freshet-flow-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }
  std::string at(const std::string& name) const { return path_ + "/" + name; }
  void write(const std::string& name, std::string_view content) const;
  std::string read(const std::string& name) const;

 private:
  std::string path_;
};

/// A flowfile that waits in front of the processor, or gets there that much later.
struct Given {
  std::string content;
  Attributes attributes = {};
  std::chrono::nanoseconds arrives{0};
  // Of a content that is too long to be written down: the other comes so often between them.
  std::string before = {}, after = {};
  std::uint64_t times = 1;
};

/// A flowfile that came out.
struct Came {
  std::string content;
  Attributes attributes;
  bool penalised = false;
  std::string at(std::string_view name) const {  // "(none)": there is no such attribute
    const auto found = attributes.find(name);
    return found == attributes.end() ? "(none)" : found->second;
  }
};

/// One processor in an engine of its own on a real disk, with a connection for each of its relationships:
///
///   ProcessorRun run("ReplaceText", {{"Replacement Value", "x"}}, {.given = {{"text"}}});
///   run.until_idle();
///   EXPECT_EQ(run.contents("success"), (Texts{"x"}));
class ProcessorRun {
 public:
  struct Options {
    std::vector<Given> given = {};
    std::vector<std::string> relationships =
        {};  // empty: all of its description and, where it says so, of its dynamic ones
    std::vector<ServiceDefinition> services = {};
    std::function<void(ProcessorDefinition&)> change = {};
    bool input = true;                           // a connection to it, where it may have one
    std::uint64_t queue_files = 10'000;          // that fill a connection
    ObjectTargets* targets = nullptr;            // none: there is nowhere to put objects
    std::shared_ptr<MapCaches> map_caches = {};  // shared with other runs; none: its own
    WarehouseLinks links = {};
    bool keeps_events = false;
  };
  /// `type`: the last part of its name. The processor is started when it is valid.
  ProcessorRun(const std::string& type, PropertyValues properties, Options options);
  ProcessorRun(const std::string& type, PropertyValues properties) : ProcessorRun(type, std::move(properties), {}) {}
  ~ProcessorRun();

  IdleReport until_idle();
  void advance(std::chrono::nanoseconds by);  // both clocks
  void stop() { engine_->stop("subject"); }
  void start() { engine_->start("subject"); }
  void restart();  // as if the program had ended, with all that was committed

  /// What has come out by a relationship so far, in order.
  std::vector<Came> out(std::string_view relationship) const;
  std::vector<std::string> contents(std::string_view relationship) const;
  /// The one flowfile that came out there; a failure of the test when there is none or more.
  Came only(std::string_view relationship) const;
  std::size_t waiting() const;  // before the processor, polled or not
  const std::vector<std::string>& notes() const { return notes_; }
  std::vector<std::string> problems() const { return status().problems; }
  std::vector<std::string> errors() const;
  ComponentState state() const { return repository_->state_of("subject"); }
  ComponentStatus status() const;
  std::uint64_t commits() const { return repository_->position(); }
  /// Of all types or of one, oldest first; only when it keeps them.
  /// Of all types or of one, oldest first; only when it keeps them.
  std::vector<Event> events(std::optional<EventType> type = {}) const;
  const Folder& folder() const { return folder_; }
  Engine& engine() { return *engine_; }
  const Repository& repository() const { return *repository_; }
  SetWallClock& wall() { return wall_; }

 private:
  class NoTargets final : public ObjectTargets {
    base::Result<std::shared_ptr<ObjectTarget>> find(const TargetRequest&) override;
  };
  void open();
  void open_repository();
  void put(std::vector<Given> given);

  Folder folder_;
  UnsyncedDisk disk_;
  base::VirtualClock clock_;
  SetWallClock wall_;
  NoTargets no_targets_;
  ObjectTargets* targets_ = &no_targets_;
  std::shared_ptr<MapCaches> map_caches_;
  WarehouseLinks links_;
  bool keeps_events_ = false;
  FlowDefinition flow_;
  std::unique_ptr<Repository> repository_;
  std::unique_ptr<Engine> engine_;
  std::vector<std::string> notes_;
};

using Texts = std::vector<std::string>;

}  // namespace flow
