#include "server/warehouse/service.h"

#include <fmt/format.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/json.hpp>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <unordered_map>

#include "base/log.h"
#include "http/gzip.h"
#include "server/equal.h"
#include "server/json_text.h"
#include "server/warehouse/envelope.h"
#include "server/warehouse/key_pair.h"
#include "server/warehouse/login.h"
#include "server/warehouse/parameters.h"
#include "server/warehouse/query.h"

namespace server::warehouse {

namespace asio = boost::asio;
using SessionPointer = std::shared_ptr<Session>;
using JobPointer = std::shared_ptr<Job>;

namespace {

constexpr std::size_t kCompressFrom = 4 << 10;
constexpr std::size_t kAbortedKept = 256;
constexpr std::string_view kTokenInvalid = "The session token is invalid or has expired. Please log in again.";

/// Snowflake Token="X"; quotes may be missing.
std::string token_of(const http::Request& request) {
  auto text = request.headers.get("authorization");
  const auto equals = text.find('=');
  if (equals == std::string_view::npos) return {};
  text.remove_prefix(equals + 1);
  const auto begin = text.find_first_not_of(" \"");
  const auto end = text.find_last_not_of(" \"");
  return begin == std::string_view::npos ? std::string() : std::string(text.substr(begin, end - begin + 1));
}

std::string query_parameter(const http::Request& request, std::string_view name) {
  for (auto& [key, value] : http::parse_query(request.query()))
    if (key == name) return std::move(value);
  return {};
}

/// "/queries/<id>/result" -> id
std::string id_between(std::string_view path, std::string_view before, std::string_view after) {
  if (!path.starts_with(before) || !path.ends_with(after) || path.size() < before.size() + after.size()) return {};
  return std::string(path.substr(before.size(), path.size() - before.size() - after.size()));
}

}  // namespace

struct WarehouseService::State {
  State(Options options_, engine::StatementRunner& runner_, const base::WallClock& clock_, http::Workers& workers_)
      : options(std::move(options_)), runner(runner_), wall_clock(clock_), workers(workers_) {}

  const Options options;
  engine::StatementRunner& runner;
  const base::WallClock& wall_clock;
  http::Workers& workers;
  Counters counters;

  // Of the I/O thread.
  bool stopping = false;
  std::uint64_t next_session = 1;
  std::unordered_map<std::string, SessionPointer> by_token;  // session and master tokens
  std::unordered_map<std::uint64_t, std::deque<JobPointer>> jobs;
  std::unordered_map<std::string, JobPointer> by_query_id;
  std::deque<std::string> aborted;

  std::mutex executor_mutex;  // guards what follows
  std::condition_variable nothing_runs;
  int running = 0;
  asio::any_io_executor executor;
  bool stopped = false;

  SessionPointer session_of(const http::Request& request) const {
    const auto found = by_token.find(token_of(request));
    return found == by_token.end() || found->first == found->second->master_token ? nullptr : found->second;
  }

  JobPointer job_of_request(const Session& session, const std::string& request_id) const {
    const auto list = jobs.find(session.id);
    if (list == jobs.end() || request_id.empty()) return nullptr;
    const auto found = std::ranges::find(list->second, request_id, [](const auto& job) { return job->request_id; });
    return found == list->second.end() ? nullptr : *found;
  }

  JobPointer job_of_query(const std::string& query_id) const {
    const auto found = by_query_id.find(query_id);
    return found == by_query_id.end() ? nullptr : found->second;
  }

  void forget(const JobPointer& job) {
    by_query_id.erase(job->query_id);
    for (const auto& statement : job->statements()) by_query_id.erase(statement.query_id);
  }

  /// Remembers where to end what runs. False when the service was stopped: nothing begins any more.
  bool starts_on(const asio::any_io_executor& io) {
    const std::lock_guard lock(executor_mutex);
    if (!stopped) executor = io;
    return !stopped;
  }

