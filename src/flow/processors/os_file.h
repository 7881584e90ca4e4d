#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "flow/engine/content.h"

namespace flow {

/// Owns a file descriptor of the system; -1: none.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() { reset(); }
  int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }
  void reset();

 private:
  int number_;
};

/// "cannot open the file /x: No such file or directory". NotFound, Denied or InvalidValue.
base::Failure<base::Error> file_error(std::string_view what, const std::string& path, int number);

/// As Java writes it: "file:/in/a%20b.csv".
std::string file_uri(const std::string& path);

base::Status write_all(const Descriptor& file, std::string_view bytes, const std::string& path);

/// A stretch of an open file, or less when it ends before.
class FileSource final : public ByteSource {
 public:
  FileSource(const Descriptor& file, std::string path, std::uint64_t from, std::uint64_t to)
      : file_(file), path_(std::move(path)), at_(from), to_(to) {}
  base::Result<std::string_view> next() override;

 private:
  const Descriptor& file_;
  const std::string path_;
  std::uint64_t at_;
  const std::uint64_t to_;
  std::string buffer_;
};

}  // namespace flow
