#include "flow/processors/merge_content.h"

#include <fmt/format.h>

#include <algorithm>

#include "flow/content/flow_file_package.h"
#include "flow/content/tar.h"
#include "flow/content/zip.h"
#include "flow/engine/processor.h"
#include "flow/engine/session.h"
#include "flow/processors/bins.h"
#include "flow/processors/checked_property.h"
#include "flow/processors/file_listing.h"
#include "flow/processors/source_file.h"

namespace flow {
namespace {

constexpr Allowed kStrategies[] = {{"Bin-Packing Algorithm"}, {"Defragment"}};
constexpr Allowed kFormats[] = {{"TAR"},
                                {"ZIP"},
                                {"FlowFile Stream, v3"},
                                {"FlowFile Stream, v2"},
                                {"FlowFile Tar, v1"},
                                {"Binary Concatenation"},
                                {"Avro", {}, false}};
constexpr Allowed kAttributeStrategies[] = {{"Keep Only Common Attributes"}, {"Keep All Unique Attributes"}};
constexpr Allowed kMetadataStrategies[] = {
    {"Use First Metadata"}, {"Keep Only Common Metadata"}, {"Ignore Metadata"}, {"Do Not Merge Uncommon Metadata"}};
constexpr Allowed kDelimiters[] = {{"Filename"}, {"Text"}, {"Do Not Use Delimiters"}};
constexpr Allowed kInsertions[] = {{"Last in Bin"}, {"First in New Bin"}, {"Isolated"}};
constexpr Allowed kLevels[] = {{"0"}, {"1"}, {"2"}, {"3"}, {"4"}, {"5"}, {"6"}, {"7"}, {"8"}, {"9"}};

constexpr Property kProperties[] = {
    {.name = "Merge Strategy",
     .help = "Fill bins, or put together what was split, by its fragment.* attributes",
     .fallback = "Bin-Packing Algorithm",
     .required = true,
     .allowed = kStrategies},
    {.name = "Merge Format", .fallback = "Binary Concatenation", .required = true, .allowed = kFormats},
    {.name = "Attribute Strategy",
     .help = "Attributes of the merged flowfile: those that all have alike, or also those that only some have",
     .fallback = "Keep Only Common Attributes",
     .required = true,
     .allowed = kAttributeStrategies},
    {.name = "Correlation Attribute Name",
     .help = "FlowFiles with one value of this attribute go together",
     .scope = Scope::FlowFile},
    {.name = "Metadata Strategy",
     .old_name = "mergecontent-metadata-strategy",
     .help = "Of Avro",
     .fallback = "Do Not Merge Uncommon Metadata",
     .required = true,
     .allowed = kMetadataStrategies},
    {.name = "Minimum Number of Entries", .fallback = "1", .required = true, .kind = Property::Kind::Integer},
    {.name = "Maximum Number of Entries", .fallback = "1000", .required = true, .kind = Property::Kind::Integer},
    {.name = "Minimum Group Size", .fallback = "0 B", .required = true, .kind = Property::Kind::Size},
    {.name = "Maximum Group Size", .help = "A larger flowfile is merged alone", .kind = Property::Kind::Size},
    {.name = "Bin Termination Check",
     .help = "A bin is complete with a flowfile for which this is true",
     .scope = Scope::FlowFile},
    {.name = "FlowFile Insertion Strategy",
     .help = "Where the flowfile goes that completes a bin",
     .fallback = "Last in Bin",
     .allowed = kInsertions},
    {.name = "Max Bin Age",
     .help = "An older bin is merged, or fails when it is to be defragmented",
     .kind = Property::Kind::Duration},
    {.name = "Maximum Number of Bins",
     .old_name = "Maximum number of Bins",
     .help = "More make the oldest complete",
     .fallback = "5",
     .required = true,
     .kind = Property::Kind::Integer},
    {.name = "Delimiter Strategy",
     .help = "Whether header, footer and demarcator are texts, names of files, or not used",
     .fallback = "Do Not Use Delimiters",
     .required = true,
     .allowed = kDelimiters},
    {.name = "Header", .old_name = "Header File", .help = "Before the contents", .scope = Scope::FlowFile},
    {.name = "Footer", .old_name = "Footer File", .help = "After the contents", .scope = Scope::FlowFile},
    {.name = "Demarcator", .old_name = "Demarcator File", .help = "Between contents", .scope = Scope::FlowFile},
    {.name = "Compression Level", .help = "Of ZIP", .fallback = "1", .required = true, .allowed = kLevels},
    {.name = "Keep Path",
     .help = "Entries of TAR and ZIP have the attribute path before their names",
     .fallback = "false",
     .required = true,
     .kind = Property::Kind::Boolean},
    {.name = "Tar Modified Time",
     .help = "yyyy-MM-dd'T'HH:mm:ssZ",
     .fallback = "${file.lastModifiedTime}",
     .scope = Scope::FlowFile},
};
constexpr Relationship kRelationships[] = {{"original"}, {"failure", true}, {"merged"}};

using Files = std::vector<FlowFile*>;

/// A FlowFile's own directory, as entries of archives have it: relative, with a slash at its end.
std::string directory_of(const FlowFile& file) {
  const auto whole_path = file.attribute("path");
  std::string_view path = whole_path;
  while (path.starts_with("./") || path.starts_with('/')) path.remove_prefix(path.starts_with('/') ? 1 : 2);
  if (path == ".") path = {};
  while (path.ends_with('/')) path.remove_suffix(1);
  return path.empty() ? std::string{} : std::string(path) + "/";
}

/// What all have, or what nobody has otherwise.
Attributes merged_attributes(const Files& files, bool all_unique) {
  Attributes merged = files.front()->attributes;
  std::set<std::string, std::less<>> conflicts{"uuid"};
  for (const auto* file : files) {
    for (const auto& [name, value] : file->attributes)
      if (const auto [at, added] = merged.emplace(name, value); added ? !all_unique : at->second != value)
        conflicts.insert(name);
    if (all_unique) continue;
    for (const auto& [name, value] : merged)
      if (!file->attributes.contains(name)) conflicts.insert(name);
  }
  for (const auto& name : conflicts) merged.erase(name);
  return merged;
}

bool is_number(const std::string& text) {
  return !text.empty() && text.size() < 10 && text.find_first_not_of("0123456789") == std::string::npos;
}

/// Why these are not all the pieces of one flowfile; nothing when they are.
std::optional<std::string> defragment_problem(const Files& files) {
  const auto& identifier = files.front()->attribute("fragment.identifier");
  std::string count;
  for (const auto* file : files) {
    if (!is_number(file->attribute("fragment.index")))
      return fmt::format("fragment.index of a flowfile is not a whole number: '{}'", file->attribute("fragment.index"));
    const auto& own = file->attribute("fragment.count");
    if (own.empty()) continue;
    if (!is_number(own)) return fmt::format("fragment.count of a flowfile is not a whole number: '{}'", own);
    if (count.empty()) count = own;
    if (own != count)
      return fmt::format("fragments with identifier '{}' have the counts {} and {}", identifier, count, own);
  }
  if (count.empty())
    return fmt::format("no fragment with identifier '{}' has the attribute fragment.count", identifier);
  if (std::to_string(files.size()) != count)
    return fmt::format("there should be {} fragments with identifier '{}', but there are {}", count, identifier,
                       files.size());
  return std::nullopt;
}

class MergeContent final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    defragments_ = configuration.text("Merge Strategy") == "Defragment";
    format_ = configuration.text_or("Merge Format", "");
    all_unique_ = configuration.text("Attribute Strategy") == "Keep All Unique Attributes";
    delimiters_ = configuration.text_or("Delimiter Strategy", "");
    level_ = static_cast<int>(configuration.integer_or("Compression Level", 1));
    keeps_path_ = configuration.flag("Keep Path");
    Bins::Options options{.age_max = configuration.duration("Max Bin Age"),
                          .bins_max = configuration.integer_or("Maximum Number of Bins", 5),
                          .defragments = defragments_};
    if (!defragments_) {
      options.entries_min = configuration.integer_or("Minimum Number of Entries", 1);
      options.entries_max = configuration.integer_or("Maximum Number of Entries", 1000);
      options.bytes_min = configuration.size("Minimum Group Size").value_or(0);
      if (const auto most = configuration.size("Maximum Group Size")) options.bytes_max = *most;
      if (options.bytes_min > options.bytes_max)
        return in_property(configuration, "Minimum Group Size", "is more than 'Maximum Group Size'");
      if (options.entries_min > options.entries_max || options.entries_max == 0)
        return in_property(configuration, "Minimum Number of Entries", "is more than 'Maximum Number of Entries'");
      const auto insertion = configuration.text_or("FlowFile Insertion Strategy", "");
      options.insertion = insertion == "Isolated"           ? Bins::Insertion::Isolated
                          : insertion == "First in New Bin" ? Bins::Insertion::FirstInNewBin
                                                            : Bins::Insertion::LastInBin;
    }
    bins_.configure(options);
    return {};
  }