  void begin(const JobPointer& job) {
    auto& list = jobs[job->session().id];
    for (auto old = list.begin(); list.size() >= options.jobs_kept && old != list.end();) {
      if (!(*old)->finished()) {
        ++old;
        continue;
      }
      forget(*old);
      old = list.erase(old);
    }
    list.push_back(job);
    by_query_id[job->query_id] = job;
    ++counters.statements;
    ++counters.running;
    const std::lock_guard lock(executor_mutex);
    ++running;
  }

  void ended(const JobPointer& job) {
    job->finish(wall_clock.now());
    for (const auto& statement : job->statements()) by_query_id[statement.query_id] = job;
    if (job->error()) ++counters.failures;
    --counters.running;
    const std::lock_guard lock(executor_mutex);
    --running;
    nothing_runs.notify_all();
  }

  void end_session(const SessionPointer& session) {
    if (by_token.erase(session->master_token) == 0) return;
    std::erase_if(by_token, [&](const auto& entry) { return entry.second == session; });
    const auto list = jobs.find(session->id);
    if (list != jobs.end()) {
      for (const auto& job : list->second) {
        if (!job->finished()) job->cancel();
        forget(job);
      }
      jobs.erase(list);
    }
    --counters.sessions;
  }
};

// Coroutines take the state by value: jobs may end after the service said goodbye to its clients.
template <class S>
static http::Awaitable<void> run_job(std::shared_ptr<S> state, JobPointer job) {
  std::function<void()> work = [job] { job->run(); };
  co_await http::run_on_own_thread(std::move(work));
  state->ended(job);
}

template <class S>
static http::Awaitable<base::Status> answer_with(S& state, http::Exchange& exchange, std::string body) {
  http::Response response{.headers = {{"Content-Type", "application/json"}}};
  const bool packs = body.size() >= kCompressFrom &&
                     exchange.request().headers.get("accept-encoding").find("gzip") != std::string_view::npos;
  if (packs) {
    const auto pack = [&body] { return http::gzip(body); };
    response.body = co_await http::run_on(state.workers, pack);
    response.headers.add("Content-Encoding", "gzip");
  } else {
    response.body = std::move(body);
  }
  co_return co_await exchange.respond(std::move(response));
}

template <class S>
static http::Awaitable<std::string> answer_of(S& state, JobPointer job, std::string query_id) {
  if (!co_await job->wait(state.options.patience)) {
    co_return still_running("333333", "Query execution in progress. Query will be aborted unless it is polled.",
                            query_id);
  }
  const auto render = [&] { return render_answer(*job, query_id, state.wall_clock.now(), state.options.stage_urls); };
  co_return co_await http::run_on(state.workers, render);
}

template <class S>
static base::Result<std::string> user_of_key_pair(const S& state, const LoginRequest& login) {
  TRY(const auto proof, read_key_pair_token(login.password));
  if (!login.user.empty() && login.user != proof.user)
    return base::fail(base::ErrorKind::Denied, "JWT token is invalid. [it names another user than the login]");
  TRY_VOID(verify(proof, state.runner.public_keys(proof.user), state.wall_clock.now()));
  return proof.user;
}

template <class S>
static http::Awaitable<std::string> log_in(S& state, const http::Request& request, std::string_view body) {
  auto login = parse_login(request, body);
  if (!login) co_return session_failure("390400", login.error().message);
  const auto& how = login->authenticator;
  const bool password = how.empty() || how == "SNOWFLAKE" || how == "USERNAME_PASSWORD_MFA";
  const bool token = how == "OAUTH" || how == "PROGRAMMATIC_ACCESS_TOKEN";
  if (how == "ID_TOKEN") co_return session_failure("390195", "The id token is invalid.");
  const bool key_pair = how == "SNOWFLAKE_JWT";
  if (!password && !token && !key_pair)
    co_return session_failure(
        "390100", fmt::format("The authenticator {} is not supported here; use a password or a key pair.", how));
  if (key_pair) {
    const auto proven = user_of_key_pair(state, *login);
    if (!proven) co_return session_failure("390144", proven.error().message);
    login->user = login->settings.user = *proven;
  }
  const bool right =
      key_pair || state.options.any_password || equal_in_constant_time(login->password, state.options.access_token);
  if (!right || (login->user.empty() && password))
    co_return session_failure("390100", "Incorrect username or password was specified.",
                              R"({"nextAction":"RETRY_LOGIN","authnMethod":"USERNAME_PASSWORD"})");

  const auto open = [&] { return open_session(state.runner, login->settings); };
  auto opened = co_await http::run_on(state.workers, open);
  if (!opened) {
    const bool of_login = opened.error().number >= 390'000 && opened.error().number < 391'000;
    co_return session_failure(of_login ? std::to_string(opened.error().number) : "390400", opened.error().message);
  }
  auto session = std::make_shared<Session>();
  session->id = state.next_session++;
  session->token = make_token();
  session->master_token = make_token();
  session->user = login->settings.user;
  session->client_parameters = std::move(opened->client_parameters);
  session->statements = std::move(opened->statements);
  session->set_last_state(session->statements->state());
  state.by_token[session->token] = session;
  state.by_token[session->master_token] = session;
  ++state.counters.logins;
  ++state.counters.sessions;

  std::string data = fmt::format(
      R"({{"token":"{}","masterToken":"{}","validityInSeconds":3600,"masterValidityInSeconds":14400,"sessionId":{},)"
      R"("displayUserName":)",
      session->token, session->master_token, session->id);
  append_json_string(data, session->user);
  data += R"(,"serverVersion":"9.0.0","firstLogin":false,"remMeToken":null,"remMeValidityInSeconds":0,)"
          R"("healthCheckInterval":45,"newClientForUpgrade":null,"idToken":null,"idTokenValidityInSeconds":0,)"
          R"("mfaToken":null,"mfaTokenValidityInSeconds":0,"responseData":null,"sessionInfo":{)";
  const auto names = session->last_state();
  append_names(data, names, "");
  data += R"(},"parameters":)";
  append_parameters(data, told_parameters(*session, names));
  data += '}';
  co_return success(data);
}

template <class S>
static std::string renew(S& state, const http::Request& request) {
  const auto found = state.by_token.find(token_of(request));
  if (found == state.by_token.end() || found->first != found->second->master_token)
    return session_failure("390113", "The master token is not found. Please log in again.");
  const auto session = found->second;
  // The old token stays valid: other threads of the client may still use it.
  session->token = make_token();
  state.by_token[session->token] = session;
  return success(fmt::format(R"({{"sessionToken":"{}","validityInSecondsST":3600,"masterToken":"{}",)"
                             R"("validityInSecondsMT":14400,"sessionId":{}}})",
                             session->token, session->master_token, session->id));
}

template <class S>
static http::Awaitable<std::string> query(std::shared_ptr<S> state, SessionPointer session,
                                          const http::Request& request, std::string_view body) {
  const auto request_id = query_parameter(request, "requestId");
  auto job = state->job_of_request(*session, request_id);
  const bool asynchronous = asks_for_asynchronous(body);
  if (!job) {
    auto wanted = parse_query_request(body, session->last_state());
    if (!wanted) co_return statement_failure(wanted.error(), make_query_id());
    wanted->host = std::string(request.headers.get("host"));
    job = std::make_shared<Job>(session, request_id, *std::move(wanted), state->wall_clock.now());
    const bool aborted = std::ranges::find(state->aborted, request_id) != state->aborted.end() && !request_id.empty();
    if (aborted || state->stopping) job->cancel();
    state->begin(job);
    asio::co_spawn(co_await asio::this_coro::executor, run_job(state, job), asio::detached);
  }
  if (asynchronous) co_return still_running("333334", "Query in progress.", job->query_id);
  co_return co_await answer_of(*state, job, job->query_id);
}

template <class S>
static std::string abort_request(S& state, const Session& session, const std::string& request_id) {
  if (const auto job = state.job_of_request(session, request_id)) {
    if (!job->finished()) job->cancel();
    return success();
  }
  // It may still be on its way.
  state.aborted.push_back(request_id);
  if (state.aborted.size() > kAbortedKept) state.aborted.pop_front();
  return success();
}

template <class S>
static http::Awaitable<std::string> answer(std::shared_ptr<S> state, const http::Request& request,
                                           std::string_view body) {
  const auto path = request.path();
  if (path == "/session/v1/login-request") co_return co_await log_in(*state, request, body);
  if (path == "/session/token-request") co_return renew(*state, request);
  if (path.starts_with("/telemetry/")) co_return success(R"("Log Received")");
  if (path == "/session/authenticator-request")
    co_return session_failure("390100", "Browser and Okta logins are not supported here; use a password.");

  const auto session = state->session_of(request);
  if (!session) {
    if (token_of(request).empty())
      co_return session_failure("390101", "Authorization header not found in the request data.");
    co_return session_failure("390104", kTokenInvalid);
  }
  if (path == "/session/heartbeat") co_return success();
  if (path == "/session") {
    if (query_parameter(request, "delete") == "true") state->end_session(session);
    co_return success();
  }
  if (path == "/queries/v1/query-request") co_return co_await query(state, session, request, body);
  if (path == "/queries/v1/abort-request") co_return abort_request(*state, *session, request_to_abort(body));
  if (const auto id = id_between(path, "/queries/", "/abort-request"); !id.empty()) {
    const auto job = state->job_of_query(id);
    if (!job || job->finished()) co_return session_failure("000605", "The query is not currently executing.");
    job->cancel();
    co_return success();
  }
  if (const auto id = id_between(path, "/queries/", "/result"); !id.empty()) {
    const auto job = state->job_of_query(id);
    if (!job)
      co_return statement_failure({base::ErrorKind::NotFound, 709, "02000", "Statement " + id + " not found", {}}, id);
    co_return co_await answer_of(*state, job, id);
  }
  if (const auto id = id_between(path, "/monitoring/queries/", ""); !id.empty())
    co_return render_status(state->job_of_query(id).get());
  co_return session_failure("390404", fmt::format("no such path: {}", path));
}

WarehouseService::WarehouseService(Options options, engine::StatementRunner& runner, const base::WallClock& wall_clock,
                                   http::Workers& workers)
    : state_(std::make_shared<State>(std::move(options), runner, wall_clock, workers)) {}
WarehouseService::~WarehouseService() { stop(); }

const WarehouseService::Counters& WarehouseService::counters() const { return state_->counters; }

http::Awaitable<void> WarehouseService::handle(http::Exchange& exchange) {
  const auto state = state_;
  const auto executor = co_await asio::this_coro::executor;
  if (!state->starts_on(executor)) {
    http::Response ending{.status = 503};
    (void)co_await exchange.respond(std::move(ending));
    co_return;
  }
  auto body = co_await http::read_body(exchange, state->options.body_bytes_max);
  if (!body) {
    auto text = session_failure("390400", body.error().message);
    (void)co_await answer_with(*state, exchange, std::move(text));
    co_return;
  }
  if (http::is_gzip(*body)) {
    const auto unpack = [&] { return http::gunzip(*body, state->options.body_bytes_max); };
    auto unpacked = co_await http::run_on(state->workers, unpack);
    body = std::move(unpacked);
  }
  auto text =
      body ? co_await answer(state, exchange.request(), *body) : session_failure("390400", body.error().message);
  (void)co_await answer_with(*state, exchange, std::move(text));
}

void WarehouseService::stop() {
  const auto state = state_;
  asio::any_io_executor executor;
  {
    const std::lock_guard lock(state->executor_mutex);
    executor = std::exchange(state->executor, {});
    state->stopped = true;
  }
  if (!executor) return;  // nothing was ever asked, or stopped before
  asio::post(executor, [state] {
    state->stopping = true;
    for (const auto& [id, list] : state->jobs)
      for (const auto& job : list)
        if (!job->finished()) job->cancel();
  });
  {
    std::unique_lock lock(state->executor_mutex);
    state->nothing_runs.wait(lock, [&] { return state->running == 0; });
  }
  // Behind the last coroutine's end: sessions must go before the runner does.
  std::promise<void> cleared;
  asio::post(executor, [state, &cleared] {
    state->by_query_id.clear();
    state->jobs.clear();
    state->by_token.clear();
    cleared.set_value();
  });
  cleared.get_future().wait();
}

}  // namespace server::warehouse
