#include "flow/processors/snowflake.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/fault/kill_point.h"
#include "flow/engine/processor.h"
#include "flow/engine/session.h"
#include "flow/services/connection_pool.h"
#include "flow/services/snowflake_ingest.h"
#include "flow/snowflake.h"
#include "store/checksum.h"

namespace flow {
namespace {

constexpr std::string_view kStagedPath = "snowflake.staged.file.path";

base::Status needs_stages(const Configuration& configuration, const Services& services) {
  if (services.links.stages != nullptr) return {};
  return base::fail(base::ErrorKind::Unsupported,
                    fmt::format("{}: there is no warehouse here", configuration.error_prefix()));
}

/// What the warehouse refuses goes to failure; what it cannot do now, or does not answer, is tried again.
base::Status fail(const Configuration& configuration, Session& session, FlowFile& file, const base::Error& error) {
  auto message = fmt::format("{}: {}", configuration.error_prefix(), base::to_text(error));
  if (error.kind == base::ErrorKind::Unavailable || error.kind == base::ErrorKind::Internal)
    return base::fail(base::Error{base::ErrorKind::Conflict, error.number, error.sqlstate, message, std::nullopt});
  session.log_error(std::move(message));
  session.penalize(file);
  session.transfer(file, "failure", error.message);
  return {};
}

constexpr Allowed kStageTypes[] = {{"user", "User"}, {"table", "Table"}, {"named", "Named"}};
constexpr Property kPutProperties[] = {
    {.name = "Snowflake Connection Provider",
     .old_name = "snowflake-connection-provider",
     .required = true,
     .service = SnowflakeConnectionProvider::kApi},
    {.name = "Internal Stage Type", .old_name = "internal-stage-type", .required = true, .allowed = kStageTypes},
    {.name = "Database", .old_name = "database", .scope = Scope::FlowFile},
    {.name = "Schema", .old_name = "schema", .scope = Scope::FlowFile},
    {.name = "Table", .old_name = "table", .scope = Scope::FlowFile},
    {.name = "Stage", .old_name = "internal-stage", .scope = Scope::FlowFile},
};
constexpr Relationship kPutRelationships[] = {{"success"}, {"failure", true}};

class PutSnowflakeInternalStage final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services& services) override {
    TRY_VOID(needs_stages(configuration, services));
    provider_ = configuration.service<SnowflakeConnectionProvider>("Snowflake Connection Provider");
    type_ = configuration.text_or("Internal Stage Type", "");
    const std::string_view needed = type_ == "table" ? "Table" : type_ == "named" ? "Stage" : "";
    if (!needed.empty() && !configuration.is_set(needed))
      return base::fail(base::ErrorKind::InvalidValue,
                        fmt::format("{}, property '{}': is required", configuration.error_prefix(), needed));
    return {};
  }

  base::Status trigger(const Configuration& configuration, const Services& services, Session& session) override {
    auto* file = session.get();
    if (file == nullptr) return {};
    auto stage = this->stage(configuration, session, *file);
    if (!stage) return fail(configuration, session, *file, stage.error());
    // The stage may learn the token only of what is there after a crash: else the number may come to name another
    // flowfile.
    TRY_VOID(session.make_durable(*file));
    StageUpload upload{.account = provider_->account(),
                       .stage = std::move(*stage),
                       .file = {},
                       .content = file->content,
                       .token = session.sink_token(*file)};
    upload.file = name_of(upload.token);
    base::kill_point("flow.before_put");
    const auto done = services.links.stages->upload(upload);
    base::kill_point("flow.objects_put");
    if (!done) return fail(configuration, session, *file, done.error());
    session.count_bytes_in(file->size());
    session.put_attribute(*file, kStagedPath, upload.file);
    session.report(EventType::Send, *file, {.uri = fmt::format("snowflake://stages/{}/{}", upload.stage, upload.file)});
    session.transfer(*file, "success");
    return {};
  }

 private:
  /// A uuid that a repeated trigger makes again: it names the same file then.
  static std::string name_of(const SinkToken& token) {
    auto hex = store::to_hex(store::hmac_sha256(token.source, token.id)).substr(0, 32);
    hex[12] = '4';
    hex[16] = '8';
    for (const std::size_t at : {20u, 16u, 12u, 8u}) hex.insert(at, "-");
    return hex;
  }

  base::Result<std::string> stage(const Configuration& configuration, const Session& session,
                                  const FlowFile& file) const {
    if (type_ == "user") return std::string("@~");
    std::string name = "@";
    for (const auto* property : {"Database", "Schema"}) {
      TRY(const auto part, configuration.evaluate_or(property, session, file, ""));
      if (!part.empty()) name += part + ".";
    }
    const bool of_table = type_ == "table";
    TRY(const auto last, configuration.evaluate_or(of_table ? "Table" : "Stage", session, file, ""));
    return name + (of_table ? "%" : "") + last;
  }

