// A test for each processor that takes flowfiles: contents that it cannot read, attributes that are missing or odd,
// nothing at all. Nothing is lost or doubled, what failed is as it came, and somebody is told why.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <span>

#include "flow/processors/bad_input.h"

namespace flow {
namespace {

std::vector<std::string> types_with_input() {
  std::vector<std::string> types;
  for (const auto* description : descriptions())
    if (description->input != Input::Forbidden) types.emplace_back(description->short_type());
  return types;
}

/// Far more than any processor needs for one flowfile.
constexpr std::uint64_t kTriggersMax = 50;
/// Until penalties and yields are over, and bulletins forgotten.
constexpr std::chrono::minutes kBetween{10};

struct Step {
  std::string what;
  Given given;
  std::optional<std::string> goes;  // nothing: to any place
};

class BadInputTest : public testing::TestWithParam<std::string> {
 public:
  static void SetUpTestSuite() {
    around_ = std::make_unique<Surroundings>();
    subjects_ = subjects(*around_);
  }
  static void TearDownTestSuite() {
    subjects_.clear();
    around_.reset();
  }

 protected:
  std::vector<Subject> of_this_type() const {
    std::vector<Subject> all;
    std::ranges::copy_if(subjects_, std::back_inserter(all),
                         [](const Subject& subject) { return subject.type == GetParam(); });
    return all;
  }
  const Description& description() const { return *find_description(GetParam()); }

  /// Gives one flowfile after the other.
  void run(const Subject& subject, const PropertyValues& properties, std::span<const Step> steps) {
    while (!steps.empty() && !HasFatalFailure()) run_some(subject, properties, steps);
  }

 private:
  /// Up to one that goes back: it comes again before the others.
  void run_some(const Subject& subject, const PropertyValues& properties, std::span<const Step>& left) {
    const auto steps = left;
    ProcessorRun::Options options{.relationships = subject.relationships,
                                  .services = subject.services,
                                  .targets = around_.get(),
                                  .links = around_->warehouse.links()};
    for (std::size_t i = 0; i < steps.size(); ++i) {
      options.given.push_back(steps[i].given);
      options.given.back().arrives = kBetween * static_cast<int>(i);
    }
    ProcessorRun run(GetParam(), properties, std::move(options));
    ASSERT_EQ(run.problems(), Texts{});
    std::map<std::string, std::string> places;
    std::vector<std::string> uuids;
    for (const auto& entry : run.repository().entries()) uuids.push_back(entry.file->attributes.find("uuid")->second);
    std::ranges::sort(uuids);  // they are numbered
    ASSERT_EQ(uuids.size(), steps.size());
    for (std::size_t i = 0; i < steps.size(); ++i) {
      SCOPED_TRACE(steps[i].what);
      if (i > 0) run.advance(kBetween);
      const auto before = look(run);
      run.until_idle();
      const auto after = look(run);
      EXPECT_LE(after.triggers - before.triggers, kTriggersMax);
      places[uuids[i]] = check(subject, steps[i], run, uuids[i], before, after);
      left = steps.subspan(i + 1);
      if (places[uuids[i]] == kBack) break;
    }
    // Those that were through stay where they are.
    const auto end = look(run);
    for (const auto& [uuid, place] : places) EXPECT_EQ(place_of(end, uuid), place);
  }

  struct Seen {
    std::multimap<std::string, std::pair<std::string, FlowFilePtr>> files;  // by uuid: relationship and flowfile
    std::uint64_t triggers = 0;
    std::uint64_t last_bulletin = 0;
    std::size_t came_out = 0;
  };

  static Seen look(const ProcessorRun& run) {
    Seen seen;
    for (const auto& entry : run.repository().entries()) {
      const auto& connection = *entry.connection;
      const bool out = connection.starts_with("out:");
      seen.files.emplace(entry.file->attribute("uuid"),
                         std::pair(out ? connection.substr(4) : std::string(kBack), entry.file));
      seen.came_out += out ? 1 : 0;
    }
    const auto status = run.status();
    seen.triggers = status.tasks;
    for (const auto& bulletin : status.bulletins) seen.last_bulletin = std::max(seen.last_bulletin, bulletin.id);
    return seen;
  }
  static std::string place_of(const Seen& seen, const std::string& uuid) {
    const auto [from, to] = seen.files.equal_range(uuid);
    EXPECT_LE(std::distance(from, to), 1) << uuid << " is in several places";
    return from == to ? std::string(kGone) : from->second.first;
  }
  bool is_failure(const std::string& relationship) const {
    return std::ranges::any_of(description().relationships,
                               [&](const Relationship& each) { return each.failure && each.name == relationship; });
  }

  std::string check(const Subject& subject, const Step& step, const ProcessorRun& run, const std::string& uuid,
                    const Seen& before, const Seen& after) const {
    const auto place = place_of(after, uuid);
    if (step.goes) EXPECT_EQ(place, *step.goes) << (run.errors().empty() ? "" : run.errors().back());
    if (place == kGone) {
      EXPECT_EQ(subject.good, kGone) << "is lost";
      if (!step.given.content.empty()) EXPECT_GT(after.came_out, before.came_out) << "nothing came of it";
    }
    const bool failed = place == kBack || is_failure(place);
    if (!failed) return place;
    if (std::ranges::find(subject.quiet, place) == subject.quiet.end())
      EXPECT_TRUE(told(run, before)) << "goes to '" << place << "', and nobody is told";
    if (place == kBack) return place;
    if (!subject.makes_failures) {
      EXPECT_EQ(after.came_out, before.came_out + 1) << "something else came out beside the failure";
      expect_unchanged(subject, place, step.given, *after.files.find(uuid)->second.second);
    }
    return place;
  }

