#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/disk.h"
#include "base/result.h"

namespace store {

/// Changes that are kept together or not at all; none: the key is erased.
using IndexChanges = std::map<std::string, std::optional<std::string>>;

/// Walks the keys in byte order, over one moment of the index.
class IndexCursor {
 public:
  virtual ~IndexCursor() = default;
  /// To the first key that is not less than `key`.
  virtual void seek(std::string_view key) = 0;
  virtual void next() = 0;
  /// False behind the last key, and after a failure, which status() tells.
  virtual bool valid() const = 0;
  virtual std::string_view key() const = 0;
  virtual std::string_view value() const = 0;
  virtual base::Status status() const = 0;
};

/// The ordered index on the disk. Thread-safe.
class Index {
 public:
  virtual ~Index() = default;
  static base::Result<std::unique_ptr<Index>> open(const std::string& directory, base::Disk& disk);
  virtual base::Result<std::optional<std::string>> get(std::string_view key) const = 0;
  virtual std::unique_ptr<IndexCursor> cursor() const = 0;
  /// Returns when the changes survive a power cut.
  virtual base::Status write(const IndexChanges& changes) = 0;
};

}  // namespace store