  std::shared_ptr<SnowflakeConnectionProvider> provider_;
  std::string type_;
};

constexpr Property kIngestProperties[] = {{.name = "Ingest Manager Provider",
                                           .old_name = "ingest-manager-provider",
                                           .required = true,
                                           .service = SnowflakeIngest::kApi}};
constexpr Relationship kStartRelationships[] = {{"success"}, {"failure", true}};
constexpr Relationship kStatusRelationships[] = {{"success"}, {"retry"}, {"failure", true}};

/// The path that a processor before put there; sends the flowfile to failure when there is none.
std::string staged_path(const Configuration& configuration, Session& session, FlowFile& file) {
  auto path = file.attribute(kStagedPath);
  if (!path.empty()) return path;
  session.log_error(fmt::format("{}: the flowfile has no attribute {}", configuration.error_prefix(), kStagedPath));
  session.penalize(file);
  session.transfer(file, "failure", "no staged file");
  return path;
}

class StartSnowflakeIngest final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services& services) override {
    ingest_ = configuration.service<SnowflakeIngest>("Ingest Manager Provider");
    return needs_stages(configuration, services);
  }
  base::Status trigger(const Configuration& configuration, const Services& services, Session& session) override {
    auto* file = session.get();
    if (file == nullptr) return {};
    const auto path = staged_path(configuration, session, *file);
    if (path.empty()) return {};
    // A pipe takes a file once, so that this may be repeated.
    const auto done = services.links.stages->insert_files(ingest_->account(), ingest_->pipe(), {path});
    if (!done) return fail(configuration, session, *file, done.error());
    session.transfer(*file, "success");
    return {};
  }

 private:
  std::shared_ptr<SnowflakeIngest> ingest_;
};

class GetSnowflakeIngestStatus final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services& services) override {
    ingest_ = configuration.service<SnowflakeIngest>("Ingest Manager Provider");
    return needs_stages(configuration, services);
  }
  base::Status trigger(const Configuration& configuration, const Services& services, Session& session) override {
    auto* file = session.get();
    if (file == nullptr) return {};
    const auto path = staged_path(configuration, session, *file);
    if (path.empty()) return {};
    const auto report = services.links.stages->insert_report(ingest_->account(), ingest_->pipe(), {path});
    if (!report) return fail(configuration, session, *file, report.error());
    const auto found =
        std::ranges::find_if(*report, [&](const IngestedFile& each) { return each.path == path && each.complete; });
    if (found == report->end()) {
      session.penalize(*file);
      session.transfer(*file, "retry");
    } else if (found->errors_seen > 0) {
      session.log_error(fmt::format("{}: the pipe {} could not load the file {}: {}", configuration.error_prefix(),
                                    ingest_->pipe(), path, found->first_error));
      session.penalize(*file);
      session.transfer(*file, "failure", found->first_error);
    } else {
      session.transfer(*file, "success");
    }
    return {};
  }

 private:
  std::shared_ptr<SnowflakeIngest> ingest_;
};

constexpr std::string_view kBundle = "org.apache.nifi:nifi-snowflake-processors-nar";

}  // namespace

const Description kPutSnowflakeInternalStage{
    .type = "org.apache.nifi.processors.snowflake.PutSnowflakeInternalStage",
    .bundle = kBundle,
    .help = "Puts the content of flowfiles into an internal stage of the warehouse of this program.",
    .properties = kPutProperties,
    .relationships = kPutRelationships,
    .make = [] { return std::unique_ptr<Processor>(new PutSnowflakeInternalStage); },
};
const Description kStartSnowflakeIngest{
    .type = "org.apache.nifi.processors.snowflake.StartSnowflakeIngest",
    .bundle = kBundle,
    .help = "Tells a pipe of the warehouse of this program to load a file of its stage.",
    .properties = kIngestProperties,
    .relationships = kStartRelationships,
    .make = [] { return std::unique_ptr<Processor>(new StartSnowflakeIngest); },
};
const Description kGetSnowflakeIngestStatus{
    .type = "org.apache.nifi.processors.snowflake.GetSnowflakeIngestStatus",
    .bundle = kBundle,
    .help = "Asks whether a pipe has loaded a file of its stage.",
    .properties = kIngestProperties,
    .relationships = kStatusRelationships,
    .make = [] { return std::unique_ptr<Processor>(new GetSnowflakeIngestStatus); },
};

}  // namespace flow
