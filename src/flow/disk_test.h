#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/disk.h"

namespace flow {

/// The real disk, but nobody waits until what is written survives a power cut: tests outlive none.
class UnsyncedDisk final : public base::Disk {
 public:
  base::Result<std::unique_ptr<base::File>> open(const std::string& path, base::OpenMode mode) override {
    TRY(auto file, disk_.open(path, mode));
    return std::unique_ptr<base::File>(new UnsyncedFile(std::move(file)));
  }
  base::Status rename(const std::string& from, const std::string& to) override { return disk_.rename(from, to); }
  base::Status remove(const std::string& path) override { return disk_.remove(path); }
  base::Status hard_link(const std::string& from, const std::string& to) override { return disk_.hard_link(from, to); }
  base::Status make_directory(const std::string& path) override { return disk_.make_directory(path); }
  base::Status sync_directory(const std::string&) override { return {}; }
  base::Result<std::vector<std::string>> list(const std::string& path) override { return disk_.list(path); }
  base::Result<bool> exists(const std::string& path) override { return disk_.exists(path); }
  base::Result<std::uint64_t> free_space(const std::string& path) override { return disk_.free_space(path); }

 private:
  class UnsyncedFile final : public base::File {
   public:
    explicit UnsyncedFile(std::unique_ptr<base::File> file) : file_(std::move(file)) {}
    base::Status append(std::string_view bytes) override { return file_->append(bytes); }
    base::Status write_at(std::uint64_t offset, std::string_view bytes) override {
      return file_->write_at(offset, bytes);
    }
    base::Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
      return file_->read_at(offset, into);
    }
    base::Status truncate(std::uint64_t size) override { return file_->truncate(size); }
    base::Status sync() override { return {}; }
    base::Result<std::uint64_t> size() override { return file_->size(); }
    int descriptor() const override { return file_->descriptor(); }

   private:
    std::unique_ptr<base::File> file_;
  };
  base::PosixDisk disk_;
};

}  // namespace flow