  base::Status trigger(const Configuration& configuration, const Services& services, Session& session) override {
    const auto now = services.clock.now();
    const auto group = [&](const FlowFile& file) -> base::Result<std::string> {
      if (defragments_) return file.attribute("fragment.identifier");
      TRY(const auto name, configuration.evaluate_or("Correlation Attribute Name", session, file, ""));
      return name.empty() ? std::string{} : file.attribute(name);
    };
    const auto ends_bin = [&](const FlowFile& file) -> base::Result<bool> {
      if (defragments_) return false;
      TRY(const auto ends, configuration.evaluate_or("Bin Termination Check", session, file, ""));
      return ends == "true";
    };
    TRY(auto ready, bins_.pack(session, now, group, ends_bin));
    base::Status outcome;
    for (auto& bin : ready) {
      auto merged = merge(configuration, services, bin);
      if (!merged) {
        // The other bins go on; this one is back in its queue, and the engine hears why.
        bin.session->rollback(true);
        session.yield();
        if (outcome) outcome = std::move(merged);
        continue;
      }
      session.did_work();
    }
    if (ready.empty() && !session.did_something()) session.yield();
    return outcome;
  }

  void stopped() override { bins_.clear(); }

 private:
  base::Status merge(const Configuration& configuration, const Services& services, Bin& bin) {
    auto& session = *bin.session;
    const auto fail_all = [&](const std::string& reason) {
      session.log_error(fmt::format("{}: {}", configuration.error_prefix(), reason));
      for (auto* file : bin.files) session.transfer(*file, "failure", reason);
      return session.commit();
    };
    if (defragments_) {
      if (const auto problem = defragment_problem(bin.files)) return fail_all(*problem);
      std::ranges::sort(bin.files, {}, [](const FlowFile* file) {
        return std::strtoull(file->attribute("fragment.index").c_str(), nullptr, 10);
      });
    }
    std::vector<FlowFile*> unmerged;
    auto content = write(configuration, services, bin, unmerged);
    if (!content &&
        (content.error().kind == base::ErrorKind::NotFound || content.error().kind == base::ErrorKind::Denied ||
         content.error().kind == base::ErrorKind::InvalidValue))
      return fail_all(content.error().message);
    if (!content) return std::move(content).failure();
    const std::vector<const FlowFile*> parents(bin.files.begin(), bin.files.end());
    auto& merged = session.create(parents);
    const auto name = name_of(bin.files, merged);
    for (auto& [attribute, value] : merged_attributes(bin.files, all_unique_))
      session.put_attribute(merged, attribute, value);
    session.put_attribute(merged, "filename", name);
    session.put_attribute(merged, "mime.type", type_of(bin.files));
    session.put_attribute(merged, "merge.count", std::to_string(bin.files.size()));
    session.put_attribute(merged, "merge.bin.age",
                          std::to_string((services.clock.now() - bin.made).count() / 1'000'000));
    session.put_attribute(merged, "merge.reason", bin.reason);
    session.set_content(merged, std::move(*content));
    session.transfer(merged, "merged");
    for (auto* file : unmerged) session.transfer(session.clone(*file), "failure", "its name is taken in the archive");
    for (auto* file : bin.files) session.put_attribute(*file, "merge.uuid", merged.attribute("uuid"));
    session.transfer_all(bin.files, "original");
    return session.commit();
  }

