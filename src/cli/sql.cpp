#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <thread>

#include "cli/commands.h"
#include "cli/configuration.h"
#include "cli/file_transfer.h"
#include "cli/holder.h"
#include "cli/program.h"
#include "cli/prompt.h"
#include "cli/remote_session.h"
#include "cli/render.h"
#include "cli/script.h"
#include "sql/parser.h"
#include "sql/printer.h"

namespace cli {
namespace {

using engine::StatementSession;

/// SIGINT and SIGTERM cancel what runs, from `watch` to `end`. The signals must be blocked in all threads before.
class Interrupts {
 public:
  Interrupts() {
    sigemptyset(&signals_);
    for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) sigaddset(&signals_, signal);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  }
  void watch(StatementSession& session) {
    thread_ = std::thread([this, &session] {
      // Again and again: the first may come just before a statement begins.
      constexpr timespec kAgain{0, 50'000'000};
      while (!ended_) {
        const int signal = seen_ ? sigtimedwait(&signals_, nullptr, &kAgain) : sigwaitinfo(&signals_, nullptr);
        if (ended_) return;
        if (signal > 0) seen_ = true;
        if (seen_) session.cancel();
      }
    });
  }
  ~Interrupts() { end(); }
  void end() {
    if (!thread_.joinable()) return;
    ended_ = true;
    pthread_kill(thread_.native_handle(), SIGUSR1);
    thread_.join();
  }
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;
  bool seen() const { return seen_; }
  void forget() { seen_ = false; }

 private:
  sigset_t signals_{};
  std::atomic<bool> seen_{false}, ended_{false};
  std::thread thread_;
};

/// The session, and the program behind it when this process holds the data directory.
struct Connection {
  std::unique_ptr<Program> program;
  std::unique_ptr<StatementSession> session;
};

base::Result<Connection> connect(const SqlOptions& options) {
  Connection connection;
  RemoteSession::Options remote{.url = options.url, .user = options.user};
  if (remote.url.empty()) {
    TRY(const auto holder, holder_to_talk_to(options.data, options.virtual_clock));
    if (!holder) {
      TRY(auto configuration, read_configuration(options.configuration, store::s3::SystemEnvironment()));
      TRY(connection.program, Program::open({.data = options.data,
                                             .virtual_clock = options.virtual_clock.value_or(false),
                                             .enforces_privileges = options.enforces_privileges,
                                             .runs_flows = !options.virtual_clock.value_or(false),
                                             .remotes = std::move(configuration.remotes),
                                             .flow = configuration.flow}));
      TRY(connection.session, connection.program->open_session());
      return connection;
    }
    remote.url = holder->warehouse_url;
    remote.password = holder->access_token;
  } else {
    remote.password = password_of_environment();
  }
  TRY(connection.session, RemoteSession::open(std::move(remote)));
  return connection;
}

/// What the printer makes of a statement; text that does not parse stays as it is.
std::string reprinted(const std::string& text) {
  const auto statement = sql::parse_statement(text);
  return statement ? sql::print(*statement) : text;
}

/// Runs statements one by one and prints what they answer.
class Runner {
 public:
  /// `objects` is the store of a session in this process.
  Runner(StatementSession& session, const SqlOptions& options, Interrupts& interrupts, store::ObjectStore* objects)
      : session_(session), options_(options), interrupts_(interrupts), objects_(objects) {}

  /// False when nothing may follow. `source` is what errors name; the text begins on its line `first_line`.
  bool run_script(const std::string& source, std::string_view text, std::uint32_t first_line = 1) {
    const auto splitting = options_.lenient ? Splitting::Lenient : Splitting::Strict;
    for (auto& statement : split_script(text, splitting)) {
      statement.line += first_line - 1;
      const bool succeeded = run_one(source, statement);
      if (output_failed_ || (!succeeded && (options_.stop_on_error || interrupts_.seen()))) return false;
    }
    return true;
  }

  /// Statements run as their semicolons arrive, so that a program may talk to the session over a pipe.
  bool run_stream(const std::string& source, std::istream& stream) {
    std::string text, line;
    std::uint32_t first_line = 1, lines = 0;
    while (std::getline(stream, line)) {
      ++lines;
      text += line + '\n';
      if (!is_complete(text)) continue;
      if (!run_script(source, text, first_line)) return false;
      text.clear();
      first_line = lines + 1;
    }
    return run_script(source, text, first_line);
  }

