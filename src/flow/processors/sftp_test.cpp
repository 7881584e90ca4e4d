#include <gtest/gtest.h>

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "flow/memory_test.h"
#include "flow/processors/processor_test.h"
#include "flow/processors/record_test_services.h"
#include "flow/processors/sftp_test_server.h"

namespace flow {
namespace {

namespace fs = std::filesystem;

class SftpTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(kSshServer)) GTEST_SKIP() << "there is no " << kSshServer;
    server_ = std::make_unique<SshServer>(ssh_);
  }
  void TearDown() override { server_.reset(); }

  ProcessorRun run(const std::string& type, PropertyValues properties, std::vector<Given> given = {},
                   std::vector<ServiceDefinition> services = {}) {
    for (auto& [name, value] : server_->properties()) properties.emplace(name, value);
    return ProcessorRun(type, std::move(properties), {.given = std::move(given), .services = std::move(services)});
  }
  /// Requests of those names are denied from now on.
  void deny(const std::string& requests) {
    auto config = ssh_.read("config");
    ssh_.write("config",
               config.replace(config.rfind("internal-sftp"), std::string::npos, "internal-sftp -P " + requests + "\n"));
  }
  /// By the clock of the test.
  void set_age(const std::string& name, std::chrono::seconds age) const {
    const auto at = SetWallClock().now() - age;
    const timespec times[2] = {{at.ns / 1'000'000'000, 0}, {at.ns / 1'000'000'000, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, files_.at(name).c_str(), times, 0), 0);
  }
  static Texts names(const ProcessorRun& run) {
    Texts names;
    for (const auto& file : run.out("success")) names.push_back(file.at("filename"));
    return names;
  }

  Folder ssh_;
  Folder files_;
  std::unique_ptr<SshServer> server_;
};

