#include "flow/processors/replace_text_with_mapping.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <mutex>

#include "flow/content/buffered_content.h"
#include "flow/content/replacement.h"
#include "flow/engine/processor.h"
#include "flow/engine/session.h"
#include "flow/processors/checked_property.h"
#include "flow/processors/failure.h"
#include "flow/processors/source_file.h"

namespace flow {
namespace {

constexpr std::size_t kPolledMax = 5;

constexpr Property kProperties[] = {
    {.name = "Regular Expression",
     .help = "Java pattern in which values of attributes are text",
     .fallback = "\\S+",
     .required = true,
     .scope = Scope::FlowFile},
    {.name = "Matching Group",
     .help = "Of the pattern: what is looked up and replaced; 0: all of the match",
     .fallback = "0",
     .required = true,
     .scope = Scope::Environment,
     .kind = Property::Kind::Integer},
    {.name = "Mapping File",
     .help = "A file, or the text itself: lines of a key, a tab or blank, and what stands in its place",
     .required = true},
    {.name = "Mapping File Refresh Interval",
     .help = "How often to look whether the file has changed",
     .fallback = "60s",
     .required = true,
     .kind = Property::Kind::Duration},
    {.name = "Character Set", .help = "Of the content", .fallback = "UTF-8", .required = true},
    {.name = "Maximum Buffer Size",
     .help = "A longer content goes to failure",
     .fallback = "1 MB",
     .required = true,
     .kind = Property::Kind::Size},
};
constexpr Relationship kRelationships[] = {{"success"}, {"failure", true}};

using Mapping = std::map<std::string, std::string, std::less<>>;

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r");
  return begin == std::string_view::npos ? std::string_view{}
                                         : text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

Mapping parse_mapping(std::string_view text) {
  Mapping mapping;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    const auto gap = std::min(line.find_first_of("\t "), line.size());
    mapping[std::string(line.substr(0, gap))] = trimmed(line.substr(gap));
  }
  return mapping;
}

class ReplaceTextWithMapping final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    TRY(set_, character_set(configuration));
    bytes_max_ = configuration.size("Maximum Buffer Size").value_or(1 << 20);
    group_ = configuration.integer_or("Matching Group", 0);
    interval_ = configuration.duration("Mapping File Refresh Interval").value_or(std::chrono::seconds{60});
    const auto pattern_text = configuration.text("Regular Expression");
    if (pattern_text) {
      const auto pattern = el::Pattern::compile(*pattern_text);
      if (!pattern) return in_property(configuration, "Regular Expression", pattern.error());
      if (group_ > pattern->groups())
        return in_property(configuration, "Matching Group", "the regular expression has no such group");
    }
    const auto mapping = configuration.text_or("Mapping File", "");
    struct stat status{};
    if (mapping.find('\n') == std::string::npos && ::stat(mapping.c_str(), &status) == 0)
      path_ = mapping;
    else if (mapping.find_first_of("\t\n ") != std::string::npos && !mapping.starts_with('/'))
      mapping_ = std::make_shared<const Mapping>(parse_mapping(mapping));
    else
      return in_property(configuration, "Mapping File", fmt::format("there is no file {}", mapping));
    return {};
  }

  base::Status trigger(const Configuration& configuration, const Services& services, Session& session) override {
    TRY(const auto mapping, current_mapping(services.clock.now()));
    for (auto* file : session.get(kPolledMax)) {
      auto text = file->size() > bytes_max_
                      ? base::Result<std::string>(base::fail(
                            base::ErrorKind::InvalidValue,
                            fmt::format("the content is larger than 'Maximum Buffer Size': {} bytes", file->size())))
                      : replace(configuration, session, *file, *mapping);
      if (!text) {
        if (text.error().kind != base::ErrorKind::InvalidValue) return std::move(text).failure();
        send_to_failure(configuration, session, *file, text.error().message);
        continue;
      }
      TRY(const auto bytes, set_.encode(*text));
      TRY(auto writer, session.begin_write());
      TRY_VOID(writer.append(bytes));
      session.set_content(*file, writer.finish());
      session.transfer(*file, "success");
    }
    return {};
  }

 private:
  /// Reads the file again when it was changed.
  base::Result<std::shared_ptr<const Mapping>> current_mapping(base::Instant now) {
    const std::lock_guard lock(mapping_mutex_);
    if (path_.empty() || (mapping_ != nullptr && looked_at_ && now - *looked_at_ < interval_)) return mapping_;
    looked_at_ = now;
    struct stat status{};
    if (::stat(path_.c_str(), &status) == 0 && mapping_ != nullptr && status.st_mtim.tv_sec == modified_.tv_sec &&
        status.st_mtim.tv_nsec == modified_.tv_nsec)
      return mapping_;
    TRY(const auto text, read_small_file(path_));
    modified_ = status.st_mtim;
    mapping_ = std::make_shared<const Mapping>(parse_mapping(text));
    return mapping_;
  }

  base::Result<std::string> replace(const Configuration& configuration, Session& session, const FlowFile& file,
                                    const Mapping& mapping) const {
    TRY(const auto bytes, read_beginning(session, file, bytes_max_));
    TRY(const auto text, set_.decode(bytes));
    TRY(const auto expression,
        configuration.evaluate("Regular Expression", session, file, {.decorate = el::Pattern::quote}));
    TRY(const auto pattern, el::Pattern::compile(expression.value_or("")));
    el::Pattern::Matcher match(pattern, text);
    std::string out;
    std::size_t copied = 0;
    for (;;) {
      TRY(const bool found, match.find());
      if (!found) break;
      const auto key = match.group(group_);
      const auto entry = key ? mapping.find(*key) : mapping.end();
      if (entry == mapping.end()) continue;
      const auto from = static_cast<std::size_t>(key->data() - text.data());
      out.append(text, copied, from - copied);
      Replacement::parse_parts(entry->second, pattern.groups()).append_to(out, match);
      copied = from + key->size();
    }
    return out.append(text, copied);
  }

  CharacterSet set_ = CharacterSet::utf8();
  std::uint64_t bytes_max_ = 0;
  std::size_t group_ = 0;
  std::chrono::nanoseconds interval_{0};
  std::string path_;  // empty: the property is the mapping

  std::mutex mapping_mutex_;
  std::shared_ptr<const Mapping> mapping_;
  std::optional<base::Instant> looked_at_;
  timespec modified_{};
};

}  // namespace

const Description kReplaceTextWithMapping{
    .type = "org.apache.nifi.processors.standard.ReplaceTextWithMapping",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Replaces parts of text by what a file says.",
    .properties = kProperties,
    .relationships = kRelationships,
    .batches = true,
    .make = [] { return std::unique_ptr<Processor>(new ReplaceTextWithMapping); },
};

}  // namespace flow
