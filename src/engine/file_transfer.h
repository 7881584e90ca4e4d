#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace engine {

/// What PUT and GET answer: the plan by which a client moves the bytes itself.
struct FileTransfer {
  enum class Direction : std::uint8_t { Upload, Download };
  struct File {
    std::string name;  // below `prefix`
    std::uint64_t size = 0;
  };
  Direction direction = Direction::Upload;
  std::string local;        // path of files, or a directory, as the statement writes it: without file:// and quotes
  std::string bucket;       // of the object store; where a client is not given it, `urls` say where its files are
  std::string prefix;       // of keys: a name is put behind it
  std::vector<File> files;  // of a download
  std::vector<std::string> urls;  // one for each file; of an upload one for the last part of `local`
  bool auto_compress = true;
  bool overwrite = false;
  std::string source_compression = "auto_detect";  // lower case
  int parallel = 4;
};

}  // namespace engine
