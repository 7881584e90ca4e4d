#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "base/disk.h"
#include "store/object_store.h"

namespace store {

/// A store on a real disk, small in its limits, for tests.
class Folder {
 public:
  Folder() {
    auto pattern = (std::filesystem::temp_directory_path() / "freshet-store-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }
  std::size_t files_in(const std::string& name) const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(path_ + "/objects/" + name))
      count += entry.is_regular_file() ? 1 : 0;
    return count;
  }

 private:
  std::string path_;
};

class ObjectStoreTest : public testing::Test {
 protected:
  void SetUp() override { reopen(); }
  void reopen() {
    store_.reset();
    auto opened = ObjectStore::open({.directory = folder_.path() + "/objects",
                                     .large_object_bytes = 1000,
                                     .part_bytes_min = 10,
                                     .key_ring = std::string(32, 'r')},
                                    disk_, clock_);
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
    ASSERT_TRUE(store_->ensure_bucket("bucket"));
  }

  Folder folder_;
  base::PosixDisk disk_;
  base::VirtualClock clock_;
  std::unique_ptr<ObjectStore> store_;
};

}  // namespace store
