#include "load/copy_options.h"

#include <charconv>
#include <cmath>

namespace load {
namespace {

using sql::OptionValue;

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return result;
}

base::Result<OnError> read_on_error(const OptionValue& value) {
  const auto bad = [&] { return base::fail(invalid_value(written_form(value), "ON_ERROR")); };
  const auto text = plain_text(value);
  if (!text || std::holds_alternative<sql::OptionNumber>(value.node)) return bad();
  const std::string word = upper(*text);
  if (word == "ABORT_STATEMENT") return OnError{OnError::Mode::Abort};
  if (word == "CONTINUE") return OnError{OnError::Mode::Continue};
  if (word == "SKIP_FILE") return OnError{OnError::Mode::SkipFile};
  if (!word.starts_with("SKIP_FILE_")) return bad();
  std::string_view number = std::string_view(word).substr(10);
  const bool percent = number.ends_with('%');
  if (percent) number.remove_suffix(1);
  unsigned limit = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), limit);
  if (number.empty() || error != std::errc{} || end != number.data() + number.size() || (percent && limit > 100))
    return bad();
  return OnError{percent ? OnError::Mode::SkipFilePercent : OnError::Mode::SkipFileCount, static_cast<double>(limit)};
}

base::Result<std::vector<std::string>> read_files(const OptionValue& value) {
  std::vector<std::string> files;
  const auto* list = std::get_if<sql::OptionList>(&value.node);
  if (!list) return base::fail(invalid_value(written_form(value), "FILES"));
  for (const OptionValue& element : list->values) {
    const auto text = plain_text(element);
    if (!text) return base::fail(invalid_value(written_form(value), "FILES"));
    if (std::ranges::find(files, *text) == files.end()) files.push_back(*text);
  }
  if (files.size() > 1000)
    return base::fail(
        {base::ErrorKind::InvalidValue, 1008, "22023", "SQL compilation error:\nFILES names more than 1000 files", {}});
  return files;
}

base::Status read_validation(CopyOptions& options, const OptionValue& value) {
  const std::string word = upper(plain_text(value).value_or(""));
  if (word == "RETURN_ERRORS")
    options.validation = ValidationMode::Errors;
  else if (word == "RETURN_ALL_ERRORS")
    options.validation = ValidationMode::AllErrors;
  else if (word.starts_with("RETURN_") && word.ends_with("_ROWS") && word.size() > 12) {
    const std::string_view number = std::string_view(word).substr(7, word.size() - 12);
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), options.validation_rows);
    if (error != std::errc{} || end != number.data() + number.size())
      return base::fail(invalid_value(written_form(value), "VALIDATION_MODE"));
    options.validation = ValidationMode::Rows;
  } else {
    return base::fail(invalid_value(written_form(value), "VALIDATION_MODE"));
  }
  return {};
}

base::Failure<base::Error> unsupported(std::string_view what) {
  return base::fail({base::ErrorKind::Unsupported, 2, "0A000", fmt::format("Unsupported feature '{}'.", what), {}});
}

class OptionReader {
 public:
  OptionReader(CopyOptions& options, const catalog::Snapshot& catalog, const catalog::NameScope& names)
      : options_(options), catalog_(catalog), names_(names) {}

  base::Status read(const std::string& name, const OptionValue& value) {
    if (name == "COPY_OPTIONS" || name == "STAGE_COPY_OPTIONS") {
      const auto* group = std::get_if<sql::OptionGroup>(&value.node);
      if (!group) return base::fail(invalid_value(written_form(value), name));
      for (const sql::Option& option : group->options) TRY_VOID(read(upper(option.name.name), option.value));
      return {};
    }
    const auto flag = [&](bool& into) -> base::Status {
      TRY(into, read_flag(value, name));
      return {};
    };
    if (name == "ON_ERROR") {
      TRY(options_.on_error, read_on_error(value));
      return {};
    }
    if (name == "FILE_FORMAT") return read_format(value);
    if (name == "FILES") {
      TRY(options_.files, read_files(value));
      return {};
    }
    if (name == "PATTERN") {
      const auto text = plain_text(value);
      if (!text) return base::fail(invalid_value(written_form(value), name));
      options_.pattern = *text;
      return {};
    }
    if (name == "SIZE_LIMIT") {
      const auto* number = std::get_if<sql::OptionNumber>(&value.node);
      std::uint64_t limit = 0;
      if (number) std::from_chars(number->text.data(), number->text.data() + number->text.size(), limit);
      if (limit == 0) return base::fail(invalid_value(written_form(value), name));
      options_.size_limit = limit;
      return {};
    }
    if (name == "PURGE") return flag(options_.purge);
    if (name == "RETURN_FAILED_ONLY") return flag(options_.return_failed_only);
    if (name == "FORCE") return flag(options_.force);
    if (name == "TRUNCATECOLUMNS") return flag(options_.truncate);
    if (name == "ENFORCE_LENGTH") {
      bool enforce = true;
      TRY_VOID(flag(enforce));
      options_.truncate = !enforce;
      return {};
    }
    if (name == "VALIDATION_MODE") return read_validation(options_, value);
    bool ignored = false;
    if (name == "LOAD_UNCERTAIN_FILES" || name == "CLUSTER_AT_INGEST_TIME") return flag(ignored);
    if (name == "CREDENTIALS") {
      options_.credentials = read_credentials(value);
      return {};
    }
    if (name == "STORAGE_INTEGRATION" || name == "ENCRYPTION") return {};  // of a bare URL; opaque
    if (name == "MATCH_BY_COLUMN_NAME") {
      const std::string word = upper(plain_text(value).value_or(""));
      options_.match = word == "CASE_SENSITIVE"     ? MatchBy::CaseSensitive
                       : word == "CASE_INSENSITIVE" ? MatchBy::CaseInsensitive
                                                    : MatchBy::None;
      if (word == "NONE" || options_.match != MatchBy::None) return {};
      return base::fail(invalid_value(written_form(value), name));
    }
    if (name == "LOAD_MODE") {
      const std::string word = upper(plain_text(value).value_or(""));
      if (word == "FULL_INGEST") return {};
      if (word == "ADD_FILES_COPY") return unsupported("LOAD_MODE = ADD_FILES_COPY");
      return base::fail(invalid_value(written_form(value), name));
    }
    if (name == "INCLUDE_METADATA" || name == "FILE_PROCESSOR") return unsupported(name);
    return base::fail(invalid_parameter(name));
  }

