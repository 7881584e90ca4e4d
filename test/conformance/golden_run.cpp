#include <sys/stat.h>

#include <fcntl.h>
#include <algorithm>
#include <optional>
#include <regex>
#include <set>

#include "bridge/record_sql.h"
#include "golden_case.h"

namespace flow::golden {
namespace {

namespace json = boost::json;

constexpr std::time_t kFilesWritten = 1'704'067'200;  // 2024-01-01, as when the recordings were made

// Attributes whose values are the machine's or the moment's, or words for people.
const std::set<std::string, std::less<>> kOfTheMachine = {
    "file.creationTime", "file.lastAccessTime",        "file.owner",          "file.group", "entryDate",
    "merge.bin.age",     "execution.command.duration", "record.error.message"};

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

/// Is it text that JSON can hold for people to read?
bool is_text(std::string_view bytes) {
  for (const char c : bytes)
    if (static_cast<unsigned char>(c) < 32 && c != '\n' && c != '\r' && c != '\t') return false;
  boost::system::error_code invalid;
  json::parse(json::serialize(json::value(bytes)), invalid);
  return !invalid;
}

class CaseRun {
 public:
  CaseRun(const Case& tried, std::string release) : case_(tried), release_(std::move(release)) {}

  json::object run() {
    write_files();
    const auto* last = case_.processor.c_str() + case_.processor.rfind('.') + 1;
    auto services = case_.services;
    for (auto& service : services) {
      service.bundle = bundle();
      place(service.properties);
    }
    auto properties = case_.properties;
    place(properties);
    auto given = case_.given;
    for (auto& each : given)
      for (const auto& [name, value] : Attributes(each.attributes)) place(each.attributes[name]);
    ProcessorRun run(last, std::move(properties),
                     {.given = std::move(given),
                      .relationships = case_.relationships,
                      .services = std::move(services),
                      .change =
                          [this](ProcessorDefinition& processor) {
                            processor.bundle = bundle();
                            processor.order = case_.order;
                            processor.annotation_data = case_.annotation_data;
                          },
                      .input = case_.input,
                      .links = {.record_sql = &sql()},
                      .keeps_events = true});
    if (!run.problems().empty()) return {{"invalid", true}};
    run.until_idle();
    return outcome(run);
  }

 private:
  std::string bundle() const { return "org.apache.nifi:nifi-standard-nar:" + release_; }

  static bridge::EngineRecordSql& sql() {
    static Folder folder;
    static bridge::EngineRecordSql sql({.temp_directory = folder.path()});
    return sql;
  }

  void place(std::string& text) const { replace_all(text, "{directory}", folder_.path()); }
  void place(PropertyValues& properties) const {
    for (auto& [name, value] : properties)
      if (value) place(*value);
  }

  void write_files() const {
    for (const auto& [name, content] : case_.files) {
      folder_.write(name, content);
      const timespec times[2] = {{kFilesWritten, 0}, {kFilesWritten, 0}};
      utimensat(AT_FDCWD, folder_.at(name).c_str(), times, 0);
      chmod(folder_.at(name).c_str(), 0644);
    }
  }

  std::string normal(std::string text) const {
    if (text == "subject") return "{uuid}";  // the processor's id
    static const std::regex kUuid("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
    replace_all(text, folder_.path(), "{directory}");
    return std::regex_replace(text, kUuid, "{uuid}");
  }

  void put_content(json::object& into, const std::string& bytes) const {
    if (is_text(bytes))
      into["content"] = normal(bytes);
    else
      into["base64"] = to_base64(bytes);
  }

  json::array flow_files(const ProcessorRun& run, const std::string& relationship) const {
    json::array files;
    for (const auto& came : run.out(relationship)) {
      json::object file;
      auto& attributes = file["attributes"].emplace_object();
      for (const auto& [name, value] : came.attributes)
        if (name != "uuid") attributes[name] = kOfTheMachine.contains(name) ? "*" : normal(value);
      if (came.penalised) file["penalised"] = true;
      put_content(file, came.content);
      files.push_back(std::move(file));
    }
    return files;
  }

  json::object outcome(const ProcessorRun& run) const {
    json::object outcome;
    if (run.waiting() > 0) outcome["left"] = run.waiting();
    auto& relationships = outcome["relationships"].emplace_object();
    for (const auto& relationship : run.status().relationships)
      if (auto files = flow_files(run, relationship); !files.empty()) relationships[relationship] = std::move(files);
    std::vector<std::string> types;
    for (const auto& event : run.events()) types.emplace_back(name_of(event.type));
    std::ranges::sort(types);
    outcome["provenance"] = json::value_from(types);
    if (const auto counters = run.status().counters; !counters.empty())
      outcome["counters"] = json::value_from(counters);
    if (case_.looks_at_files) outcome["files"] = files_left();
    return outcome;
  }

  json::object files_left() const {
    json::object files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path())) {
      if (!entry.is_regular_file()) continue;
      const auto name = std::filesystem::relative(entry.path(), folder_.path()).string();
      json::object file;
      put_content(file, folder_.read(name));
      files[name] = file.contains("content") ? file["content"] : json::value(file);
    }
    return files;
  }

  const Case& case_;
  const std::string release_;
  Folder folder_;
};

}  // namespace

json::object run_case(const Case& tried, const std::string& release) { return CaseRun(tried, release).run(); }

}  // namespace flow::golden