  base::Result<ContentClaim> write(const Configuration& configuration, const Services& services, const Bin& bin,
                                   std::vector<FlowFile*>& unmerged) const {
    TRY(auto writer, bin.session->begin_write());
    if (format_ == "Binary Concatenation")
      TRY_VOID(concatenate(configuration, bin, writer));
    else if (format_ == "TAR")
      TRY_VOID(write_tar(configuration, services, bin, writer));
    else if (format_ == "ZIP")
      TRY_VOID(write_zip(services, bin, writer, unmerged));
    else
      TRY_VOID(write_packages(bin, writer));
    return writer.finish();
  }

  base::Status concatenate(const Configuration& configuration, const Bin& bin, ByteSink& sink) const {
    TRY(const auto header, delimiter(configuration, bin, "Header"));
    TRY(const auto footer, delimiter(configuration, bin, "Footer"));
    TRY(const auto demarcator, delimiter(configuration, bin, "Demarcator"));
    TRY_VOID(sink.append(header));
    for (std::size_t i = 0; i < bin.files.size(); ++i) {
      if (i > 0) TRY_VOID(sink.append(demarcator));
      auto reader = bin.session->read(*bin.files[i]);
      TRY_VOID(copy_bytes(reader, sink));
    }
    return sink.append(footer);
  }

