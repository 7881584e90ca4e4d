#define PCRE2_CODE_UNIT_WIDTH 8
#include "flow/el/pattern.h"

#include <fmt/format.h>
#include <pcre2.h>

#include <array>

#include "flow/el/java_regex.h"

namespace flow::el {
namespace {

constexpr std::uint32_t kStepsMax = 5'000'000;

}  // namespace

struct Pattern::Code {
  pcre2_code* code = nullptr;
  pcre2_match_context* limits = nullptr;
  ~Code() {
    pcre2_code_free(code);
    pcre2_match_context_free(limits);
  }

  struct Match {
    pcre2_match_data* data;
    explicit Match(const pcre2_code* code) : data(pcre2_match_data_create_from_pattern(code, nullptr)) {}
    Match(const Match&) = delete;
    Match& operator=(const Match&) = delete;
    ~Match() { pcre2_match_data_free(data); }
  };

  base::Result<bool> run(Match& match, std::string_view text, std::size_t from, std::uint32_t options) const {
    const int outcome =
        pcre2_match(code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), from, options, match.data, limits);
    if (outcome == PCRE2_ERROR_NOMATCH) return false;
    if (outcome < 0)
      return base::fail(base::ErrorKind::InvalidValue,
                        "a regular expression took too many steps on a value; simplify the expression");
    return true;
  }
};

Pattern::Pattern(std::unique_ptr<Code> code) : code_(std::move(code)) {}
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;
Pattern::~Pattern() = default;

base::Result<Pattern> Pattern::compile(std::string_view java) {
  TRY(const auto pcre, translate_java_regex(java));
  auto code = std::make_unique<Code>();
  int error = 0;
  std::size_t place = 0;
  auto* settings = pcre2_compile_context_create(nullptr);
  pcre2_set_newline(settings, pcre.unix_lines ? PCRE2_NEWLINE_LF : PCRE2_NEWLINE_ANYCRLF);
  code->code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pcre.text.data()), pcre.text.size(),
                             PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | (pcre.unicode_words ? PCRE2_UCP : 0), &error, &place,
                             settings);
  pcre2_compile_context_free(settings);
  if (code->code == nullptr) {
    std::array<char, 200> message{};
    pcre2_get_error_message(error, reinterpret_cast<PCRE2_UCHAR*>(message.data()), message.size());
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("not a regular expression: {} at character {} of '{}'",
                                                                 message.data(), place + 1, java));
  }
  pcre2_jit_compile(code->code, PCRE2_JIT_COMPLETE);
  code->limits = pcre2_match_context_create(nullptr);
  pcre2_set_match_limit(code->limits, kStepsMax);
  return Pattern(std::move(code));
}

base::Result<bool> Pattern::matches(std::string_view whole) const {
  Code::Match match(code_->code);
  return code_->run(match, whole, 0, PCRE2_ANCHORED | PCRE2_ENDANCHORED);
}

base::Result<bool> Pattern::find(std::string_view text) const {
  Code::Match match(code_->code);
  return code_->run(match, text, 0, 0);
}

base::Result<std::vector<Pattern::Group>> Pattern::match(std::string_view text, std::size_t from) const {
  Code::Match match(code_->code);
  TRY(const bool found, code_->run(match, text, from, 0));
  std::vector<Group> groups;
  if (!found) return groups;
  const auto* places = pcre2_get_ovector_pointer(match.data);
  for (std::size_t i = 0; i < pcre2_get_ovector_count(match.data); ++i)
    groups.push_back(places[2 * i] == PCRE2_UNSET ? Group{} : Group{places[2 * i], places[2 * i + 1]});
  return groups;
}

base::Result<std::vector<std::string>> Pattern::split(std::string_view text) const {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (std::size_t from = 0; from < text.size();) {
    TRY(const auto groups, match(text, from));
    if (groups.empty()) break;
    const auto [start, end] = groups.front();
    if (start == end) {  // between two characters; before the first it splits nothing off
      if (start >= text.size()) break;
      if (start > 0) {
        parts.emplace_back(text.substr(begin, start - begin));
        begin = start;
      }
      from = start + 1;
      while (from < text.size() && (static_cast<unsigned char>(text[from]) & 0xC0) == 0x80) ++from;
      continue;
    }
    parts.emplace_back(text.substr(begin, start - begin));
    begin = from = end;
  }
  if (begin == 0 && parts.empty()) return std::vector<std::string>{std::string(text)};
  parts.emplace_back(text.substr(begin));
  while (!parts.empty() && parts.back().empty()) parts.pop_back();
  return parts;
}