  static bool told(const ProcessorRun& run, const Seen& before) {
    const auto bulletins = run.status().bulletins;
    return std::ranges::any_of(bulletins, [&](const Bulletin& bulletin) {
      return bulletin.id > before.last_bulletin && bulletin.level >= BulletinLevel::Warning &&
             !bulletin.message.empty();
    });
  }

  static void expect_unchanged(const Subject& subject, const std::string& place, const Given& given,
                               const FlowFile& failed) {
    EXPECT_TRUE(read_all(failed.content).value_or("(unreadable)") == given.content) << "the content is another";
    Attributes attributes = failed.attributes;
    const auto reasons = subject.reasons.find(place);
    for (const auto& reason : reasons == subject.reasons.end() ? Texts{} : reasons->second) {
      EXPECT_TRUE(attributes.contains(reason)) << "there is no attribute " << reason;
      if (!attributes.contains(reason)) continue;
      EXPECT_NE(attributes[reason], "") << reason;
      attributes.erase(attributes.find(reason));
    }
    for (const auto& name : subject.also)
      if (const auto found = attributes.find(name); found != attributes.end()) attributes.erase(found);
    auto expected = given.attributes;
    for (const auto& name : subject.also)
      if (const auto found = expected.find(name); found != expected.end()) expected.erase(found);
    for (const auto* name : {"uuid", "filename", "path"})
      if (!expected.contains(name) && attributes.contains(name)) expected[name] = attributes[name];
    std::set<std::string> changed;
    for (const auto& [name, value] : attributes)
      if (!expected.contains(name) || expected.find(name)->second != value) changed.insert(std::string(name));
    for (const auto& [name, value] : expected)
      if (!attributes.contains(name)) changed.insert("no " + std::string(name));
    EXPECT_EQ(changed, std::set<std::string>{}) << "attributes of what failed";
  }

 protected:
  static std::unique_ptr<Surroundings> around_;
  static std::vector<Subject> subjects_;
};
std::unique_ptr<Surroundings> BadInputTest::around_;
std::vector<Subject> BadInputTest::subjects_;

TEST_P(BadInputTest, Contents) {
  const auto all = of_this_type();
  if (all.empty() && GetParam().ends_with("SFTP") && !around_->ssh) GTEST_SKIP() << "there is no " << kSshServer;
  ASSERT_FALSE(all.empty()) << "is not in the table";
  for (const auto& subject : all) {
    SCOPED_TRACE(subject.name);
    const auto& works = subject.works;
    std::vector<Step> steps{{"what works", works, subject.good}};
    for (const auto& [bad, what] : kBad) {
      const auto but = subject.but.find(bad);
      steps.push_back({std::string(what),
                       {content_of(bad), works.attributes},
                       but == subject.but.end() ? subject.bad : but->second});
    }
    const auto without = subject.bare.empty() ? subject.good : subject.bare;
    steps.push_back({"no attributes", {works.content}, without});
    steps.push_back({"neither content nor attributes", {""}, std::nullopt});
    auto odd = works;
    for (const auto& [name, value] : odd_values())
      if (value) odd.attributes[name + "\n name"] = *value;
    steps.push_back({"attributes that nobody thought of", std::move(odd), subject.good});
    run(subject, subject.properties, steps);
  }
}

/// Each property that may say other things for each flowfile.
TEST_P(BadInputTest, Expressions) {
  std::vector<std::string> names;
  for (const auto& property : description().properties)
    if (property.scope == Scope::FlowFile && !property.no_effect && !property.unsupported)
      names.emplace_back(property.name);
  const bool dynamic = description().dynamic && description().dynamic_scope == Scope::FlowFile;
  const auto all = of_this_type();
  if (all.empty()) return;  // Contents says so
  const auto& subject = all.front();
  if (dynamic) names.push_back(subject.dynamic);
  for (const auto& name : names) {
    SCOPED_TRACE(name);
    auto properties = subject.properties;
    for (const auto& property : description().properties)
      if (property.name == name) properties.erase(std::string(property.old_name));
    properties[name] = "${value}";
    std::vector<Step> steps;
    const auto known = subject.values.find(name);
    for (const auto& [kind, value] : odd_values()) {
      steps.push_back({kind, subject.works, {}});
      if (value) steps.back().given.attributes["value"] = *value;
      if (known == subject.values.end()) continue;
      if (const auto goes = known->second.find(kind); goes != known->second.end()) steps.back().goes = goes->second;
    }
    run(subject, properties, steps);
  }
  for (const auto& request : around_->http.seen()) EXPECT_EQ(request.headers.get("Injected"), "");
}

INSTANTIATE_TEST_SUITE_P(Each, BadInputTest, testing::ValuesIn(types_with_input()),
                         [](const auto& type) { return type.param; });

}  // namespace
}  // namespace flow
