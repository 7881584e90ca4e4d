#include "flow/processors/fetch_file.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/log.h"
#include "flow/engine/processor.h"
#include "flow/engine/session.h"
#include "flow/processors/failure.h"
#include "flow/processors/os_file.h"
#include "flow/processors/source_file.h"

namespace flow {
namespace {

namespace fs = std::filesystem;

constexpr Allowed kCompletions[] = {{"None"}, {"Move File"}, {"Delete File"}};
constexpr Allowed kConflicts[] = {{"Rename"}, {"Replace File"}, {"Keep Existing"}, {"Fail"}};

constexpr Property kProperties[] = {
    {.name = "File to Fetch",
     .help = "The whole path",
     .fallback = "${absolute.path}/${filename}",
     .required = true,
     .scope = Scope::FlowFile},
    {.name = "Completion Strategy",
     .help = "What to do with the file once its content is safe",
     .fallback = "None",
     .required = true,
     .allowed = kCompletions},
    {.name = "Move Destination Directory", .scope = Scope::FlowFile},
    {.name = "Move Conflict Strategy",
     .help = "When the name is taken there",
     .fallback = "Rename",
     .required = true,
     .allowed = kConflicts},
    {.name = "File not Found Log Level",
     .old_name = "Log level when file not found",
     .fallback = "ERROR",
     .required = true,
     .allowed = kFailureLevels},
    {.name = "Permission Denied Log Level",
     .old_name = "Log level when permission denied",
     .fallback = "ERROR",
     .required = true,
     .allowed = kFailureLevels},
};
constexpr Relationship kRelationships[] = {
    {"success"}, {"not.found", true}, {"permission.denied", true}, {"failure", true}};

class FetchFile final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    completion_ = configuration.text_or("Completion Strategy", "None");
    conflict_ = configuration.text_or("Move Conflict Strategy", "Rename");
    return {};
  }

  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    auto* file = session.get();
    if (file == nullptr) return {};
    TRY(const auto path_text, configuration.evaluate("File to Fetch", session, *file));
    const auto path = path_text.value_or("");
    auto destination = std::string{};
    if (completion_ == "Move File") {
      TRY(const auto directory, configuration.evaluate("Move Destination Directory", session, *file));
      if (!directory || directory->empty())
        return fail_to(configuration, session, *file, "failure", "'Move Destination Directory' is empty");
      destination = *directory + "/" + fs::path(path).filename().string();
      if (conflict_ == "Fail" && is_there(destination)) {
        send_to_failure(configuration, session, *file,
                        fmt::format("a file of that name is already at {}", destination));
        return {};
      }
    }
    auto content = read_source_file(session, path);
    if (!content) {
      switch (content.error().kind) {
        case base::ErrorKind::NotFound:
          return fail_to(configuration, session, *file, "not.found", content.error().message,
                         configuration.text_or("File not Found Log Level", "ERROR"));
        case base::ErrorKind::Denied:
          return fail_to(configuration, session, *file, "permission.denied", content.error().message,
                         configuration.text_or("Permission Denied Log Level", "ERROR"));
        case base::ErrorKind::InvalidValue:
          return fail_to(configuration, session, *file, "failure", content.error().message);
        case base::ErrorKind::Syntax:
        case base::ErrorKind::AlreadyExists:
        case base::ErrorKind::Conflict:
        case base::ErrorKind::Unavailable:
        case base::ErrorKind::Unsupported:
        case base::ErrorKind::Cancelled:
        case base::ErrorKind::Internal:
          return base::fail(content.error());  // rolled back, tried again after the penalty
      }
    }
    session.set_content(*file, std::move(*content));
    session.report(EventType::Fetch, *file, {.uri = file_uri(path), .details = "The content is that of " + path});
    session.transfer(*file, "success");
    if (completion_ != "None") session.after_commit([this, path, destination] { complete(path, destination); });
    return {};
  }

 private:
  static base::Status fail_to(const Configuration& configuration, Session& session, FlowFile& file,
                              std::string_view relationship, std::string reason, const std::string& level = "ERROR") {
    log_at(session, level, fmt::format("{}: {}", configuration.error_prefix(), reason));
    session.penalize(file);
    if (relationship != "failure") session.report(EventType::Route, file, {.relationship = std::string(relationship)});
    session.transfer(file, relationship, std::move(reason));
    return {};
  }

  void complete(const std::string& path, std::string destination) const {
    std::error_code error;
    if (completion_ == "Delete File") {
      fs::remove(path, error);
    } else {
      fs::create_directories(fs::path(destination).parent_path(), error);
      if (is_there(destination)) {
        if (conflict_ == "Keep Existing") {
          fs::remove(path, error);
          return;
        }
        if (conflict_ == "Rename") destination = free_name(destination);
      }
      fs::rename(path, destination, error);
      if (error) {  // another file system
        error.clear();
        fs::copy_file(path, destination, fs::copy_options::overwrite_existing, error);
        if (!error) fs::remove(path, error);
      }
    }
    if (error) LOG_WARN("flow.fetch_completion_failed strategy=\"{}\" error=\"{}\"", completion_, error.message());
  }

  static bool is_there(const std::string& path) {
    std::error_code error;
    return fs::exists(path, error);
  }
  static std::string free_name(const std::string& taken) {
    for (int n = 1;; ++n)
      if (auto name = fmt::format("{}.{}", taken, n); !is_there(name)) return name;
  }

  std::string completion_;
  std::string conflict_;
};

}  // namespace

const Description kFetchFile{
    .type = "org.apache.nifi.processors.standard.FetchFile",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Reads the file that a flowfile names.",
    .properties = kProperties,
    .relationships = kRelationships,
    .make = [] { return std::unique_ptr<Processor>(new FetchFile); },
};

}  // namespace flow