 private:
  base::Status read_format(const OptionValue& value) {
    const auto* group = std::get_if<sql::OptionGroup>(&value.node);
    if (!group) return named(value);
    const sql::Option* format_name = nullptr;
    for (const sql::Option& option : group->options)
      if (upper(option.name.name) == "FORMAT_NAME") format_name = &option;
    if (!format_name) {
      TRY(options_.format, FileFormat::read(group->options));
      return {};
    }
    if (group->options.size() > 1)
      return base::fail({base::ErrorKind::InvalidValue,
                         1003,
                         "42000",
                         "SQL compilation error:\nFORMAT_NAME cannot be combined with other file format options",
                         {}});
    return named(format_name->value);
  }
  base::Status named(const OptionValue& value) {
    std::vector<std::string> parts;
    if (const auto* word = std::get_if<sql::OptionWord>(&value.node); word && !word->name.parts.empty())
      parts = name_parts(word->name);
    else if (const auto text = plain_text(value))
      parts = name_parts(*text);
    else
      return base::fail(invalid_value(written_form(value), "FILE_FORMAT"));
    TRY(const auto found, catalog::resolve(catalog_, names_, catalog::ObjectKind::FileFormat, parts));
    TRY_VOID(catalog::require(names_.access, catalog_, *found, {"USAGE"}));
    TRY(options_.format, FileFormat::read(std::get<catalog::FileFormatBody>(found->body)));
    options_.format_id = found->id;
    return {};
  }

  CopyOptions& options_;
  const catalog::Snapshot& catalog_;
  const catalog::NameScope& names_;
};

}  // namespace

std::uint64_t OnError::error_limit(std::uint64_t rows_parsed) const {
  switch (mode) {
    case Mode::Abort:
    case Mode::SkipFile: return 1;
    case Mode::Continue: return rows_parsed;
    case Mode::SkipFileCount: return static_cast<std::uint64_t>(limit);
    case Mode::SkipFilePercent:
      return std::max<std::uint64_t>(
          1, static_cast<std::uint64_t>(std::floor(static_cast<double>(rows_parsed) * limit / 100)));
  }
  return 1;
}
bool OnError::keeps(std::uint64_t errors, std::uint64_t rows_parsed) const {
  switch (mode) {
    case Mode::Continue: return true;
    case Mode::Abort:
    case Mode::SkipFile: return errors == 0;
    case Mode::SkipFileCount:
    case Mode::SkipFilePercent: return errors < error_limit(rows_parsed);
  }
  return false;
}

base::Result<CopyOptions> CopyOptions::read(const sql::Options& statement, const catalog::Record* stage,
                                            const catalog::Snapshot& catalog, const catalog::NameScope& names,
                                            OnError otherwise) {
  CopyOptions options;
  options.on_error = otherwise;
  OptionReader reader(options, catalog, names);
  if (stage) {
    const auto& body = std::get<catalog::StageBody>(stage->body);
    if (body.format) {
      const auto record = catalog.find(*body.format);
      if (!record || record->dropped)
        return base::fail(
            {base::ErrorKind::NotFound,
             2003,
             "02000",
             fmt::format("SQL compilation error:\nFile format of stage '{}' does not exist or not authorized.",
                         catalog.qualified_name(*stage)),
             {}});
      TRY(options.format, FileFormat::read(std::get<catalog::FileFormatBody>(record->body)));
      options.format_id = record->id;
    } else if (!body.format_options.empty()) {
      TRY(options.format, FileFormat::read(body.format_options));
    }
    for (const auto& [name, text] : body.copy_options) {
      TRY(const OptionValue value, read_property_text(text));
      TRY_VOID(reader.read(upper(name), value));
    }
  }
  for (const sql::Option& option : statement) {
    const std::string name = upper(option.name.name);
    options.written.push_back(name);
    if (name == "FILE_FORMAT") {
      options.format = {};
      options.format_id.reset();
    }
    TRY_VOID(reader.read(name, option.value));
  }
  return options;
}

}  // namespace load
