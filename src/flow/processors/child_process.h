#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "flow/engine/content.h"
#include "flow/processors/os_file.h"

namespace flow {

/// A running program with pipes to it. Its time is real time, whatever our clocks say.
class ChildProcess {
 public:
  struct Options {
    std::vector<std::string> command;                              // found on the PATH; no shell
    std::string directory;                                         // empty: ours
    std::vector<std::pair<std::string, std::string>> environment;  // beside ours
    bool errors_to_output = false;
  };
  /// NotFound, Denied, InvalidValue: it cannot be run.
  static base::Result<std::unique_ptr<ChildProcess>> start(const Options& options);
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess();  // kills what still runs

  struct Pipes {
    ByteSource* input = nullptr;  // null: it has none
    ByteSink& output;
    std::function<void(std::string_view)> errors;
  };
  /// Moves bytes until the program has ended, or that long. True: it has ended.
  base::Result<bool> pump(const Pipes& pipes, std::optional<std::chrono::nanoseconds> at_most = {});
  /// Of a program that has ended: its status, or 128 and the signal that ended it.
  int status() const { return status_; }
  /// Ends it with all that it started, after `grace`; from any thread.
  void kill(std::chrono::milliseconds grace = std::chrono::milliseconds{0});

 private:
  ChildProcess() = default;
  base::Status write(const Pipes& pipes);
  base::Status read(Descriptor& from, const std::function<base::Status(std::string_view)>& use);
  void reap();

  pid_t id_ = -1;
  Descriptor input_, output_, errors_;  // our ends
  Descriptor exit_;                     // readable once it has ended
  Descriptor wake_;                     // written by kill()
  std::optional<std::chrono::steady_clock::time_point> kill_at_;
  std::string_view waiting_;  // of the input
  bool ended_ = false;
  int status_ = 0;
};

/// As NiFi takes a line of arguments apart: at the delimiter and at tabs and line ends, but not between double quotes,
/// which are taken away. Two delimiters have an empty argument between them.
std::vector<std::string> split_arguments(std::string_view line, char delimiter);

}  // namespace flow
