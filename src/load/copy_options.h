#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "catalog/name_resolution.h"
#include "catalog/snapshot.h"
#include "load/file_format.h"
#include "load/stage.h"
#include "sql/ast.h"

namespace load {

/// What a bad row does to its file. Source: loading.md 4.4.
struct OnError {
  enum class Mode : std::uint8_t { Abort, Continue, SkipFile, SkipFileCount, SkipFilePercent };
  Mode mode = Mode::Abort;
  double limit = 0;  // rows, or percent

  bool skips_files() const { return mode != Mode::Abort && mode != Mode::Continue; }
  /// The column `error_limit` for a file with so many records.
  std::uint64_t error_limit(std::uint64_t rows_parsed) const;
  bool keeps(std::uint64_t errors, std::uint64_t rows_parsed) const;
};

enum class ValidationMode : std::uint8_t { None, Rows, Errors, AllErrors };

/// MATCH_BY_COLUMN_NAME. Source: loading.md 4.8.
enum class MatchBy : std::uint8_t { None, CaseSensitive, CaseInsensitive };

struct CopyOptions {
  OnError on_error;
  std::optional<std::uint64_t> size_limit;
  bool purge = false, return_failed_only = false, force = false, truncate = false;
  ValidationMode validation = ValidationMode::None;
  std::uint64_t validation_rows = 0;
  MatchBy match = MatchBy::None;
  std::optional<std::vector<std::string>> files;
  std::optional<std::string> pattern;
  StageCredentials credentials;      // of a bare URL
  std::vector<std::string> written;  // names of all options that the statement itself has, for checks of pipes

  /// The file format in effect: that of the statement, else of the stage, else CSV defaults; nothing is merged.
  FileFormat format;
  std::optional<catalog::ObjectId> format_id;  // when it is a named one

  /// `stage` may be null. Errors: 001003, 001008, NotFound for a named format.
  static base::Result<CopyOptions> read(const sql::Options& statement, const catalog::Record* stage,
                                        const catalog::Snapshot& catalog, const catalog::NameScope& names,
                                        OnError otherwise = {});
};

}  // namespace load