  bool run_one(const std::string& source, const ScriptStatement& statement) {
    if (interrupts_.seen() && !interactive) {
      failed_ = true;
      complain({base::ErrorKind::Cancelled, 604, "57014", "SQL execution canceled", std::nullopt});
      return false;
    }
    const auto begun = std::chrono::steady_clock::now();
    auto outcome = session_.run(options_.reprint ? reprinted(statement.text) : statement.text);
    if (outcome && outcome->transfer) {
      auto moved = move_files(*outcome->transfer, statement.text, session_, objects_);
      if (moved)
        outcome->result = *std::move(moved);
      else
        outcome = base::fail(std::move(moved).error());
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    if (!outcome) {
      failed_ = true;
      if (options_.output == OutputFormat::Json)
        show(render_json_line(statement.text, nullptr, &outcome.error(), settings()));
      const auto line = statement.line + (outcome.error().at ? outcome.error().at->line - 1 : 0);
      fmt::print(stderr, "{}:{}: {}\n", source, line, base::to_text(outcome.error()));
      return false;
    }
    if (options_.output == OutputFormat::Json) {
      show(render_json_line(statement.text, outcome->result.get(), nullptr, settings()));
    } else if (outcome->result) {
      show(render_result(*outcome->result, options_.output, settings()));
    }
    if (interactive && outcome->result)
      fmt::print("{} row{} in {:.3f} s\n\n", outcome->result->row_count(), outcome->result->row_count() == 1 ? "" : "s",
                 took.count());
    std::fflush(stdout);
    return true;
  }

  bool failed() const { return failed_ || output_failed_; }
  bool interactive = false;

 private:
  engine::FormatSettings settings() const { return settings_of(session_.state()); }
  void show(const std::string& text) {
    const auto printed = print(text);
    if (printed || output_failed_) return;
    output_failed_ = true;
    complain(printed.error());
  }

  StatementSession& session_;
  const SqlOptions& options_;
  Interrupts& interrupts_;
  store::ObjectStore* objects_;
  bool failed_ = false;
  bool output_failed_ = false;
};

std::vector<std::string> names_to_complete(StatementSession& session) {
  std::vector<std::string> names{"SELECT", "FROM",        "WHERE",      "GROUP BY",  "ORDER BY", "INSERT INTO",
                                 "UPDATE", "DELETE FROM", "MERGE INTO", "CREATE",    "TABLE",    "STREAM",
                                 "TASK",   "PIPE",        "STAGE",      "PROCEDURE", "SHOW",     "DESCRIBE",
                                 "ALTER",  "DROP",        "COPY INTO",  "DATABASE",  "SCHEMA",   "VALUES"};
  struct Source {
    const char* statement;
    const char* column;
  };
  // What fails (no current schema, no right) has no names.
  for (const auto& [statement, name_column] : std::to_array<Source>({{"SHOW TERSE OBJECTS", "name"},
                                                                     {"SHOW COLUMNS", "column_name"},
                                                                     {"SHOW TERSE SCHEMAS", "name"},
                                                                     {"SHOW TERSE DATABASES", "name"}})) {
    const auto listed = session.run(statement);
    if (!listed || !listed->result) continue;
    const auto& columns = listed->result->columns();
    const auto column = static_cast<std::size_t>(std::ranges::find(columns, name_column, &engine::ResultColumn::name) -
                                                 columns.begin());
    for (std::uint64_t row = 0; column < columns.size() && row < listed->result->row_count(); ++row)
      if (const auto value = listed->result->value(row, column); const auto* name = std::get_if<std::string>(&value))
        names.push_back(*name);
  }
  return names;
}

std::string prompt_text(const engine::SessionState& state) {
  if (!state.database) return "freshet> ";
  return *state.database + (state.schema ? "." + *state.schema : "") + "> ";
}

void talk(Runner& runner, StatementSession& session, Interrupts& interrupts, const SqlOptions& options) {
  runner.interactive = true;
  const char* home = std::getenv("HOME");
  Prompt prompt(home == nullptr ? "" : std::string(home) + "/.freshet_history",
                [&] { return names_to_complete(session); });
  fmt::print("freshet 0.1.0; end statements with ; and leave with \"exit\" or Ctrl-D\n");
  std::string text;
  for (;;) {
    const auto line = prompt.read_line(text.empty() ? prompt_text(session.state()) : "   ...> ");
    if (!line) break;
    if (interrupts.seen()) {
      interrupts.forget();
      text.clear();
    }
    const auto word = line->substr(0, line->find_last_not_of(" \t\r\n;") + 1);
    if (text.empty() && (word == "exit" || word == "quit")) break;
    if (text.empty() && word.find_first_not_of(" \t\r\n;") == std::string::npos) continue;
    text += *line;
    if (!is_complete(text)) continue;
    prompt.remember(text);
    for (const auto& statement : split_script(text, Splitting::Strict))
      if (!runner.run_one("line", statement) && options.stop_on_error) break;
    interrupts.forget();
    text.clear();
  }
}

base::Result<std::string> read_input(const SqlInput& input) {
  if (!input.is_file) return input.text;
  if (input.is_stream()) return std::string();
  base::PosixDisk disk;
  return disk.read_all(input.text);
}

}  // namespace

int run_sql(const SqlOptions& options) {
  // Files are read first: a missing one must not leave half of the run done.
  std::vector<std::string> texts;
  auto inputs = options.inputs;
  const bool terminal = ::isatty(STDIN_FILENO) == 1;
  if (inputs.empty() && !terminal) inputs.push_back({true, "-"});
  for (const auto& input : inputs) {
    auto text = read_input(input);
    if (!text) return complain(text.error());
    texts.push_back(*std::move(text));
  }
  signal(SIGPIPE, SIG_IGN);
  Interrupts interrupts;
  auto connection = connect(options);
  if (!connection) return complain(connection.error());
  interrupts.watch(*connection->session);
  struct EndBeforeTheSession {
    Interrupts& interrupts;
    ~EndBeforeTheSession() { interrupts.end(); }
  } const end{interrupts};
  Runner runner(*connection->session, options, interrupts,
                connection->program ? &connection->program->objects() : nullptr);
  if (inputs.empty()) {
    talk(runner, *connection->session, interrupts, options);
    return kSuccess;
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const auto source = !inputs[i].is_file ? "-c" : inputs[i].is_stream() ? "stdin" : inputs[i].text;
    // Lenient cuts need the whole text.
    if (inputs[i].is_stream() && options.lenient) texts[i].assign(std::istreambuf_iterator<char>(std::cin), {});
    const bool streams = inputs[i].is_stream() && !options.lenient;
    if (streams ? !runner.run_stream(source, std::cin) : !runner.run_script(source, texts[i])) break;
  }
  return runner.failed() ? kFailure : kSuccess;
}

}  // namespace cli