  base::Result<std::string> delimiter(const Configuration& configuration, const Bin& bin,
                                      std::string_view property) const {
    if (delimiters_ == "Do Not Use Delimiters") return std::string{};
    TRY(auto value, configuration.evaluate_or(property, *bin.session, *bin.files.front(), ""));
    if (delimiters_ == "Text" || value.empty()) return value;
    return read_small_file(value);
  }

  std::string entry_name(const FlowFile& file) const {
    return (keeps_path_ ? directory_of(file) : std::string{}) + file.attribute("filename");
  }

  base::Status write_tar(const Configuration& configuration, const Services& services, const Bin& bin,
                         ByteSink& sink) const {
    TarWriter tar(sink);
    for (const auto* file : bin.files) {
      TarEntry entry{
          .name = entry_name(*file), .size = file->size(), .modified_s = services.clock.now().ns / 1'000'000'000};
      const auto& permissions = file->attribute("tar.permissions");
      if (permissions.size() == 3 && permissions.find_first_not_of("01234567") == std::string::npos)
        entry.mode = static_cast<unsigned>(std::strtoul(permissions.c_str(), nullptr, 8));
      TRY(const auto modified, configuration.evaluate_or("Tar Modified Time", *bin.session, *file, ""));
      if (const auto time = parse_file_time(modified)) entry.modified_s = *time;
      auto reader = bin.session->read(*file);
      TRY_VOID(tar.add(entry, reader));
    }
    return tar.finish();
  }

  base::Status write_zip(const Services& services, const Bin& bin, ByteSink& sink, Files& unmerged) const {
    ZipWriter zip(sink, level_, services.clock.now().ns / 1'000'000'000);
    for (auto* file : bin.files) {
      auto reader = bin.session->read(*file);
      auto added = zip.add(entry_name(*file), file->size(), reader);
      if (!added && added.error().kind != base::ErrorKind::AlreadyExists) return added;
      if (!added) unmerged.push_back(file);
    }
    return zip.finish();
  }

  base::Status write_packages(const Bin& bin, ByteSink& sink) const {
    const auto write = format_ == "FlowFile Stream, v3"   ? write_package_v3
                       : format_ == "FlowFile Stream, v2" ? write_package_v2
                                                          : write_package_v1;
    for (const auto* file : bin.files) {
      auto reader = bin.session->read(*file);
      TRY_VOID(write(file->attributes, file->size(), reader, sink));
    }
    return {};
  }

  std::string name_of(const Files& files, const FlowFile& merged) const {
    const auto& original = files.front()->attribute("segment.original.filename");
    const auto name = files.size() == 1   ? files.front()->attribute("filename")
                      : !original.empty() ? original
                                          : merged.attribute("uuid");
    if (format_ == "TAR") return name + ".tar";
    if (format_ == "ZIP") return name + ".zip";
    return format_ == "Binary Concatenation" ? name : name + ".pkg";
  }

  std::string type_of(const Files& files) const {
    if (format_ == "TAR") return "application/tar";
    if (format_ == "ZIP") return "application/zip";
    if (format_ == "FlowFile Stream, v3") return "application/flowfile-v3";
    if (format_ == "FlowFile Stream, v2") return "application/flowfile-v2";
    if (format_ == "FlowFile Tar, v1") return "application/flowfile-v1";
    const auto& first = files.front()->attribute("mime.type");
    const bool same =
        std::ranges::all_of(files, [&](const FlowFile* file) { return file->attribute("mime.type") == first; });
    return same && !first.empty() ? first : "application/octet-stream";
  }

  bool defragments_ = false;
  bool all_unique_ = false;
  bool keeps_path_ = false;
  int level_ = 1;
  std::string format_;
  std::string delimiters_;
  Bins bins_;
};

}  // namespace

const Description kMergeContent{
    .type = "org.apache.nifi.processors.standard.MergeContent",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Merges flowfiles into one: as they come, by an attribute, or those that were split from one.",
    .properties = kProperties,
    .relationships = kRelationships,
    .when_empty = true,  // bins get older
    .make = [] { return std::unique_ptr<Processor>(new MergeContent); },
};

}  // namespace flow