base::Result<std::string> Pattern::replace(std::string_view text, std::string_view replacement, bool all) const {
  Code::Match match(code_->code);
  std::string out;
  const auto group = [&](std::size_t n) {
    const auto* places = pcre2_get_ovector_pointer(match.data);
    if (places[2 * n] != PCRE2_UNSET) out += text.substr(places[2 * n], places[2 * n + 1] - places[2 * n]);
  };
  std::size_t at = 0;
  std::size_t copied = 0;
  while (at <= text.size()) {
    TRY(const bool found, code_->run(match, text, at, 0));
    if (!found) break;
    const auto* places = pcre2_get_ovector_pointer(match.data);
    const auto start = places[0], end = places[1];
    out += text.substr(copied, start - copied);
    const auto groups = pcre2_get_ovector_count(match.data);
    for (std::size_t i = 0; i < replacement.size(); ++i) {
      const char c = replacement[i];
      if (c == '\\' && i + 1 < replacement.size()) {
        out += replacement[++i];
      } else if (c == '$' && i + 1 < replacement.size() && replacement[i + 1] == '{') {
        const auto close = replacement.find('}', i);
        const std::string name(replacement.substr(i + 2, close == std::string_view::npos ? 0 : close - i - 2));
        const int number = pcre2_substring_number_from_name(code_->code, reinterpret_cast<PCRE2_SPTR>(name.c_str()));
        if (number < 0) return base::fail(base::ErrorKind::InvalidValue, "no group with the name " + name);
        group(static_cast<std::size_t>(number));
        i = close;
      } else if (c == '$') {
        if (i + 1 >= replacement.size() || replacement[i + 1] < '0' || replacement[i + 1] > '9')
          return base::fail(base::ErrorKind::InvalidValue, "illegal group reference in the replacement");
        std::size_t number = static_cast<std::size_t>(replacement[++i] - '0');
        if (number >= groups) return base::fail(base::ErrorKind::InvalidValue, fmt::format("no group {}", number));
        // More digits belong to the reference as long as such a group exists.
        while (i + 1 < replacement.size() && replacement[i + 1] >= '0' && replacement[i + 1] <= '9' &&
               number * 10 + static_cast<std::size_t>(replacement[i + 1] - '0') < groups)
          number = number * 10 + static_cast<std::size_t>(replacement[++i] - '0');
        group(number);
      } else {
        out += c;
      }
    }
    copied = end;
    at = end;
    if (end == start) {  // an empty match: step over one character
      if (at < text.size()) out += text[at];
      copied = ++at;
      while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) out += text[at++];
      copied = at;
    }
    if (!all) break;
  }
  if (copied < text.size()) out += text.substr(copied);
  return out;
}

std::string Pattern::quote(std::string text) {
  std::string out = "\\Q";
  for (std::size_t at = 0;;) {
    const auto end = text.find("\\E", at);
    out += text.substr(at, end == std::string::npos ? end : end - at);
    if (end == std::string::npos) return out + "\\E";
    out += "\\E\\\\E\\Q";
    at = end + 2;
  }
}

std::size_t Pattern::groups() const {
  std::uint32_t count = 0;
  pcre2_pattern_info(code_->code, PCRE2_INFO_CAPTURECOUNT, &count);
  return count;
}

std::vector<std::pair<std::string, std::size_t>> Pattern::names() const {
  std::uint32_t count = 0, entry_bytes = 0;
  PCRE2_SPTR table = nullptr;
  pcre2_pattern_info(code_->code, PCRE2_INFO_NAMECOUNT, &count);
  pcre2_pattern_info(code_->code, PCRE2_INFO_NAMEENTRYSIZE, &entry_bytes);
  pcre2_pattern_info(code_->code, PCRE2_INFO_NAMETABLE, &table);
  std::vector<std::pair<std::string, std::size_t>> names;
  // Each entry: the number in two bytes, then the name with a zero behind it.
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto* entry = table + static_cast<std::size_t>(i) * entry_bytes;
    names.emplace_back(reinterpret_cast<const char*>(entry + 2), static_cast<std::size_t>(entry[0] << 8 | entry[1]));
  }
  return names;
}

struct Pattern::Matcher::State {
  const Code& code;
  Code::Match match;
  std::string_view text;
  std::size_t next = 0;
  bool over = false;
};

Pattern::Matcher::Matcher(const Pattern& pattern, std::string_view text)
    : state_(new State{.code = *pattern.code_, .match = Code::Match(pattern.code_->code), .text = text}) {}
Pattern::Matcher::~Matcher() = default;

void Pattern::Matcher::reset(std::string_view text) {
  state_->text = text;
  state_->next = 0;
  state_->over = false;
}

base::Result<bool> Pattern::Matcher::find() {
  if (state_->over || state_->next > state_->text.size()) return false;
  TRY(const bool found, state_->code.run(state_->match, state_->text, state_->next, 0));
  state_->over = !found;
  if (!found) return false;
  state_->next = end();
  if (begin() == end()) {  // step over one character
    ++state_->next;
    while (state_->next < state_->text.size() &&
           (static_cast<unsigned char>(state_->text[state_->next]) & 0xC0) == 0x80)
      ++state_->next;
  }
  return true;
}

std::size_t Pattern::Matcher::begin() const { return pcre2_get_ovector_pointer(state_->match.data)[0]; }
std::size_t Pattern::Matcher::end() const { return pcre2_get_ovector_pointer(state_->match.data)[1]; }

std::optional<std::string_view> Pattern::Matcher::group(std::size_t number) const {
  if (number >= pcre2_get_ovector_count(state_->match.data)) return std::nullopt;
  const auto* places = pcre2_get_ovector_pointer(state_->match.data);
  if (places[2 * number] == PCRE2_UNSET) return std::nullopt;
  return state_->text.substr(places[2 * number], places[2 * number + 1] - places[2 * number]);
}

}  // namespace flow::el