TEST_F(SftpTest, PutWritesFiles) {
  auto put =
      run("PutSFTP",
          {{"Remote Path", files_.at("a/b")},
           {"Create Directory", "true"},
           {"Permissions", "rw-r-----"},
           {"Last Modified Time", "2020-01-02T03:04:05+0000"}},
          {{"one", {{"filename", "1"}}}, {std::string(3 << 20, 'x'), {{"filename", "2"}}}, {"", {{"filename", "3"}}}});
  put.until_idle();
  EXPECT_EQ(names(put), (Texts{"1", "2"}));
  EXPECT_TRUE(put.only("reject").penalised);
  EXPECT_EQ(put.errors(), (Texts{"PutSFTP 'subject': the content is empty"}));
  EXPECT_EQ(files_.read("a/b/1"), "one");
  EXPECT_EQ(files_.read("a/b/2"), std::string(3 << 20, 'x'));
  EXPECT_FALSE(fs::exists(files_.at("a/b/.1")));
  struct stat status{};
  ASSERT_EQ(::stat(files_.at("a/b/1").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640u);
  EXPECT_EQ(status.st_mtim.tv_sec, 1577934245);

  auto nowhere = run("PutSFTP", {{"Remote Path", files_.at("none")}}, {{"x", {{"filename", "1"}}}});
  nowhere.until_idle();
  EXPECT_EQ(nowhere.out("failure").size(), 1u);
}

TEST_F(SftpTest, NamesThatCannotBeFailAtOnce) {
  auto put = run("PutSFTP", {{"Remote Path", files_.path()}}, {{"x", {{"filename", std::string("a\0b", 3)}}}});
  put.until_idle();
  EXPECT_EQ(put.only("failure").content, "x");
  EXPECT_NE(put.errors().at(0).find("has a NUL"), std::string::npos);
  auto fetch = run("FetchSFTP", {{"Remote File", "${file}"}, {"Private Key Path", std::string(5000, 'x')}},
                   {{"x", {{"file", files_.at("f")}}}});
  fetch.until_idle();
  EXPECT_EQ(fetch.only("comms.failure").content, "x");
}

TEST_F(SftpTest, PutWhenTheNameIsTaken) {
  struct Case {
    std::string resolution, relationship, old, renamed;
  };
  for (const auto& c : std::to_array<Case>({{"NONE", "failure", "old", ""},  // its protocol does not rename over a file
                                            {"REPLACE", "success", "new", ""},
                                            {"IGNORE", "success", "old", ""},
                                            {"RENAME", "success", "old", "new"},
                                            {"REJECT", "reject", "old", ""},
                                            {"FAIL", "failure", "old", ""}})) {
    const Folder folder;
    folder.write("f", "old");
    auto put = run("PutSFTP", {{"Remote Path", folder.path()}, {"Conflict Resolution", c.resolution}},
                   {{"new", {{"filename", "f"}}}});
    put.until_idle();
    EXPECT_EQ(put.out(c.relationship).size(), 1u) << c.resolution;
    EXPECT_EQ(put.errors().size(), c.relationship == "success" ? 0u : 1u) << c.resolution;
    EXPECT_EQ(folder.read("f"), c.old) << c.resolution;
    if (!c.renamed.empty()) EXPECT_EQ(folder.read("1.f"), c.renamed);
  }
}

TEST_F(SftpTest, FetchReadsAndCompletes) {
  files_.write("in/f", "content");
  files_.write("in/g", "gone");
  fs::create_directories(files_.at("done"));
  auto fetch = run("FetchSFTP",
                   {{"Remote File", "${file}"},
                    {"Completion Strategy", "Move File"},
                    {"Move Destination Directory", files_.at("done")}},
                   {{"old", {{"file", files_.at("in/f")}}}, {"old", {{"file", files_.at("in/none")}}}});
  fetch.until_idle();
  const auto file = fetch.only("success");
  EXPECT_EQ(file.content, "content");
  EXPECT_EQ(file.at("filename"), "f");
  EXPECT_EQ(file.at("path"), files_.at("in"));
  EXPECT_EQ(file.at("sftp.remote.host"), "127.0.0.1");
  EXPECT_EQ(file.at("sftp.remote.port"), server_->port());
  EXPECT_EQ(fetch.only("not.found").content, "old");
  EXPECT_EQ(fetch.only("not.found").at("fetch.failure.reason"), "not.found");
  EXPECT_FALSE(fs::exists(files_.at("in/f")));
  EXPECT_EQ(files_.read("done/f"), "content");

  auto away = run("FetchSFTP", {{"Remote File", files_.at("in/g")}, {"Completion Strategy", "Delete File"}}, {{""}});
  away.until_idle();
  EXPECT_EQ(away.only("success").content, "gone");
  EXPECT_FALSE(fs::exists(files_.at("in/g")));
}

TEST_F(SftpTest, WhoCannotGetInSaysSo) {
  const Folder other;
  ASSERT_EQ(run_program({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", other.at("key")}), 0);
  auto stranger = run("FetchSFTP", {{"Remote File", "/etc/hostname"}, {"Private Key Path", other.at("key")}}, {{""}});
  stranger.until_idle();
  EXPECT_EQ(stranger.out("comms.failure").size(), 1u);
  auto nobody = run("FetchSFTP", {{"Remote File", "f"}, {"Port", "1"}}, {{""}});
  nobody.until_idle();
  EXPECT_EQ(nobody.out("comms.failure").size(), 1u);
}

TEST_F(SftpTest, KnownHostsAreChecked) {
  files_.write("f", "x");
  ssh_.write("known", "[127.0.0.1]:" + server_->port() + " " + server_->host_key() + "\n");
  const Folder other;
  ASSERT_EQ(run_program({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", other.at("key")}), 0);
  const auto line = other.read("key.pub");
  ssh_.write("wrong", "[127.0.0.1]:" + server_->port() + " " + line.substr(0, line.rfind(' ')) + "\n");
  for (const auto& [hosts, relationship] :
       std::vector<std::pair<std::string, std::string>>{{"known", "success"}, {"wrong", "comms.failure"}}) {
    auto fetch =
        run("FetchSFTP",
            {{"Remote File", files_.at("f")}, {"Strict Host Key Checking", "true"}, {"Host Key File", ssh_.at(hosts)}},
            {{""}});
    fetch.until_idle();
    EXPECT_EQ(fetch.out(relationship).size(), 1u) << hosts;
  }
}

TEST_F(SftpTest, GetTakesFilesAway) {
  files_.write("a.txt", "1");
  files_.write(".hidden", "2");
  files_.write("sub/b.txt", "3");
  files_.write("sub/c.csv", "4");
  auto get = run("GetSFTP",
                 {{"Remote Path", files_.path()}, {"File Filter Regex", ".*[.]txt"}, {"Search Recursively", "true"}});
  get.until_idle();
  EXPECT_EQ(get.contents("success"), (Texts{"1", "3"}));
  EXPECT_EQ(get.out("success").at(1).at("path"), "sub/");
  EXPECT_EQ(get.out("success").at(1).at("absolute.path"), files_.at("sub/"));
  EXPECT_EQ(get.out("success").at(1).at("getsftp.remote.source"), "127.0.0.1");
  EXPECT_FALSE(fs::exists(files_.at("a.txt")));
  EXPECT_TRUE(fs::exists(files_.at("sub/c.csv")));
}

TEST_F(SftpTest, ListTellsNewFiles) {
  files_.write("a", "1");
  files_.write("sub/b", "22");
  auto list = run("ListSFTP", {{"Remote Path", files_.path()}, {"Search Recursively", "true"}});
  list.until_idle();
  EXPECT_EQ(names(list), (Texts{"a", "b"}));
  const auto second = list.out("success").at(1);
  EXPECT_EQ(second.at("path"), files_.at("sub"));
  EXPECT_EQ(second.at("file.size"), "2");
  EXPECT_EQ(second.at("sftp.listing.user"), ::getpwuid(::getuid())->pw_name);
  list.restart();
  list.until_idle();
  EXPECT_EQ(list.out("success").size(), 2u);

  auto entities = run("ListSFTP",
                      {{"Remote Path", files_.path()},
                       {"Listing Strategy", "entities"},
                       {"et-state-cache", "client"},
                       {"et-initial-listing-target", "all"}},
                      {},
                      {service("client", "MapCacheClientService", {{"Server Hostname", "localhost"}}),
                       service("server", "MapCacheServer")});
  entities.until_idle();
  EXPECT_EQ(names(entities), (Texts{"a"}));
}

/// What all of them know of the server: each works with it, or not.
TEST_F(SftpTest, EachReachesTheServerInTheWaysThatItIsTold) {
  files_.write("f", "x");
  set_age("f", std::chrono::seconds{10});
  const Folder other;
  ASSERT_EQ(run_program({"ssh-keygen", "-q", "-t", "ed25519", "-N", "open sesame", "-f", other.at("key")}), 0);
  ssh_.write("authorized_keys", ssh_.read("authorized_keys") + other.read("key.pub"));
  ssh_.write("known", "[127.0.0.1]:" + server_->port() + " " + server_->host_key() + "\n");
  ssh_.write("none", "");
  struct Case {
    PropertyValues properties;
    bool works = true;
  };
  const auto custom = [](const std::string& name, const std::string& list) {
    return PropertyValues{{"Algorithm Negotiation", "CUSTOM"}, {name, list}};
  };
  const std::vector<Case> cases{
      {{{"Connection Timeout", "20 sec"},
        {"Data Timeout", "20 sec"},
        {"Send Keep Alive On Timeout", "false"},
        {"Use Compression", "true"},
        {"Proxy Configuration Service", "proxy"},
        {"Password", "unneeded"}}},
      {{{"Algorithm Negotiation", "CUSTOM"},
        {"Ciphers Allowed", "aes256-ctr"},
        {"Key Algorithms Allowed", "ssh-ed25519"},
        {"Key Exchange Algorithms Allowed", "ecdh-sha2-nistp256"},
        {"Message Authentication Codes Allowed", "hmac-sha2-512"}}},
      {{{"Private Key Path", ""}, {"Password", "wrong"}}, false},
      {{{"Private Key Path", other.at("key")}, {"Private Key Passphrase", "open sesame"}}},
      {{{"Private Key Path", other.at("key")}, {"Private Key Passphrase", "wrong"}}, false},
      {{{"Strict Host Key Checking", "true"}, {"Host Key File", ssh_.at("known")}}},
      {{{"Strict Host Key Checking", "true"}, {"Host Key File", ssh_.at("none")}}, false},
      {custom("Ciphers Allowed", "aes256-cbc"), false},  // which the server does not let in
      {{{"Ciphers Allowed", "aes256-cbc"}}},             // not CUSTOM: the list does not count
      {custom("Key Algorithms Allowed", "ssh-rsa"), false},
      {custom("Key Exchange Algorithms Allowed", "diffie-hellman-group1-sha1"), false},
      {custom("Message Authentication Codes Allowed", "hmac-md5"), false},
  };
  struct Processor {
    std::string type;
    PropertyValues properties;
  };
  for (const auto& processor :
       std::to_array<Processor>({{"ListSFTP", {{"Remote Path", files_.path()}, {"Listing Strategy", "none"}}},
                                 {"GetSFTP", {{"Remote Path", files_.path()}, {"Delete Original", "false"}}},
                                 {"FetchSFTP", {{"Remote File", files_.at("f")}}},
                                 {"PutSFTP", {{"Remote Path", files_.path()}, {"Conflict Resolution", "IGNORE"}}}})) {
    for (const auto& c : cases) {
      auto properties = processor.properties;
      properties.insert(c.properties.begin(), c.properties.end());
      auto each = run(processor.type, properties, {{"x", {{"filename", "f"}}}},
                      {service("proxy", "StandardProxyConfigurationService")});
      EXPECT_EQ(each.problems(), Texts{});
      each.until_idle();
      EXPECT_EQ(each.out("success").size(), c.works ? 1u : 0u)
          << processor.type << " " << c.properties.begin()->first << " " << *c.properties.begin()->second;
      if (!c.works) EXPECT_FALSE(each.errors().empty()) << processor.type;
    }
  }
}

TEST_F(SftpTest, ListAndGetChooseFiles) {
  for (const auto* name : {"a.txt", "b.csv", ".dot.txt", "in/c.txt", "out/d.txt"}) files_.write(name, name);
  files_.write("big.txt", std::string(2048, 'x'));
  fs::create_symlink("a.txt", files_.at("link.txt"));
  for (const auto* name : {"a.txt", "b.csv", ".dot.txt", "in/c.txt", "out/d.txt", "big.txt"})
    set_age(name, std::chrono::seconds{std::string_view(name) == "b.csv" ? 7200 : 60});
  struct Case {
    PropertyValues properties;
    Texts expected;
    bool listed_only = false;
  };
  const std::vector<Case> cases{
      {{}, {"a.txt", "b.csv", "big.txt"}},
      {{{"Ignore Dotted Files", "false"}}, {".dot.txt", "a.txt", "b.csv", "big.txt"}},
      {{{"Follow Symbolic Links", "true"}}, {"a.txt", "b.csv", "big.txt", "link.txt"}},
      {{{"File Filter Regex", ".*[.]csv"}}, {"b.csv"}},
      {{{"Search Recursively", "true"}, {"Path Filter Regex", "in"}}, {"a.txt", "b.csv", "big.txt", "c.txt"}},
      {{{"Remote Poll Batch Size", "1"}}, {"a.txt"}},
      {{{"Minimum File Age", "1 hour"}}, {"b.csv"}, true},
      {{{"Maximum File Age", "1 hour"}}, {"a.txt", "big.txt"}, true},
      {{{"Minimum File Size", "2 KB"}}, {"big.txt"}, true},
      {{{"Maximum File Size", "1 KB"}}, {"a.txt", "b.csv"}, true},
  };
  for (const auto& c : cases) {
    for (const auto* type : {"ListSFTP", "GetSFTP"}) {
      const bool lists = std::string_view(type) == "ListSFTP";
      if (c.listed_only && !lists) continue;
      auto properties = c.properties;
      properties.insert(
          {{"Remote Path", files_.path()}, {lists ? "Listing Strategy" : "Delete Original", lists ? "none" : "false"}});
      auto found = run(type, properties);
      found.until_idle();
      auto came = names(found);
      std::ranges::sort(came);
      if (c.properties.contains("Remote Poll Batch Size"))
        EXPECT_EQ(came.size(), 1u) << type;  // which one is the server's order
      else
        EXPECT_EQ(came, c.expected) << type << (c.properties.empty() ? "" : c.properties.begin()->first);
    }
  }
}

TEST_F(SftpTest, ListKeepsBackWhatMayGetCompany) {
  files_.write("old", "1");
  files_.write("new", "2");
  set_age("old", std::chrono::seconds{600});
  set_age("new", std::chrono::seconds{1});
  for (const auto& [precision, expected] : std::vector<std::pair<std::string, Texts>>{
           {"millis", {"new", "old"}}, {"seconds", {"new", "old"}}, {"minutes", {"old"}}}) {
    auto list = run("ListSFTP", {{"Remote Path", files_.path()}, {"Target System Timestamp Precision", precision}});
    ASSERT_TRUE(list.engine().run_until_idle({.wait_max = std::chrono::nanoseconds{0}}));
    auto came = names(list);
    std::ranges::sort(came);
    EXPECT_EQ(came, expected) << precision;
  }
}

TEST_F(SftpTest, ListOfEntitiesBeginsWithAWindow) {
  files_.write("old", "1");
  files_.write("new", "2");
  set_age("old", std::chrono::hours{2});
  set_age("new", std::chrono::minutes{5});
  for (const auto& [initial, expected] :
       std::vector<std::pair<std::string, Texts>>{{"window", {"new"}}, {"all", {"new", "old"}}}) {
    auto list = run("ListSFTP",
                    {{"Remote Path", files_.path()},
                     {"Listing Strategy", "entities"},
                     {"et-state-cache", "client"},
                     {"et-time-window", "1 hour"},
                     {"et-initial-listing-target", initial}},
                    {},
                    {service("client", "MapCacheClientService", {{"Server Hostname", "localhost"}}),
                     service("server", "MapCacheServer")});
    list.until_idle();
    auto came = names(list);
    std::ranges::sort(came);
    EXPECT_EQ(came, expected) << initial;
  }
}

TEST_F(SftpTest, GetTakesSoManyAtATimeAndLooksAgain) {
  for (const auto* name : {"a", "b", "c"}) files_.write(name, name);
  auto get = run("GetSFTP", {{"Remote Path", files_.path()}, {"Max Selects", "2"}, {"Polling Interval", "10 min"}});
  ASSERT_TRUE(get.engine().run_until_idle({.starts_and_stops = false}));
  EXPECT_EQ(get.out("success").size(), 3u);
  EXPECT_EQ(get.commits(), 2u);
  files_.write("d", "d");
  get.advance(std::chrono::minutes{9});
  get.until_idle();
  EXPECT_EQ(get.out("success").size(), 3u);
  get.advance(std::chrono::minutes{2});
  get.until_idle();
  EXPECT_EQ(get.out("success").size(), 4u);
}

TEST_F(SftpTest, FetchMakesTheDirectoryThatItMovesTo) {
  for (const auto* blindly : {"false", "true"}) {
    files_.write("f", "content");
    auto fetch = run("FetchSFTP",
                     {{"Remote File", files_.at("f")},
                      {"Completion Strategy", "Move File"},
                      {"Move Destination Directory", files_.at("new/" + std::string(blindly))},
                      {"Create Directory", "true"},
                      {"Disable Directory Listing", blindly}},
                     {{""}});
    fetch.until_idle();
    EXPECT_EQ(fetch.only("success").content, "content");
    EXPECT_EQ(files_.read("new/" + std::string(blindly) + "/f"), "content");
  }
}

TEST_F(SftpTest, FetchSaysWhatIsMissingAsLoudlyAsItIsTold) {
  struct Case {
    std::string level;
    std::vector<BulletinLevel> said;
  };
  for (const auto& c : std::to_array<Case>({{"ERROR", {BulletinLevel::Error}},
                                            {"FATAL", {BulletinLevel::Error}},
                                            {"WARN", {BulletinLevel::Warning}},
                                            {"INFO", {BulletinLevel::Info}},
                                            {"DEBUG", {BulletinLevel::Debug}},
                                            {"TRACE", {BulletinLevel::Debug}},
                                            {"NONE", {}}})) {
    ProcessorRun fetch("FetchSFTP",
                       {{"Hostname", "127.0.0.1"},
                        {"Port", server_->port()},
                        {"Username", ::getpwuid(::getuid())->pw_name},
                        {"Private Key Path", ssh_.at("user_key")},
                        {"Remote File", files_.at("none")},
                        {"Log Level When File Not Found", c.level}},
                       {.given = {{""}}, .change = [](auto& processor) { processor.bulletin_level = "DEBUG"; }});
    fetch.until_idle();
    EXPECT_EQ(fetch.out("not.found").size(), 1u);
    std::vector<BulletinLevel> said;
    for (const auto& bulletin : fetch.status().bulletins) said.push_back(bulletin.level);
    EXPECT_EQ(said, c.said) << c.level;
  }
}

TEST_F(SftpTest, FetchOfWhatIsDenied) {
  files_.write("f", "x");
  deny("open");
  auto fetch = run("FetchSFTP", {{"Remote File", files_.at("f")}}, {{"old"}});
  fetch.until_idle();
  EXPECT_EQ(fetch.only("permission.denied").content, "old");
  EXPECT_EQ(fetch.only("permission.denied").at("fetch.failure.reason"), "permission.denied");
}

TEST_F(SftpTest, PutWritesUnderAnotherNameFirst) {
  struct Case {
    PropertyValues properties;
    std::string taken, relationship;
  };
  for (const auto& c : std::to_array<Case>({{{}, ".f", "failure"},
                                            {{{"Dot Rename", "false"}}, ".f", "success"},
                                            {{{"Temporary Filename", "${filename}.part"}}, ".f", "success"},
                                            {{{"Temporary Filename", "${filename}.part"}}, "f.part", "failure"}})) {
    const Folder folder;
    fs::create_directories(folder.at(c.taken));  // nothing can be written there
    auto properties = c.properties;
    properties.insert({"Remote Path", folder.path()});
    auto put = run("PutSFTP", properties, {{"x", {{"filename", "f"}}}});
    put.until_idle();
    EXPECT_EQ(put.out(c.relationship).size(), 1u) << c.taken;
    EXPECT_EQ(fs::exists(folder.at("f")), c.relationship == "success");
    EXPECT_FALSE(fs::is_regular_file(folder.at("f.part")));
  }
}

TEST_F(SftpTest, PutTakesEmptyContentsWhenItIsTold) {
  auto put = run("PutSFTP",
                 {{"Remote Path", files_.at("new/deep")},
                  {"Reject Zero-Byte Files", "false"},
                  {"Create Directory", "true"},
                  {"Disable Directory Listing", "true"},
                  {"Batch Size", "1"}},
                 {{"", {{"filename", "1"}}}, {"", {{"filename", "2"}}}});
  put.until_idle();
  EXPECT_EQ(names(put), (Texts{"1", "2"}));
  EXPECT_EQ(fs::file_size(files_.at("new/deep/2")), 0u);
}

TEST_F(SftpTest, PutChangesTheOwner) {
  const auto user = std::to_string(::getuid()), group = std::to_string(::getgid());
  const bool may = ::getuid() == 0;
  auto put = run("PutSFTP",
                 {{"Remote Path", files_.path()},
                  {"Remote Owner", may ? "12" : user},
                  {"Remote Group", may ? "${group}" : group},
                  {"Permissions", "640"}},
                 {{"x", {{"filename", "f"}, {"group", "34"}}}});
  put.until_idle();
  EXPECT_EQ(put.out("success").size(), 1u);
  EXPECT_EQ(put.errors(), Texts{});
  struct stat status{};
  ASSERT_EQ(::stat(files_.at("f").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, may ? 12u : ::getuid());
  EXPECT_EQ(status.st_gid, may ? 34u : ::getgid());
  auto odd = run("PutSFTP", {{"Remote Path", files_.path()}, {"Remote Owner", "root"}}, {{"x", {{"filename", "g"}}}});
  odd.until_idle();
  EXPECT_EQ(odd.out("success").size(), 1u);  // it is there, all the same
  EXPECT_EQ(odd.errors(), (Texts{"PutSFTP 'subject': 'Remote Owner' says nothing: 'root'"}));
}

TEST_F(SftpTest, LongContentsStream) {
  const auto megabytes = content_megabytes(48);
  const auto bounded = [&](ProcessorRun& each) {
    EXPECT_EQ(each.problems(), Texts{});
    const PeakMemory memory;
    each.until_idle();
    EXPECT_LT(memory.grown_kb(), 24 << 10);
    EXPECT_EQ(each.out("success").size(), 1u);
  };
  auto put = run("PutSFTP", {{"Remote Path", files_.path()}},
                 {{.content = std::string(1 << 20, 'x'), .attributes = {{"filename", "long"}}, .times = megabytes}});
  bounded(put);
  EXPECT_EQ(fs::file_size(files_.at("long")), megabytes << 20);
  auto fetch = run("FetchSFTP", {{"Remote File", files_.at("long")}}, {{""}});
  bounded(fetch);
  auto get = run("GetSFTP", {{"Remote Path", files_.path()}});
  bounded(get);
}

}  // namespace
}  // namespace flow
