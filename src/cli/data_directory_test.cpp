#include "cli/data_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace cli {
namespace {

using ::testing::HasSubstr;

class DataDirectoryTest : public ::testing::Test {
 protected:
  DataDirectoryTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "freshet_cli_XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  ~DataDirectoryTest() override { std::filesystem::remove_all(path_); }

  std::string path_;
  base::PosixDisk disk_;
};

TEST_F(DataDirectoryTest, IsHeldByOneAtATime) {
  const auto first = DataDirectory::open(path_ + "/new", disk_);
  ASSERT_TRUE(first) << first.error().message;
  ASSERT_TRUE((*first)->announce({.warehouse_url = "http://127.0.0.1:8080", .s3_url = "http://127.0.0.1:9000"}));
  const auto second = DataDirectory::open(path_ + "/new", disk_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, base::ErrorKind::Conflict);
  EXPECT_THAT(second.error().message, HasSubstr(std::to_string(::getpid())));
  EXPECT_THAT(second.error().message, HasSubstr("http://127.0.0.1:8080"));
}

TEST_F(DataDirectoryTest, TellsItsHolder) {
  const auto nobody = DataDirectory::holder_of(path_);
  ASSERT_TRUE(nobody);
  EXPECT_FALSE(nobody->has_value());
  {
    auto held = DataDirectory::open(path_, disk_);
    ASSERT_TRUE(held);
    ASSERT_TRUE((*held)->announce({.warehouse_url = "http://127.0.0.1:1", .virtual_clock = true}));
    const auto holder = DataDirectory::holder_of(path_);
    ASSERT_TRUE(holder && holder->has_value());
    EXPECT_EQ((*holder)->pid, ::getpid());
    EXPECT_EQ((*holder)->warehouse_url, "http://127.0.0.1:1");
    EXPECT_EQ((*holder)->access_token, (*held)->access_token());
    EXPECT_TRUE((*holder)->virtual_clock);
    struct stat status{};
    ASSERT_EQ(::stat((path_ + "/LOCK").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U);
  }
  const auto gone = DataDirectory::holder_of(path_);
  ASSERT_TRUE(gone);
  EXPECT_FALSE(gone->has_value());
}

TEST_F(DataDirectoryTest, RefusesANewerFormat) {
  std::ofstream(path_ + "/FORMAT") << R"({"objects": 1, "warehouse": 99})";
  const auto opened = DataDirectory::open(path_, disk_);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, base::ErrorKind::Unsupported);
  EXPECT_THAT(opened.error().message, HasSubstr("warehouse format 99"));
}

TEST_F(DataDirectoryTest, EmptiesItsTemporaryFiles) {
  std::filesystem::create_directories(path_ + "/tmp/deep");
  std::ofstream(path_ + "/tmp/deep/file") << "x";
  ASSERT_TRUE(DataDirectory::open(path_, disk_));
  EXPECT_TRUE(std::filesystem::is_empty(path_ + "/tmp"));
}

TEST_F(DataDirectoryTest, RefusesAPathThatIsAFile) {
  std::ofstream(path_ + "/file") << "x";
  const auto opened = DataDirectory::open(path_ + "/file", disk_);
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, HasSubstr(path_ + "/file"));
}

}  // namespace
}  // namespace cli
