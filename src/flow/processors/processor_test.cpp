#include "flow/processors/processor_test.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "flow/description.h"
#include "flow/processors/coverage.h"

namespace flow {

void Folder::write(const std::string& name, std::string_view content) const {
  std::filesystem::create_directories(std::filesystem::path(at(name)).parent_path());
  std::ofstream(at(name), std::ios::binary) << content;
}

std::string Folder::read(const std::string& name) const {
  std::ifstream file(at(name), std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

base::Result<std::shared_ptr<ObjectTarget>> ProcessorRun::NoTargets::find(const TargetRequest&) {
  return base::fail(base::ErrorKind::Unsupported, "this test has no object store");
}

ProcessorRun::ProcessorRun(const std::string& type, PropertyValues properties, Options options) {
  const auto* description = find_description(type);
  EXPECT_NE(description, nullptr) << "no processor of type " << type;
  if (description == nullptr) return;
  ProcessorDefinition processor;
  processor.id = "subject";
  processor.group = "root";
  processor.name = "subject";
  processor.type = description->type;
  processor.properties = std::move(properties);
  if (options.change) options.change(processor);
  auto relationships = options.relationships;
  if (relationships.empty()) {
    for (const auto& relationship : description->relationships) relationships.emplace_back(relationship.name);
    if (description->dynamic_relationships)
      for (const auto& [name, value] : processor.properties)
        if (std::ranges::none_of(description->properties,
                                 [&](const Property& p) { return p.name == name || p.old_name == name; }))
          relationships.push_back(name);
  }
  flow_.name = "test";
  flow_.root = "root";
  flow_.groups.push_back({.id = "root", .name = "test"});
  flow_.processors.push_back(std::move(processor));
  flow_.services = std::move(options.services);
  if (options.targets != nullptr) targets_ = options.targets;
  map_caches_ = options.map_caches != nullptr ? options.map_caches : make_map_caches();
  links_ = options.links;
  keeps_events_ = options.keeps_events;
  flow_.ports = {{.id = "from", .group = "root", .name = "from", .kind = PortKind::Input},
                 {.id = "to", .group = "root", .name = "to", .kind = PortKind::Output}};
  const auto connect = [&](const std::string& id, const std::string& source, const std::string& destination,
                           const std::string& relationship) {
    flow_.connections.push_back(
        {.id = id, .group = "root", .source = source, .destination = destination, .relationships = {relationship}});
    flow_.connections.back().objects_max = options.queue_files;
  };
  if (options.input && description->input != Input::Forbidden) connect("in", "from", "subject", "");
  for (const auto& relationship : relationships) connect("out:" + relationship, "subject", "to", relationship);
  open_repository();
  put(std::move(options.given));
  open();
}

ProcessorRun::~ProcessorRun() {
  if (engine_ != nullptr) Coverage::of_this_program().note(flow_, engine_->status());
  engine_.reset();
}

void ProcessorRun::put(std::vector<Given> given) {
  Changes changes;
  const auto in = std::make_shared<const std::string>("in");
  for (auto& each : given) {
    auto file = std::make_shared<FlowFile>();
    file->id = repository_->next_file_id();
    const auto uuid = fmt::format("00000000-0000-4000-8000-{:012x}", file->id);
    file->attributes = std::move(each.attributes);
    file->attributes["uuid"] = uuid;
    file->attributes.emplace("filename", uuid);
    file->attributes.emplace("path", "./");
    auto writer = repository_->content().begin_write();
    ASSERT_TRUE(writer && writer->append(each.before));
    for (std::uint64_t i = 0; i < each.times; ++i) ASSERT_TRUE(writer->append(each.content));
    ASSERT_TRUE(writer->append(each.after));
    file->content = writer->finish();
    file->entered = file->lineage_start = file->queued = clock_.now();
    file->lineage_index = file->id;
    file->queue_index = repository_->next_queue_index();
    if (each.arrives.count() > 0) file->penalty_ends = clock_.now() + each.arrives;
    changes.puts.push_back({std::move(file), in});
  }
  if (!changes.empty()) ASSERT_TRUE(repository_->commit(std::move(changes)));
}

void ProcessorRun::open_repository() {
  Repository::Options options{.directory = folder_.at("flow")};
  if (keeps_events_) options.provenance = Provenance::Options{.directory = folder_.at("events")};
  repository_ = Repository::open(std::move(options), disk_).value();
}

std::vector<Event> ProcessorRun::events(std::optional<EventType> type) const {
  EventQuery query{.most = 100'000};
  if (type) query.types = {*type};
  auto page = repository_->provenance()->find(query);
  EXPECT_TRUE(page) << (page ? "" : page.error().message);
  if (!page) return {};
  std::ranges::reverse(page->events);
  return std::move(page->events);
}

void ProcessorRun::open() {
  engine_ = std::make_unique<Engine>(*repository_, Services{clock_, wall_, *targets_, "127.0.0.1", map_caches_, links_},
                                     Engine::Environment{.hostname = "test", .time_zone = "UTC", .seed = 7});
  notes_.clear();
  const auto made = engine_->put(flow_, {}, notes_);
  ASSERT_TRUE(made) << made.error().message;
  engine_->start("subject");
}

void ProcessorRun::restart() {
  Coverage::of_this_program().note(flow_, engine_->status());
  engine_.reset();
  ASSERT_TRUE(repository_->sync());
  repository_.reset();
  open_repository();
  open();
}

IdleReport ProcessorRun::until_idle() {
  const auto report =
      engine_->run_until_idle({.sleep = [this](std::chrono::nanoseconds time) { wall_.advance(time); }});
  EXPECT_TRUE(report) << (report ? "" : report.error().message);
  return report.value_or(IdleReport{});
}

void ProcessorRun::advance(std::chrono::nanoseconds by) {
  clock_.advance(by);
  wall_.advance(by);
}

std::vector<Came> ProcessorRun::out(std::string_view relationship) const {
  std::vector<FlowFilePtr> files;
  for (const auto& entry : repository_->entries())
    if (*entry.connection == "out:" + std::string(relationship)) files.push_back(entry.file);
  std::ranges::sort(files, {}, &FlowFile::queue_index);
  std::vector<Came> came;
  for (const auto& file : files)
    came.push_back(
        {read_all(file->content).value_or("(unreadable)"), file->attributes, file->penalty_ends > clock_.now()});
  return came;
}

std::vector<std::string> ProcessorRun::contents(std::string_view relationship) const {
  std::vector<std::string> contents;
  for (auto& came : out(relationship)) contents.push_back(std::move(came.content));
  return contents;
}

Came ProcessorRun::only(std::string_view relationship) const {
  auto came = out(relationship);
  EXPECT_EQ(came.size(), 1u) << "flowfiles in '" << relationship << "'" << (errors().empty() ? "" : ": " + errors()[0]);
  return came.empty() ? Came{} : std::move(came.front());
}

std::size_t ProcessorRun::waiting() const {
  const auto entries = repository_->entries();
  return static_cast<std::size_t>(
      std::ranges::count_if(entries, [](const auto& entry) { return *entry.connection == "in"; }));
}

std::vector<std::string> ProcessorRun::errors() const {
  std::vector<std::string> messages;
  for (const auto& bulletin : status().bulletins) messages.push_back(bulletin.message);
  return messages;
}

ComponentStatus ProcessorRun::status() const {
  for (const auto& row : engine_->status().components)
    if (row.id == "subject") return row;
  return {};
}

namespace {

TEST(ProcessorRunTest, GivesFlowFilesAndShowsWhatCameOut) {
  ProcessorRun run("UpdateAttribute", {{"more", "${kind:toUpper()}"}},
                   {.given = {{"one", {{"kind", "a"}}}, {.content = "", .arrives = std::chrono::seconds{5}}}});
  EXPECT_EQ(run.problems(), Texts{});
  run.until_idle();
  EXPECT_EQ(run.only("success").content, "one");
  EXPECT_EQ(run.only("success").at("more"), "A");
  EXPECT_EQ(run.only("success").at("none"), "(none)");
  EXPECT_EQ(run.waiting(), 1u);
  run.advance(std::chrono::seconds{5});
  run.until_idle();
  EXPECT_EQ(run.contents("success"), (Texts{"one", ""}));
  run.restart();
  EXPECT_EQ(run.contents("success"), (Texts{"one", ""}));
}

TEST(ProcessorRunTest, ShowsWhatIsInvalid) {
  ProcessorRun run("UpdateAttribute", {{"a", "${nothing:ofTheKind()}"}}, {.given = {{"one"}}});
  ASSERT_EQ(run.problems().size(), 1u);
  run.until_idle();
  EXPECT_EQ(run.waiting(), 1u);
}

}  // namespace
}  // namespace flow
