#include "exec/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "base/overloaded.h"
#include "exec/idle_statements.h"
#include "exec/running.h"
#include "exec/tasks.h"
#include "sql/parser.h"

namespace exec {
namespace {

constexpr std::size_t kKeptResults = 100;
constexpr int kNestingMax = 16;
constexpr std::string_view kSystemUser = "SYSTEM";  // of tasks: it takes any owner's role

// What an owner's-rights procedure takes from its caller. Source: streams-tasks-sql.md 5.1.
// clang-format off
constexpr auto kInherited = std::to_array<std::string_view>({
    "ERROR_ON_NONDETERMINISTIC_MERGE", "ERROR_ON_NONDETERMINISTIC_UPDATE", "TIMEZONE", "TIMESTAMP_TYPE_MAPPING",
    "DATE_INPUT_FORMAT", "DATE_OUTPUT_FORMAT", "TIME_INPUT_FORMAT", "TIME_OUTPUT_FORMAT", "TIMESTAMP_INPUT_FORMAT",
    "TIMESTAMP_OUTPUT_FORMAT", "TIMESTAMP_NTZ_OUTPUT_FORMAT", "TIMESTAMP_LTZ_OUTPUT_FORMAT",
    "TIMESTAMP_TZ_OUTPUT_FORMAT", "BINARY_INPUT_FORMAT", "BINARY_OUTPUT_FORMAT", "TWO_DIGIT_CENTURY_START",
    "WEEK_START", "WEEK_OF_YEAR_POLICY", "AUTOCOMMIT", "TRANSACTION_ABORT_ON_ERROR", "LOCK_TIMEOUT",
    "STATEMENT_TIMEOUT_IN_SECONDS", "STATEMENT_QUEUED_TIMEOUT_IN_SECONDS", "QUERY_TAG", "ROWS_PER_RESULTSET",
    "USE_CACHED_RESULT", "JSON_INDENT", "STRICT_JSON_OUTPUT", "MAX_CONCURRENCY_LEVEL"});
// clang-format on

// The name of a statement type in 090236, and whether owner's rights forbid it.
std::optional<std::string_view> forbidden_to_owner(const sql::Statement& statement) {
  return std::visit(base::Overloaded{
                        [](const sql::AlterSession&) { return std::optional<std::string_view>("ALTER_SESSION"); },
                        [](const sql::Use&) { return std::optional<std::string_view>("USE"); },
                        [](const sql::ListFiles&) { return std::optional<std::string_view>("LIST_FILES"); },
                        [](const sql::PutFiles&) { return std::optional<std::string_view>("PUT_FILES"); },
                        [](const sql::GetFiles&) { return std::optional<std::string_view>("GET_FILES"); },
                        [](const auto&) { return std::optional<std::string_view>(); },
                    },
                    statement.node);
}

}  // namespace

Session::Session(Services& services, std::shared_ptr<engine::EngineSession> engine)
    : services_(services),
      engine_(std::move(engine)),
      variables_(std::make_shared<std::map<std::string, engine::Value>>()),
      cancel_(std::make_shared<engine::CancelToken>()),
      past_(std::make_shared<std::deque<Past>>()),
      statements_(std::make_shared<std::uint64_t>(0)) {}

base::Result<std::unique_ptr<Session>> Session::open(Services& services, const engine::SessionSettings& settings) {
  std::unique_ptr<Session> session(new Session(services, services.database.open_session()));
  session->user = settings.user;
  session->task_run = settings.task_run;
  session->in_commit = settings.in_commit;
  session->in_transaction_commit = settings.in_transaction_commit;
  session->warehouse = "COMPUTE_WH";
  for (const auto& [name, value] : settings.parameters) TRY_VOID(session->parameters_.set(name, value));
  const auto catalog = services.database.catalog();
  const bool by_default = settings.role.empty();
  session->role = by_default ? session->default_role(*catalog) : settings.role;
  if (services.enforces_privileges && settings.user != kSystemUser && session->role != "PUBLIC" &&
      !session->roles_of_user(*catalog).contains(session->role))
    return base::fail(
        {base::ErrorKind::Denied, 390189, "08001",
         fmt::format("{} is not granted to this user. Contact your local system administrator, or "
                     "attempt to login with another role, e.g. PUBLIC.",
                     by_default ? fmt::format("User's configured default role '{}'", session->role)
                                : fmt::format("Role '{}' specified in the connect string", session->role)),
         std::nullopt});
  if (settings.task_run != 0 && services.enforces_privileges) TRY_VOID(may_run_tasks(*session->access()));
  if (settings.database) {
    TRY(auto database, catalog::resolve_database(*catalog, session->names(), *settings.database));
    session->database = database->id;
    auto schema = catalog->find(catalog::ObjectKind::Schema, database->id, settings.schema.value_or("PUBLIC"));
    if (schema && !catalog::visible(session->access(), *schema)) schema = nullptr;
    if (settings.schema && !schema)
      return base::fail(catalog::not_found(catalog::ObjectKind::Schema, *settings.database + "." + *settings.schema));
    if (schema) session->schema = schema->id;
  }
  return session;
}

std::unique_ptr<Session> Session::nested_as_caller() {
  auto scope = nested(Rights::CallerRights);
  scope->role = role;
  scope->secondary_roles = secondary_roles;
  scope->database = database;
  scope->schema = schema;
  scope->parameters_ = parameters_;
  scope->variables_ = variables_;
  return scope;
}

std::unique_ptr<Session> Session::nested_as_owner(const catalog::Record& procedure, const catalog::Record& home) {
  auto scope = nested(Rights::OwnerRights);
  scope->role = procedure.owner;
  scope->database = home.container;
  scope->schema = home.id;
  for (const auto& [name, value] : parameters_.changed())
    if (std::ranges::find(kInherited, name) != kInherited.end()) (void)scope->parameters_.set(name, value);
  return scope;
}

std::unique_ptr<Session> Session::nested(Rights rights) {
  std::unique_ptr<Session> scope(new Session(services_, engine_));
  scope->user = user;
  scope->task_run = task_run;
  scope->warehouse = warehouse;
  scope->rights_ = rights;
  scope->cancel_ = cancel_;
  scope->past_ = past_;
  scope->statements_ = statements_;
  scope->depth_ = depth_ + 1;
  return scope;
}

Session::~Session() = default;

catalog::NameScope Session::names() const {
  return {.database = database, .schema = schema, .public_too = true, .session = engine_->id(), .access = access()};
}

catalog::AccessPtr Session::access() const {
  if (!services_.enforces_privileges || unrestricted) return nullptr;
  const auto catalog = services_.database.catalog();
  KnownAccess& known = known_access_;
  if (known.access && known.access->role() == role && known.definitions == catalog->definitions() &&
      known.with_secondary_roles == secondary_roles)
    return known.access;
  const auto others = secondary_roles ? roles_of_user(*catalog) : std::set<std::string>{};
  known = {.definitions = catalog->definitions(),
           .with_secondary_roles = secondary_roles,
           .access = catalog::Access::of(*catalog, role, {others.begin(), others.end()})};
  return known.access;
}

std::set<std::string> Session::roles_of_user(const catalog::Snapshot& catalog) const {
  const auto record = catalog.find(catalog::ObjectKind::User, {}, user);
  // Who came with the account is its administrator, and so is a name that nobody made a user of.
  const bool administrator = !record || record->owner.empty();
  const auto holder = administrator ? catalog.find(catalog::ObjectKind::Role, {}, "ACCOUNTADMIN") : record;
  auto roles = holder ? catalog::inherited_roles(catalog, *holder) : std::set<std::string>{};
  if (administrator && record) roles.merge(catalog::inherited_roles(catalog, *record));
  return roles;
}

std::string Session::default_role(const catalog::Snapshot& catalog) const {
  const auto record = catalog.find(catalog::ObjectKind::User, {}, user);
  if (!record) return "ACCOUNTADMIN";
  for (const auto& [name, written] : std::get<catalog::PlainBody>(record->body).properties) {
    if (name != "DEFAULT_ROLE" || written.empty()) continue;
    const bool quoted = written.front() == '\'' || written.front() == '"';
    std::string default_name = quoted ? written.substr(1, written.size() - 2) : written;
    if (written.front() != '"')
      for (char& c : default_name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    if (services_.enforces_privileges || catalog.find(catalog::ObjectKind::Role, {}, default_name)) return default_name;
  }
  return services_.enforces_privileges ? "PUBLIC" : "ACCOUNTADMIN";
}

base::Status Session::use_role(const std::string& name) {
  const auto catalog = services_.database.catalog();
  if (!catalog->find(catalog::ObjectKind::Role, {}, name))
    return base::fail(catalog::not_found(catalog::ObjectKind::Role, name));
  if (services_.enforces_privileges && !roles_of_user(*catalog).contains(name))
    return base::fail({base::ErrorKind::Denied, 3013, "42501",
                       fmt::format("SQL access control error:\nRequested role '{}' is not assigned to the executing "
                                   "user.  Specify another role to activate.",
                                   name),
                       std::nullopt});
  role = name;
  return {};
}

std::string Session::make_query_id() {
  const auto now = static_cast<std::uint64_t>(services_.clock.now().ns);
  const std::uint64_t count = ++*statements_;
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", now >> 32 & 0xffffffff, now >> 16 & 0xffff, now & 0xffff,
                     static_cast<std::uint64_t>(engine_->id()) & 0xffff,
                     (static_cast<std::uint64_t>(engine_->id()) >> 16 << 32 | count) & 0xffffffffffff);
}

void Session::remember(const std::string& query_id, std::shared_ptr<const engine::ResultSet> result) {
  past_->push_back({query_id, std::move(result)});
  if (past_->size() > kKeptResults) past_->pop_front();
}

base::Result<engine::StatementOutcome> Session::run(std::string_view text, std::span<const engine::Value> binds) {
  if (depth_ == 0) {
    cancel_->reset();
    if (services_.settle && !engine_->in_transaction()) services_.settle();
  }
  return run_now(text, binds, nullptr);
}

base::Result<engine::StatementOutcome> Session::run_now(std::string_view text, std::span<const engine::Value> binds,
                                                        const engine::NamedBinds* named) {
  if (depth_ > kNestingMax)
    return base::fail({base::ErrorKind::InvalidValue, 100183, "P0000",
                       "Stored procedure execution error: maximum call nesting depth exceeded", std::nullopt});
  const std::string query_id = next_query_id_.empty() ? make_query_id() : std::exchange(next_query_id_, {});
  Running running(*this, text, query_id, binds, named);
  const auto answer = [&]() -> base::Result<engine::StatementOutcome> {
    if (services_.idle)
      if (auto known = services_.idle->find(running)) return *std::move(known);
    TRY(auto statement, sql::parse_statement(text));
    return dispatch(running, statement);
  };
  auto answered = answer();
  if (idle_sum && answered) services_.idle->add(running, *idle_sum);
  if (idle_sum && !answered) idle_sum->idle = false;
  TRY(auto outcome, std::move(answered));
  outcome.query_id = query_id;
  remember(query_id, outcome.result);
  return outcome;
}

engine::SessionState Session::state() const {
  engine::SessionState state{.user = user,
                             .role = role,
                             .database = {},
                             .schema = {},
                             .warehouse = warehouse,
                             .in_transaction = engine_->in_transaction(),
                             .parameters = {}};
  const auto catalog = services_.database.catalog();
  const auto name_of = [&](const std::optional<catalog::ObjectId>& id) -> std::optional<std::string> {
    const auto record = id ? catalog->find(*id) : nullptr;
    return record && catalog::visible(access(), *record) ? std::optional(record->name) : std::nullopt;
  };
  state.database = name_of(database);
  state.schema = name_of(schema);
  for (const auto& [name, value] : parameters_.changed()) state.parameters.emplace(name, value);
  return state;
}

base::Result<engine::StatementDescription> Session::describe(std::string_view text) {
  TRY(auto statement, sql::parse_statement(text));
  engine::StatementDescription description;
  const auto* query = std::get_if<sql::QueryStatement>(&statement.node);
  if (!query) return description;
  Running running(*this, text, make_query_id(), {}, nullptr);
  TRY(auto work, running.begin());
  TRY_VOID(work->start());
  auto context = running.bind_context(*work);
  TRY(auto bound, engine::bind_query(query->query, context));
  description.type_id = statement_type::kSelect;
  for (const engine::BoundColumn& column : bound.columns)
    description.columns.push_back({column.name, column.type, column.nullable});
  return description;
}

/// Each step is a statement of its own, with an id that RESULT_SCAN knows; the last one's result is the chain's.
base::Result<Outcome> Session::run_chain(Running& running, const sql::PipeChain& chain) {
  Outcome last;
  for (std::size_t i = 0; i < chain.steps.size(); ++i) {
    const bool is_last = i + 1 == chain.steps.size();
    Running step(*this, running.text, is_last ? running.context.query_id : make_query_id(), running.context.binds,
                 running.context.named_binds);
    step.earlier_steps = running.earlier_steps;
    step.in_chain = true;
    TRY(last, dispatch(step, chain.steps[i]));
    running.earlier_steps.push_back(last.result);
    if (!is_last) remember(step.context.query_id, last.result);
  }
  return last;
}

base::Result<Outcome> Session::dispatch(Running& running, const sql::Statement& statement) {
  using catalog::ObjectKind;
  using R = base::Result<Outcome>;
  if (rights_ == Rights::OwnerRights)
    if (const auto name = forbidden_to_owner(statement))
      return base::fail({base::ErrorKind::Denied, 90236, "42601",
                         fmt::format("Stored procedure execution error: Unsupported statement type '{}'.", *name),
                         std::nullopt});
  return std::visit(
      base::Overloaded{
          [&](const sql::QueryStatement& node) -> R { return run_query(running, node.query); },
          [&](const sql::Insert&) -> R { return run_dml(running, statement); },
          [&](const sql::MultiInsert&) -> R { return run_dml(running, statement); },
          [&](const sql::Update&) -> R { return run_dml(running, statement); },
          [&](const sql::Delete&) -> R { return run_dml(running, statement); },
          [&](const sql::Merge&) -> R { return run_dml(running, statement); },
          [&](const sql::Truncate&) -> R { return run_dml(running, statement); },
          [&](const sql::BeginTransaction& node) -> R { return begin_transaction(running, node); },
          [&](const sql::CommitTransaction&) -> R { return commit_transaction(running); },
          [&](const sql::RollbackTransaction&) -> R { return rollback_transaction(running); },
          [&](const sql::Use& node) -> R { return use(running, node); },
          [&](const sql::SetVariables& node) -> R { return set_variables(running, node); },
          [&](const sql::UnsetVariables& node) -> R { return unset_variables(running, node); },
          [&](const sql::AlterSession& node) -> R { return alter_session(running, node); },
          [&](const sql::CreateDatabase& node) -> R { return create_database(running, node); },
          [&](const sql::CreateSchema& node) -> R { return create_schema(running, node); },
          [&](const sql::CreateTable& node) -> R { return create_table(running, node); },
          [&](const sql::CreateView& node) -> R { return create_view(running, node); },
          [&](const sql::CreateSequence& node) -> R { return create_sequence(running, node); },
          [&](const sql::CreateStream& node) -> R { return create_stream(running, node); },
          [&](const sql::CreateRole& node) -> R {
            return create_account_object(running, ObjectKind::Role, node.mode, node.name, node.options, "Role");
          },
          [&](const sql::CreateUser& node) -> R {
            return create_account_object(running, ObjectKind::User, node.mode, node.name, node.options, "User");
          },
          [&](const sql::CreateWarehouse& node) -> R {
            return create_account_object(running, ObjectKind::Warehouse, node.mode, node.name, node.options,
                                         "Warehouse");
          },
          [&](const sql::CreateIntegration& node) -> R {
            return create_account_object(running, ObjectKind::Integration, node.mode, node.name, node.options,
                                         "Integration");
          },
          [&](const sql::CreateStage& node) -> R { return create_stage(running, node); },
          [&](const sql::CreateFileFormat& node) -> R { return create_file_format(running, node); },
          [&](const sql::CreatePipe& node) -> R { return create_pipe(running, node); },
          [&](const sql::CreateTask& node) -> R { return create_task(running, node); },
          [&](const sql::CreateRoutine& node) -> R { return create_routine(running, node); },
          [&](const sql::Call& node) -> R { return call(running, node); },
          [&](const sql::ExecuteImmediate& node) -> R { return execute_immediate(running, node); },
          [&](const sql::ScriptBlock& node) -> R { return run_block(running, node.text); },
          [&](const sql::ExecuteTask& node) -> R { return execute_task(running, node); },
          [&](const sql::CopyIntoTable& node) -> R { return copy_into_table(running, node); },
          [&](const sql::ListFiles& node) -> R { return list_files(running, node); },
          [&](const sql::RemoveFiles& node) -> R { return remove_files(running, node); },
          [&](const sql::Alter& node) -> R { return alter(running, node); },
          [&](const sql::Drop& node) -> R { return drop(running, node); },
          [&](const sql::Undrop& node) -> R { return undrop(running, node); },
          [&](const sql::CommentOn& node) -> R { return comment_on(running, node); },
          [&](const sql::Grant& node) -> R { return grant(running, node); },
          [&](const sql::Show& node) -> R { return show(running, node); },
          [&](const sql::Describe& node) -> R { return exec::describe(running, node); },
          [&](const sql::PipeChain& node) -> R { return run_chain(running, node); },
          [&](const sql::CopyIntoLocation& node) -> R { return copy_into_location(running, node); },
          [&](const sql::PutFiles& node) -> R { return put_files(running, node); },
          [&](const sql::GetFiles& node) -> R { return get_files(running, node); },
          [&](const sql::Explain&) -> R { return base::fail(unsupported("EXPLAIN")); },
          [&](const sql::CreateAlert&) -> R { return base::fail(unsupported("CREATE ALERT")); },
          [&](const sql::CreateOther& node) -> R { return base::fail(unsupported("CREATE " + node.kind)); },
      },
      statement.node);
}

}  // namespace exec
