#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "flow/content/character_set.h"
#include "flow/content/codec.h"
#include "flow/engine/content.h"
#include "flow/engine/flow_file.h"

namespace flow {

/// A file in an archive: where its bytes are in the archive's content, and what the archive says about it.
struct ArchiveEntry {
  std::string name;
  std::uint64_t offset = 0;
  std::uint64_t packed = 0;  // bytes in the archive
  std::uint64_t size = 0;
  enum class Packing { Stored, Deflated } packing = Packing::Stored;
  std::optional<std::uint32_t> checksum = {};  // CRC32 of the file
  std::optional<unsigned> mode = {};
  std::string owner, group;
  std::int64_t modified_s = 0;
  Attributes attributes;  // of a flowfile that was packed
};

/// The files of an archive, without directories and links. Errors: InvalidValue for what is no such archive, is damaged
/// or ends early; Unsupported for what is encrypted or packed in an unknown way.
base::Result<std::vector<ArchiveEntry>> list_tar(const ContentClaim& archive);
base::Result<std::vector<ArchiveEntry>> list_zip(const ContentClaim& archive, const CharacterSet& names);
base::Result<std::vector<ArchiveEntry>> list_packages_v3(const ContentClaim& archive);
base::Result<std::vector<ArchiveEntry>> list_packages_v2(const ContentClaim& archive);
base::Result<std::vector<ArchiveEntry>> list_package_v1(const ContentClaim& archive);

/// Bytes of a content at a place. InvalidValue: it ends before.
base::Result<std::string> bytes_at(const ContentClaim& claim, std::uint64_t offset, std::uint64_t length);

}  // namespace flow
