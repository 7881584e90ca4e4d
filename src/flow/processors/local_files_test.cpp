// Processors that read the files of this machine, and those that make and log flowfiles.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "flow/processors/record_test_services.h"

namespace flow {
namespace {

namespace fs = std::filesystem;

Texts sorted(Texts texts) {
  std::ranges::sort(texts);
  return texts;
}
Texts names(const ProcessorRun& run) {
  Texts names;
  for (const auto& file : run.out("success")) names.push_back(file.at("filename"));
  return sorted(names);
}
/// By the clock of the tests.
void set_age(const std::string& path, std::chrono::seconds age) {
  const auto at = SetWallClock().now() - age;
  const timespec times[2] = {{at.ns / 1'000'000'000, 0}, {at.ns / 1'000'000'000, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
}

/// While it lives, this thread may do to files what anybody may, and a run what it needs.
class Unprivileged {
 public:
  explicit Unprivileged(const ProcessorRun& run) {
    if (::getuid() != 0) return;
    for (const auto& entry : fs::recursive_directory_iterator(run.folder().path()))
      EXPECT_EQ(::chown(entry.path().c_str(), kNobody, static_cast<gid_t>(-1)), 0);
    EXPECT_EQ(::chown(run.folder().path().c_str(), kNobody, static_cast<gid_t>(-1)), 0);
    ::setfsuid(kNobody);
  }
  ~Unprivileged() {
    if (::getuid() == 0) ::setfsuid(0);
  }
  Unprivileged(const Unprivileged&) = delete;
  Unprivileged& operator=(const Unprivileged&) = delete;

 private:
  static constexpr uid_t kNobody = 65534;
};

TEST(LocalFilesTest, ListFileAndGetFileChooseFiles) {
  const Folder folder;
  for (const auto* name : {"a.txt", "b.csv", ".dot.txt", "in/c.txt", "in/deep/d.txt"}) folder.write(name, name);
  folder.write("big.txt", std::string(2048, 'x'));
  for (const auto* name : {"a.txt", "b.csv", ".dot.txt", "in/c.txt", "in/deep/d.txt", "big.txt"})
    set_age(folder.at(name), std::chrono::seconds{std::string_view(name) == "b.csv" ? 7200 : 60});
  struct Case {
    PropertyValues properties;
    Texts expected;
  };
  for (const auto& c : std::to_array<Case>({
           {{}, {"a.txt", "b.csv", "big.txt", "c.txt", "d.txt"}},
           {{{"Recurse Subdirectories", "false"}}, {"a.txt", "b.csv", "big.txt"}},
           {{{"File Filter", ".*[.]csv"}}, {"b.csv"}},
           {{{"Path Filter", "in/deep"}}, {"d.txt"}},
           {{{"Path Filter", "in/deep"}, {"Recurse Subdirectories", "false"}}, {"a.txt", "b.csv", "big.txt"}},
           {{{"File Filter", ".*dot.*"}}, {}},
           {{{"File Filter", ".*dot.*"}, {"Ignore Hidden Files", "false"}}, {".dot.txt"}},
           {{{"Minimum File Age", "1 hour"}}, {"b.csv"}},
           {{{"Maximum File Age", "1 hour"}}, {"a.txt", "big.txt", "c.txt", "d.txt"}},
           {{{"Minimum File Size", "2 KB"}}, {"big.txt"}},
           {{{"Maximum File Size", "1 KB"}}, {"a.txt", "b.csv", "c.txt", "d.txt"}},
       })) {
    for (const auto* type : {"ListFile", "GetFile"}) {
      const bool lists = std::string_view(type) == "ListFile";
      auto properties = c.properties;
      properties.insert({{"Input Directory", folder.path()},
                         {lists ? "Listing Strategy" : "Keep Source File", lists ? "none" : "true"}});
      ProcessorRun run(type, properties);
      run.until_idle();
      EXPECT_EQ(names(run), sorted(c.expected)) << type << (c.properties.empty() ? "" : c.properties.begin()->first);
    }
  }
}

/// ListFile asks the filter about the top, too, and GetFile leaves it out.
TEST(LocalFilesTest, PathFiltersOfTheTop) {
  const Folder folder;
  folder.write("a", "1");
  folder.write("in/b", "2");
  const PropertyValues common{{"Input Directory", folder.path()}, {"Path Filter", ".*"}};
  ProcessorRun list("ListFile", common);
  list.until_idle();
  EXPECT_EQ(names(list), (Texts{"a", "b"}));
  ProcessorRun get("GetFile", common);
  get.until_idle();
  EXPECT_EQ(names(get), (Texts{"b"}));
}

TEST(LocalFilesTest, ListFileSaysWhatAFileIs) {
  const Folder folder;
  folder.write("in/f", "12345");
  set_age(folder.at("in/f"), std::chrono::seconds{60});
  for (const bool details : {true, false}) {
    ProcessorRun run("ListFile", {{"Input Directory", folder.path()},
                                  {"Input Directory Location", "Remote"},
                                  {"Include File Attributes", details ? "true" : "false"}});
    run.until_idle();
    const auto file = run.only("success");
    EXPECT_EQ(file.at("filename"), "f");
    EXPECT_EQ(file.at("path"), "in/");
    EXPECT_EQ(file.at("absolute.path"), folder.at("in/"));
    EXPECT_EQ(file.at("file.size"), details ? "5" : file.at("file.size"));
    EXPECT_EQ(file.at("file.lastModifiedTime"), "2027-01-15T07:59:00+0000");
    EXPECT_EQ(file.at("file.permissions") == "(none)", !details);
    EXPECT_EQ(file.at("file.owner") == "(none)", !details);
  }
}

TEST(LocalFilesTest, ListFileKeepsBackWhatMayGetCompany) {
  const Folder folder;
  folder.write("old", "1");
  folder.write("new", "2");
  set_age(folder.at("old"), std::chrono::seconds{600});
  set_age(folder.at("new"), std::chrono::seconds{1});
  for (const auto& [precision, expected] : std::vector<std::pair<std::string, Texts>>{
           {"millis", {"new", "old"}}, {"seconds", {"new", "old"}}, {"minutes", {"old"}}}) {
    ProcessorRun run("ListFile",
                     {{"Input Directory", folder.path()}, {"Target System Timestamp Precision", precision}});
    ASSERT_TRUE(run.engine().run_until_idle({.wait_max = std::chrono::nanoseconds{0}}));
    EXPECT_EQ(names(run), expected) << precision;
  }
}

TEST(LocalFilesTest, GetFileTakesFilesAway) {
  const Folder folder;
  for (const auto* name : {"a", "b", "c", "in/d"}) folder.write(name, name);
  ProcessorRun run("GetFile",
                   {{"Input Directory", folder.path()}, {"Batch Size", "3"}, {"Polling Interval", "10 min"}});
  run.until_idle();
  EXPECT_EQ(sorted(run.contents("success")), (Texts{"a", "b", "c", "in/d"}));
  EXPECT_EQ(run.commits(), 2u);
  EXPECT_FALSE(fs::exists(folder.at("a")) || fs::exists(folder.at("in/d")));
  folder.write("e", "e");
  run.advance(std::chrono::minutes{9});
  run.until_idle();
  EXPECT_EQ(run.out("success").size(), 4u);
  run.advance(std::chrono::minutes{2});
  run.until_idle();
  EXPECT_EQ(run.out("success").size(), 5u);
}

TEST(LocalFilesTest, FetchFileCompletes) {
  struct Case {
    std::string completion, conflict, relationship;
    Texts left;               // in the directory it came from
    std::string moved;        // what the file of its name there holds
    std::string beside = {};  // and the one that gave way
  };
  for (const auto& c : std::to_array<Case>({{"None", "Rename", "success", {"f"}, "old"},
                                            {"Delete File", "Rename", "success", {}, "old"},
                                            {"Move File", "Rename", "success", {}, "old", "new"},
                                            {"Move File", "Replace File", "success", {}, "new"},
                                            {"Move File", "Keep Existing", "success", {}, "old"},
                                            {"Move File", "Fail", "failure", {"f"}, "old"}})) {
    const Folder folder;
    folder.write("in/f", "new");
    folder.write("done/f", "old");
    ProcessorRun run("FetchFile",
                     {{"File to Fetch", "${dir}/in/${filename}"},
                      {"Completion Strategy", c.completion},
                      {"Move Destination Directory", "${dir}/done"},
                      {"Move Conflict Strategy", c.conflict}},
                     {.given = {{"before", {{"dir", folder.path()}, {"filename", "f"}}}}});
    run.until_idle();
    const auto came = run.only(c.relationship);
    EXPECT_EQ(came.content, c.relationship == "success" ? "new" : "before") << c.conflict;
    EXPECT_FALSE(came.penalised);
    Texts left;
    for (const auto& entry : fs::directory_iterator(folder.at("in"))) left.push_back(entry.path().filename());
    EXPECT_EQ(left, c.left) << c.completion << c.conflict;
    EXPECT_EQ(folder.read("done/f"), c.moved) << c.completion << c.conflict;
    Texts moved;
    for (const auto& entry : fs::directory_iterator(folder.at("done")))
      if (entry.path().filename() != "f") moved.push_back(folder.read("done/" + entry.path().filename().string()));
    EXPECT_EQ(moved, c.beside.empty() ? Texts{} : Texts{c.beside}) << c.conflict;
  }
}

TEST(LocalFilesTest, FetchFileStaysWhereItCannotMoveTo) {
  for (const auto* conflict : {"Rename", "Replace File", "Keep Existing", "Fail"}) {
    const Folder folder;
    folder.write("f", "new");
    ProcessorRun run("FetchFile",
                     {{"File to Fetch", folder.at("f")},
                      {"Completion Strategy", "Move File"},
                      {"Move Destination Directory", folder.at(std::string(5000, 'x'))},
                      {"Move Conflict Strategy", conflict}},
                     {.given = {{"before"}}});
    run.until_idle();
    EXPECT_EQ(run.only("success").content, "new") << conflict;
    EXPECT_EQ(folder.read("f"), "new") << conflict;
  }
}

TEST(LocalFilesTest, FetchFileSaysWhatIsWrongAsLoudlyAsItIsTold) {
  struct Case {
    std::string level;
    std::vector<BulletinLevel> said;
  };
  const Folder folder;
  folder.write("f", "x");
  fs::create_directory(folder.at("d"));
  ASSERT_EQ(::chmod(folder.at("f").c_str(), 0), 0);
  for (const auto& c : std::to_array<Case>({{"ERROR", {BulletinLevel::Error}},
                                            {"FATAL", {BulletinLevel::Error}},
                                            {"WARN", {BulletinLevel::Warning}},
                                            {"INFO", {BulletinLevel::Info}},
                                            {"DEBUG", {BulletinLevel::Debug}},
                                            {"TRACE", {BulletinLevel::Debug}},
                                            {"NONE", {}}})) {
    for (const auto& [name, property, relationship] :
         {std::tuple{"none", "File not Found Log Level", "not.found"},
          std::tuple{"f", "Permission Denied Log Level", "permission.denied"}}) {
      ProcessorRun run("FetchFile", {{"File to Fetch", folder.at(name)}, {property, c.level}},
                       {.given = {{"before"}}, .change = [](auto& processor) { processor.bulletin_level = "DEBUG"; }});
      {
        ASSERT_EQ(::chmod(folder.path().c_str(), 0755), 0);
        const Unprivileged nobody(run);
        run.until_idle();
      }
      EXPECT_EQ(run.only(relationship).content, "before");
      EXPECT_TRUE(run.only(relationship).penalised);
      std::vector<BulletinLevel> said;
      for (const auto& bulletin : run.status().bulletins) said.push_back(bulletin.level);
      EXPECT_EQ(said, c.said) << property << " " << c.level;
    }
  }
  ProcessorRun directory("FetchFile", {{"File to Fetch", folder.at("d")}}, {.given = {{"before"}}});
  directory.until_idle();
  EXPECT_EQ(directory.only("failure").content, "before");
  ProcessorRun nowhere("FetchFile", {}, {.given = {{"before", {{"filename", "f"}}}}});  // no absolute.path
  nowhere.until_idle();
  EXPECT_EQ(nowhere.only("not.found").content, "before");
}

TEST(LocalFilesTest, GenerateFlowFileMakesWhatItIsTold) {
  const auto make = [](PropertyValues properties) {
    auto run = std::make_unique<ProcessorRun>("GenerateFlowFile", std::move(properties));
    EXPECT_EQ(run->problems(), Texts{});
    run->until_idle();
    return run;
  };
  EXPECT_EQ(make({})->contents("success"), Texts{""});
  const auto custom = make({{"Custom Text", "größer ${literal(2):plus(1)}"},
                            {"Batch Size", "2"},
                            {"Mime Type", "text/x"},
                            {"kind", "${literal('a'):toUpper()}"}});
  EXPECT_EQ(custom->contents("success"), (Texts{"größer 3", "größer 3"}));
  EXPECT_EQ(custom->out("success")[1].at("mime.type"), "text/x");
  EXPECT_EQ(custom->out("success")[1].at("kind"), "A");
  EXPECT_EQ(make({{"Custom Text", "größer"}, {"Character Set", "US-ASCII"}})->contents("success"), Texts{"gr??er"});
  const auto same = make({{"File Size", "200 KB"}, {"Batch Size", "2"}})->contents("success");
  ASSERT_EQ(same.size(), 2u);
  EXPECT_EQ(same[0].size(), 200u << 10);
  EXPECT_EQ(same[0], same[1]);
  EXPECT_TRUE(std::ranges::all_of(same[0], [](unsigned char c) { return c < 128; }));
  const auto binary = make({{"File Size", "1 KB"}, {"Data Format", "Binary"}})->contents("success");
  EXPECT_FALSE(std::ranges::all_of(binary.at(0), [](unsigned char c) { return c < 128; }));
  const auto unique =
      make({{"File Size", "1 KB"}, {"Batch Size", "2"}, {"Unique FlowFiles", "true"}})->contents("success");
  EXPECT_NE(unique.at(0), unique.at(1));
  for (const auto& [name, value] : PropertyValues{{"Unique FlowFiles", "true"}, {"Data Format", "Binary"}})
    EXPECT_EQ(ProcessorRun("GenerateFlowFile", {{"Custom Text", "x"}, {name, value}}).problems(),
              (Texts{"GenerateFlowFile 'subject': with Custom Text, Data Format must be Text and Unique FlowFiles must "
                     "be false"}));
}

TEST(LocalFilesTest, LogAttributeSaysWhatItIsTold) {
  struct Case {
    PropertyValues properties;
    Texts shown, hidden;
  };
  for (const auto& c : std::to_array<Case>({
           {{}, {"one=\"1\"", "two=\"2\"", "tree=\"3\""}, {}},
           {{{"Log Prefix", "${one}-"}}, {"prefix=\"1-\""}, {}},
           {{{"Attributes to Log", "one, two"}}, {"one=", "two="}, {"tree="}},
           {{{"Attributes to Log Regular Expression", "t.*"}}, {"two=", "tree="}, {"one="}},
           {{{"Attributes to Log", "one,two"}, {"Attributes to Log Regular Expression", "t.*"}},
            {"two="},
            {"one=", "tree="}},
           {{{"Attributes to Ignore", "one , two"}}, {"tree="}, {"one=", "two="}},
           {{{"Attributes to Ignore Regular Expression", "t.*"}}, {"one="}, {"two=", "tree="}},
       })) {
    auto properties = c.properties;
    properties.insert({"Log Level", "warn"});
    ProcessorRun run("LogAttribute", properties, {.given = {{"", {{"one", "1"}, {"two", "2"}, {"tree", "3"}}}}});
    run.until_idle();
    EXPECT_EQ(run.out("success").size(), 1u);
    ASSERT_EQ(run.errors().size(), 1u);
    for (const auto& text : c.shown) EXPECT_NE(run.errors()[0].find(" " + text), std::string::npos) << run.errors()[0];
    for (const auto& text : c.hidden) EXPECT_EQ(run.errors()[0].find(" " + text), std::string::npos) << run.errors()[0];
  }
  for (const auto& [level, said] :
       std::vector<std::pair<std::string, BulletinLevel>>{{"error", BulletinLevel::Error},
                                                          {"warn", BulletinLevel::Warning},
                                                          {"info", BulletinLevel::Info},
                                                          {"debug", BulletinLevel::Debug},
                                                          {"trace", BulletinLevel::Debug}}) {
    ProcessorRun run("LogAttribute", {{"Log Level", level}},
                     {.given = {{""}}, .change = [](auto& processor) { processor.bulletin_level = "DEBUG"; }});
    run.until_idle();
    ASSERT_EQ(run.status().bulletins.size(), 1u) << level;
    EXPECT_EQ(run.status().bulletins[0].level, said) << level;
  }
}

}  // namespace
}  // namespace flow
