#include "flow/processors/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace flow {
namespace {

constexpr std::size_t kBufferBytes = 64 << 10;

struct Pipe {
  Descriptor read, write;
};

base::Result<Pipe> make_pipe() {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return base::fail(base::ErrorKind::Unavailable, fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

void do_not_block(const Descriptor& file) { ::fcntl(file.get(), F_SETFL, ::fcntl(file.get(), F_GETFL) | O_NONBLOCK); }

/// While it lives, writing to a pipe that nobody reads is an error, not the end of this program.
class NoPipeSignal {
 public:
  NoPipeSignal() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  NoPipeSignal(const NoPipeSignal&) = delete;
  NoPipeSignal& operator=(const NoPipeSignal&) = delete;
  ~NoPipeSignal() {
    const timespec now{};
    while (::sigtimedwait(&pipe_, nullptr, &now) > 0) {
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t pipe_{}, before_{};
};

struct SpawnSetup {
  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
  SpawnSetup() {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
    sigset_t defaults, none;
    sigfillset(&defaults);
    sigemptyset(&none);
    ::posix_spawnattr_setsigdefault(&attributes, &defaults);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setpgroup(&attributes, 0);  // of its own, to be ended with all that it starts
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;
  ~SpawnSetup() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
};

std::vector<std::string> environment_with(const std::vector<std::pair<std::string, std::string>>& own) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto name = text.substr(0, text.find('='));
    if (std::ranges::none_of(own, [&](const auto& variable) { return variable.first == name; })) all.emplace_back(text);
  }
  for (const auto& [name, value] : own) all.push_back(name + "=" + value);
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (auto& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

}  // namespace

base::Result<std::unique_ptr<ChildProcess>> ChildProcess::start(const Options& options) {
  // The system would take what stands before it.
  for (const auto& text : options.command)
    if (text.find('\0') != std::string::npos)
      return base::fail(base::ErrorKind::InvalidValue, fmt::format("a command cannot have a NUL in it: {}", text));
  TRY(auto input, make_pipe());
  TRY(auto output, make_pipe());
  TRY(auto errors, make_pipe());
  SpawnSetup setup;
  ::posix_spawn_file_actions_adddup2(&setup.actions, input.read.get(), STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&setup.actions, output.write.get(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&setup.actions, (options.errors_to_output ? output : errors).write.get(),
                                     STDERR_FILENO);
  if (!options.directory.empty()) ::posix_spawn_file_actions_addchdir_np(&setup.actions, options.directory.c_str());
  auto arguments = options.command;
  auto environment = environment_with(options.environment);
  std::unique_ptr<ChildProcess> child(new ChildProcess);
  const int number = ::posix_spawnp(&child->id_, options.command.front().c_str(), &setup.actions, &setup.attributes,
                                    pointers(arguments).data(), pointers(environment).data());
  if (number != 0) {
    child->id_ = -1;
    child->ended_ = true;
    return file_error("run", options.command.front(), number);
  }
  child->input_ = std::move(input.write);
  child->output_ = std::move(output.read);
  child->errors_ = std::move(errors.read);
  for (const auto* file : {&child->input_, &child->output_, &child->errors_}) do_not_block(*file);
  child->exit_ = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, child->id_, 0)));
  child->wake_ = Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  return child;
}

ChildProcess::~ChildProcess() {
  if (ended_) return;
  ::kill(-id_, SIGKILL);
  reap();
}

void ChildProcess::reap() {
  int status = 0;
  while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) {
  }
  status_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  ended_ = true;
}

void ChildProcess::kill(std::chrono::milliseconds grace) {
  // The pumping thread does it: only there it is known whether the id is still that of this program.
  const auto ms = static_cast<std::uint64_t>(grace.count()) + 1;
  (void)!::write(wake_.get(), &ms, sizeof ms);
}

base::Status ChildProcess::write(const Pipes& pipes) {
  while (input_) {
    if (waiting_.empty() && pipes.input != nullptr) {
      TRY(waiting_, pipes.input->next());
    }
    if (waiting_.empty()) {
      input_.reset();
      break;
    }
    const NoPipeSignal no_signal;
    const auto written = ::write(input_.get(), waiting_.data(), waiting_.size());
    if (written >= 0) {
      waiting_.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      break;
    } else if (errno != EINTR) {
      input_.reset();  // it does not want more
    }
  }
  return {};
}

base::Status ChildProcess::read(Descriptor& from, const std::function<base::Status(std::string_view)>& use) {
  std::array<char, kBufferBytes> buffer{};
  while (from) {
    const auto count = ::read(from.get(), buffer.data(), buffer.size());
    if (count > 0)
      TRY_VOID(use({buffer.data(), static_cast<std::size_t>(count)}));
    else if (count < 0 && errno == EAGAIN)
      break;
    else if (count == 0 || errno != EINTR)
      from.reset();
  }
  return {};
}

base::Result<bool> ChildProcess::pump(const Pipes& pipes, std::optional<std::chrono::nanoseconds> at_most) {
  using Clock = std::chrono::steady_clock;
  std::optional<Clock::time_point> until;
  if (at_most) until = Clock::now() + *at_most;
  const auto use_output = [&](std::string_view bytes) { return pipes.output.append(bytes); };
  const auto use_errors = [&](std::string_view bytes) -> base::Status {
    if (pipes.errors) pipes.errors(bytes);
    return {};
  };
  if (pipes.input == nullptr) input_.reset();
  while (!ended_ || output_) {
    const auto now = Clock::now();
    if (until && *until <= now) return false;
    auto wake_at = until;
    if (kill_at_) wake_at = std::min(wake_at.value_or(*kill_at_), *kill_at_);
    int wait_ms = -1;
    if (wake_at)
      wait_ms = static_cast<int>(
          std::max<std::int64_t>(0, std::chrono::ceil<std::chrono::milliseconds>(*wake_at - now).count()));
    std::array<pollfd, 5> files{pollfd{input_.get(), POLLOUT, 0}, pollfd{output_.get(), POLLIN, 0},
                                pollfd{errors_.get(), POLLIN, 0}, pollfd{ended_ ? -1 : exit_.get(), POLLIN, 0},
                                pollfd{wake_.get(), POLLIN, 0}};
    ::poll(files.data(), files.size(), wait_ms);
    if (std::uint64_t ms = 0; ::read(wake_.get(), &ms, sizeof ms) == sizeof ms)
      kill_at_ = Clock::now() + std::chrono::milliseconds{ms - 1};
    if (kill_at_ && *kill_at_ <= Clock::now()) {
      kill_at_.reset();
      if (ended_) {
        output_.reset();  // something that it started still holds the pipe
      } else {
        ::kill(-id_, SIGKILL);
        kill_at_ = Clock::now() + std::chrono::seconds{1};
      }
    }
    TRY_VOID(write(pipes));
    TRY_VOID(read(output_, use_output));
    TRY_VOID(read(errors_, use_errors));
    if (!ended_ && (files[3].revents & POLLIN) != 0) {
      reap();
      input_.reset();
    }
  }
  TRY_VOID(read(errors_, use_errors));
  return true;
}

std::vector<std::string> split_arguments(std::string_view line, char delimiter) {
  std::vector<std::string> arguments(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"')
      quoted = !quoted;
    else if (!quoted && (c == delimiter || c == '\t' || c == '\r' || c == '\n'))
      arguments.emplace_back();
    else
      arguments.back() += c;
  }
  return arguments;
}

}  // namespace flow
