#include "flow/processors/replace_text.h"

#include "flow/content/character_set.h"
#include "flow/content/lines.h"
#include "flow/content/replacement.h"
#include "flow/engine/processor.h"
#include "flow/engine/session.h"
#include "flow/processors/checked_property.h"
#include "flow/processors/failure.h"

namespace flow {
namespace {

constexpr Allowed kStrategies[] = {{"Prepend"},
                                   {"Append"},
                                   {"Surround"},
                                   {"Regex Replace"},
                                   {"Literal Replace"},
                                   {"Always Replace"},
                                   {"Substitute Variables"}};
constexpr Allowed kModes[] = {{"Line-by-Line"}, {"Entire text"}};
constexpr Allowed kLineModes[] = {{"All"}, {"First-Line"}, {"Last-Line"}, {"Except-First-Line"}, {"Except-Last-Line"}};
constexpr Property kProperties[] = {
    {.name = "Replacement Strategy",
     .help = "What is done with the text",
     .fallback = "Regex Replace",
     .required = true,
     .allowed = kStrategies},
    {.name = "Search Value",
     .old_name = "Regular Expression",
     .help = "For 'Regex Replace' a Java pattern in which values of attributes are text, for 'Literal Replace' a text",
     .fallback = "(?s)(^.*$)",
     .scope = Scope::FlowFile},
    {.name = "Replacement Value",
     .help = "Evaluated for each match, whose groups are $1, or ${'$1'} in an expression",
     .fallback = "$1",
     .scope = Scope::FlowFile},
    {.name = "Text to Prepend", .help = "For 'Surround'", .scope = Scope::FlowFile},
    {.name = "Text to Append", .help = "For 'Surround'", .scope = Scope::FlowFile},
    {.name = "Character Set", .help = "Of the content", .fallback = "UTF-8", .required = true},
    {.name = "Maximum Buffer Size",
     .help = "For 'Entire text': a longer content goes to failure",
     .fallback = "1 MB",
     .required = true,
     .kind = Property::Kind::Size},
    {.name = "Evaluation Mode",
     .help = "Each line, with its end, or all of it at once",
     .fallback = "Line-by-Line",
     .required = true,
     .allowed = kModes},
    {.name = "Line-by-Line Evaluation Mode",
     .help = "Which lines; the others stay as they are",
     .fallback = "All",
     .allowed = kLineModes},
};
constexpr Relationship kRelationships[] = {{"success"}, {"failure", true}};

enum class Strategy { Prepend, Append, Surround, Regex, Literal, Always, Substitute };
enum class Lines { All, First, Last, ExceptFirst, ExceptLast };

Strategy strategy_of(const std::string& name) {
  if (name == "Prepend") return Strategy::Prepend;
  if (name == "Append") return Strategy::Append;
  if (name == "Surround") return Strategy::Surround;
  if (name == "Literal Replace") return Strategy::Literal;
  if (name == "Always Replace") return Strategy::Always;
  if (name == "Substitute Variables") return Strategy::Substitute;
  return Strategy::Regex;
}

Lines lines_of(const std::string& name) {
  if (name == "First-Line") return Lines::First;
  if (name == "Last-Line") return Lines::Last;
  if (name == "Except-First-Line") return Lines::ExceptFirst;
  if (name == "Except-Last-Line") return Lines::ExceptLast;
  return Lines::All;
}

bool is_chosen(Lines lines, bool first, bool last) {
  switch (lines) {
    case Lines::All: return true;
    case Lines::First: return first;
    case Lines::Last: return last;
    case Lines::ExceptFirst: return !first;
    case Lines::ExceptLast: return !last;
  }
  return true;
}

/// Values in a replacement are no references.
std::string without_references(std::string text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '$' && i + 1 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '9') out += '\\';
    out += text[i];
  }
  return out;
}

/// What one flowfile needs: the values of the properties for it, and what they do to a piece of text.
class Change {
 public:
  static base::Result<Change> make(Strategy strategy, const Configuration& configuration, const Session& session,
                                   const FlowFile& file) {
    Change change(strategy, configuration, session, file);
    switch (strategy) {
      case Strategy::Surround: {
        TRY(change.before_, configuration.evaluate_or("Text to Prepend", session, file, ""));
        TRY(change.after_, configuration.evaluate_or("Text to Append", session, file, ""));
        break;
      }
      case Strategy::Append: {
        TRY(change.after_, configuration.evaluate_or("Replacement Value", session, file, ""));
        break;
      }
      case Strategy::Prepend:
      case Strategy::Always: {
        TRY(change.before_, configuration.evaluate_or("Replacement Value", session, file, ""));
        break;
      }
      case Strategy::Literal: {
        TRY(change.before_, configuration.evaluate_or("Replacement Value", session, file, ""));
        TRY(change.search_, configuration.evaluate_or("Search Value", session, file, ""));
        break;
      }
      case Strategy::Regex: {
        TRY_VOID(change.compile());
        break;
      }
      case Strategy::Substitute: break;
    }
    return change;
  }

  base::Status apply(std::string_view text, std::string& out) {
    switch (strategy_) {
      case Strategy::Prepend: out.append(before_).append(text); return {};
      case Strategy::Append:
      case Strategy::Surround: {
        const auto end = whole_ ? text.size() : std::min(text.find_first_of("\r\n"), text.size());
        out.append(before_).append(text.substr(0, end)).append(after_).append(text.substr(end));
        return {};
      }
      case Strategy::Always:
        out.append(before_);
        if (!whole_) out.append(line_endings(text));
        return {};
      case Strategy::Literal: replace_literal(text, out); return {};
      case Strategy::Regex: return replace_matches(text, out);
      case Strategy::Substitute: {
        TRY(const auto substituted, substitute_variables(text, file_->attributes));
        out += substituted;
        return {};
      }
    }
    return {};
  }

  void make_whole() { whole_ = true; }
  const std::string& before() const { return before_; }
  const std::string& after() const { return after_; }

 private:
  Change(Strategy strategy, const Configuration& configuration, const Session& session, const FlowFile& file)
      : strategy_(strategy), configuration_(&configuration), session_(&session), file_(&file) {}

  base::Status compile() {
    TRY(const auto search,
        configuration_->evaluate("Search Value", *session_, *file_, {.decorate = el::Pattern::quote}));
    TRY(auto pattern, el::Pattern::compile(search.value_or("")));
    pattern_ = std::make_unique<el::Pattern>(std::move(pattern));
    matcher_ = std::make_unique<el::Pattern::Matcher>(*pattern_, std::string_view{});
    if (const auto literal = configuration_->text("Replacement Value"))
      fixed_ = Replacement::parse(*literal, pattern_->groups());
    return {};
  }

  void replace_literal(std::string_view text, std::string& out) const {
    while (!search_.empty()) {
      const auto found = text.find(search_);
      if (found == std::string_view::npos) break;
      out.append(text.substr(0, found)).append(before_);
      text.remove_prefix(found + search_.size());
    }
    out.append(text);
  }

  base::Status replace_matches(std::string_view text, std::string& out) {
    matcher_->reset(text);
    std::size_t copied = 0;
    for (;;) {
      TRY(const bool found, matcher_->find());
      if (!found) break;
      out.append(text.substr(copied, matcher_->begin() - copied));
      copied = matcher_->end();
      if (fixed_) {
        fixed_->append_to(out, *matcher_);
        continue;
      }
      Attributes groups;
      for (std::size_t n = 0; n <= pattern_->groups(); ++n)
        groups[fmt::format("${}", n)] = matcher_->group(n).value_or("");
      TRY(const auto replacement, configuration_->evaluate("Replacement Value", *session_, *file_,
                                                           {.extra = &groups, .decorate = without_references}));
      Replacement::parse(replacement.value_or(""), pattern_->groups()).append_to(out, *matcher_);
    }
    out.append(text.substr(copied));
    return {};
  }

  Strategy strategy_;
  const Configuration* configuration_;
  const Session* session_;
  const FlowFile* file_;
  bool whole_ = false;
  std::string before_, after_, search_;
  std::unique_ptr<el::Pattern> pattern_;
  std::unique_ptr<el::Pattern::Matcher> matcher_;
  std::optional<Replacement> fixed_;  // when it is the same for every match
};

constexpr std::uint64_t kLineStep = 8192;

std::uint64_t utf16_length(std::string_view utf8) {
  std::uint64_t length = 0;
  for (const char c : utf8) {
    const auto byte = static_cast<unsigned char>(c);
    length += byte >= 0xF0 ? 2 : (byte & 0xC0) == 0x80 ? 0 : 1;
  }
  return length;
}

class ReplaceText final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    strategy_ = strategy_of(configuration.text_or("Replacement Strategy", ""));
    whole_ = configuration.text("Evaluation Mode") == "Entire text";
    lines_ = lines_of(configuration.text_or("Line-by-Line Evaluation Mode", "All"));
    bytes_max_ = configuration.size("Maximum Buffer Size").value_or(1 << 20);
    TRY(set_, character_set(configuration));
    const auto search = configuration.text("Search Value");
    if (strategy_ == Strategy::Literal && search == "")
      return in_property(configuration, "Search Value", "is required");
    // Literal text may be checked now; with expressions it is known per flowfile.
    if (strategy_ == Strategy::Regex && search) {
      if (*search == ".*") {
        strategy_ = Strategy::Always;
      } else if (auto pattern = el::Pattern::compile(*search); !pattern) {
        return in_property(configuration, "Search Value", pattern.error());
      }
    }
    return {};
  }

  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    for (auto* file : session.get(100)) {
      auto content = replace(configuration, session, *file);
      if (!content && content.error().kind != base::ErrorKind::InvalidValue &&
          content.error().kind != base::ErrorKind::Unsupported)
        return std::move(content).failure();
      if (!content) {
        send_to_failure(configuration, session, *file, content.error().message);
        continue;
      }
      session.set_content(*file, std::move(*content));
      session.transfer(*file, "success");
    }
    return {};
  }

 private:
  base::Result<ContentClaim> replace(const Configuration& configuration, Session& session, const FlowFile& file) const {
    TRY(auto change, Change::make(strategy_, configuration, session, file));
    auto reader = session.read(file);
    TRY(auto writer, session.begin_write());
    TRY(auto source, DecodingSource::make(reader, set_));
    TRY(auto sink, EncodingSink::make(writer, set_));
    if (whole_) {
      change.make_whole();
      TRY_VOID(replace_whole(change, file, source, sink));
    } else {
      TRY_VOID(replace_lines(change, source, sink));
    }
    TRY_VOID(sink.finish());
    return writer.finish();
  }

  base::Status replace_whole(Change& change, const FlowFile& file, ByteSource& source, ByteSink& sink) const {
    switch (strategy_) {
      case Strategy::Prepend:
      case Strategy::Append:
      case Strategy::Surround:  // need not be held in memory
        TRY_VOID(sink.append(change.before()));
        TRY_VOID(copy_bytes(source, sink));
        return sink.append(change.after());
      case Strategy::Always: return sink.append(change.before());
      case Strategy::Regex:
      case Strategy::Literal:
      case Strategy::Substitute: break;
    }
    if (file.size() > bytes_max_)
      return base::fail(base::ErrorKind::InvalidValue,
                        fmt::format("the content is larger than 'Maximum Buffer Size': {} bytes", file.size()));
    std::string text;
    for (;;) {
      TRY(const auto bytes, source.next());
      if (bytes.empty()) break;
      text += bytes;
    }
    std::string out;
    TRY_VOID(change.apply(text, out));
    return sink.append(out);
  }

  base::Status replace_lines(Change& change, ByteSource& source, ByteSink& sink) const {
    // NiFi holds a whole line, too, in a buffer of UTF-16 that grows by 8192 characters, as far as it may. It must see
    // the "\n" in it, or what follows.
    const auto characters_max = std::max(kLineStep, bytes_max_ / kLineStep * kLineStep);
    LineReader reader(source, 3 * characters_max);  // a character has three bytes of UTF-8 at most
    std::string line, out;
    TRY(auto next, reader.next());
    for (bool first = true; next; first = false) {
      if (next->size() >= characters_max &&
          utf16_length(*next) > (next->ends_with('\n') ? characters_max : characters_max - 1))
        return base::fail(base::ErrorKind::InvalidValue,
                          fmt::format("a line does not fit into 'Maximum Buffer Size': {} characters", characters_max));
      line = *next;
      TRY(next, reader.next());
      if (!is_chosen(lines_, first, !next)) {
        TRY_VOID(sink.append(line));
        continue;
      }
      out.clear();
      TRY_VOID(change.apply(line, out));
      TRY_VOID(sink.append(out));
    }
    return {};
  }

  Strategy strategy_ = Strategy::Regex;
  Lines lines_ = Lines::All;
  bool whole_ = false;
  std::uint64_t bytes_max_ = 0;
  CharacterSet set_ = CharacterSet::utf8();
};

}  // namespace

const Description kReplaceText{
    .type = "org.apache.nifi.processors.standard.ReplaceText",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Replaces parts of the text of flowfiles, or adds to it, line by line or at once.",
    .properties = kProperties,
    .relationships = kRelationships,
    .batches = true,
    .make = [] { return std::unique_ptr<Processor>(new ReplaceText); },
};

}  // namespace flow
