#include "flow/el/java_regex.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <vector>

namespace flow::el {
namespace {

struct Respelled {
  std::string_view java;
  std::string_view inside;  // of a class
};
/// What stands in \p{...}; names of categories, scripts and blocks that PCRE2 knows by the same name are not here.
constexpr auto kProperties = std::to_array<Respelled>({
    {"Lower", "[:lower:]"},
    {"Upper", "[:upper:]"},
    {"ASCII", "[:ascii:]"},
    {"Alpha", "[:alpha:]"},
    {"Digit", "[:digit:]"},
    {"Alnum", "[:alnum:]"},
    {"Punct", "[:punct:]"},
    {"Graph", "[:graph:]"},
    {"Print", "[:print:]"},
    {"Blank", "[:blank:]"},
    {"Cntrl", "[:cntrl:]"},
    {"XDigit", "[:xdigit:]"},
    {"Space", "[:space:]"},
    {"javaLowerCase", "\\p{Ll}"},
    {"javaUpperCase", "\\p{Lu}"},
    {"javaWhitespace", "\\s\\x{1C}-\\x{1F}\\p{Zl}\\p{Zp}"},
    {"javaLetter", "\\p{L}"},
    {"javaDigit", "\\p{Nd}"},
    {"javaLetterOrDigit", "\\p{L}\\p{Nd}"},
    {"javaAlphabetic", "\\p{L}\\p{Nl}"},
    {"javaMirrored", "()<>\\[\\]{}«»"},
    {"IsAlphabetic", "\\p{L}\\p{Nl}"},
    {"IsLetter", "\\p{L}"},
    {"IsIdeographic", "\\p{Han}"},
    {"IsLowercase", "\\p{Ll}"},
    {"IsUppercase", "\\p{Lu}"},
    {"IsTitlecase", "\\p{Lt}"},
    {"IsPunctuation", "\\p{P}"},
    {"IsControl", "\\p{Cc}"},
    {"IsWhite_Space", "\\s\\p{Z}"},
    {"IsDigit", "\\p{Nd}"},
    {"IsAlnum", "\\p{L}\\p{Nl}\\p{Nd}"},
    {"InGreek", "\\x{370}-\\x{3FF}"},
    {"InCyrillic", "\\x{400}-\\x{4FF}"},
    {"L1", "\\x{0}-\\x{FF}"},
    {"all", "\\x{0}-\\x{10FFFF}"},
});

class Translator {
 public:
  explicit Translator(std::string_view java) : java_(java) {}

  base::Result<PcreText> run() {
    leading_flags();
    while (at_ < java_.size()) {
      const char c = java_[at_];
      if (c == '\\') {
        TRY_VOID(escape(nullptr));
      } else if (c == '[') {
        TRY(auto set, character_class());
        out_.text += set;
      } else if (rest().starts_with("(?")) {
        group();
      } else if (folds_ascii_only_ && static_cast<unsigned char>(c) >= 0x80) {
        std::size_t end = at_ + 1;
        while (end < java_.size() && (static_cast<unsigned char>(java_[end]) & 0xC0) == 0x80) ++end;
        out_.text += fmt::format("(?-i:{})", java_.substr(at_, end - at_));
        at_ = end;
      } else {
        out_.text += c;
        ++at_;
      }
    }
    return std::move(out_);
  }

 private:
  std::string_view rest() const { return java_.substr(at_); }
  base::Failure<base::Error> mistake(std::string_view what) const {
    return base::fail(base::ErrorKind::InvalidValue,
                      fmt::format("not a regular expression: {} at character {} of '{}'", what, at_ + 1, java_));
  }

  static std::string without_javas_own(std::string_view flags) {
    std::string kept;
    for (const char flag : flags)
      if (flag != 'd' && flag != 'u' && flag != 'U') kept += flag;
    if (kept.ends_with('-')) kept.pop_back();
    return kept;
  }
  void leading_flags() {
    const auto flags = rest().substr(0, std::min(rest().find(')'), rest().size()));
    if (!flags.starts_with("(?") || flags.find_first_not_of("idmsuxU", 2) != std::string_view::npos) return;
    out_.unix_lines = flags.find('d') != std::string_view::npos;
    out_.unicode_words = flags.find('U') != std::string_view::npos;
    // In Java any case is that of ASCII's letters, unless Unicode's is asked for.
    folds_ascii_only_ =
        flags.find('i') != std::string_view::npos && flags.find_first_of("uU") == std::string_view::npos;
  }
  /// At "(?": flags lose those that PCRE2 has not or means otherwise.
  void group() {
    const auto end = rest().find_first_not_of("idmsuxU-", 2);
    const bool flags = end != std::string_view::npos && end > 2 && (rest()[end] == ')' || rest()[end] == ':');
    if (!flags) {
      out_.text += "(?";
      at_ += 2;
      return;
    }
    const auto kept = without_javas_own(rest().substr(2, end - 2));
    if (!kept.empty() || rest()[end] == ':') out_.text += fmt::format("(?{}{}", kept, rest()[end]);
    at_ += end + 1;
  }

  std::optional<std::uint32_t> hex4(std::size_t at) const {
    std::uint32_t value = 0;
    if (at + 4 > java_.size()) return std::nullopt;
    const auto [end, error] = std::from_chars(java_.data() + at, java_.data() + at + 4, value, 16);
    return error == std::errc{} && end == java_.data() + at + 4 ? std::optional(value) : std::nullopt;
  }
  /// At "\uhhhh": the code point, of a pair of surrogates the one they stand for.
  base::Result<std::string> unicode_escape() {
    auto value = hex4(at_ + 2);
    if (!value) return mistake("broken \\u escape");
    at_ += 6;
    if (*value >= 0xD800 && *value < 0xDC00 && rest().starts_with("\\u"))
      if (const auto low = hex4(at_ + 2); low && *low >= 0xDC00 && *low < 0xE000) {
        value = 0x10000 + ((*value - 0xD800) << 10) + (*low - 0xDC00);
        at_ += 6;
      }
    return fmt::format("\\x{{{:X}}}", *value);
  }

  /// At "\p" or "\P": what stands for it in a class; `negated` says whether it is the others.
  base::Result<std::string> property(bool& negated) {
    negated = java_[at_ + 1] == 'P';
    std::string_view name;
    if (at_ + 2 < java_.size() && java_[at_ + 2] != '{') {
      name = java_.substr(at_ + 2, 1);
      at_ += 3;
    } else {
      const auto close = java_.find('}', at_);
      if (close == std::string_view::npos) return mistake("open \\p{");
      name = java_.substr(at_ + 3, close - at_ - 3);
      at_ = close + 1;
    }
    const auto* known = std::ranges::find(kProperties, name, &Respelled::java);
    if (known != kProperties.end()) return std::string(known->inside);
    for (const std::string_view prefix : {"Is", "script=", "sc=", "general_category=", "gc="})
      if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
    if (name.empty() || name.starts_with("java") || name.starts_with("In"))
      return base::fail(base::ErrorKind::Unsupported,
                        fmt::format("\\p{{{}}} is not supported in the regular expression '{}'", name, java_));
    return fmt::format("\\p{{{}}}", name);
  }

  /// At a backslash, outside of classes or (with `set`) in one.
  base::Status escape(std::string* set) {
    auto& out = set != nullptr ? *set : out_.text;
    if (at_ + 1 >= java_.size()) return mistake("a backslash at the end");
    const char c = java_[at_ + 1];
    if (c == 'Q') {
      const auto end = std::min(java_.find("\\E", at_), java_.size());
      for (const char quoted : java_.substr(at_ + 2, end - at_ - 2)) {
        const auto byte = static_cast<unsigned char>(quoted);
        const bool word = byte >= 0x80 || (byte >= '0' && byte <= '9') || ((byte | 32) >= 'a' && (byte | 32) <= 'z');
        if (!word) out += '\\';
        out += quoted;
      }
      at_ = std::min(end + 2, java_.size());
    } else if (c == 'u') {
      TRY(const auto escaped, unicode_escape());
      out += escaped;
    } else if (c == 'p' || c == 'P') {
      bool negated = false;
      TRY(const auto inside, property(negated));
      if (set == nullptr)
        out += fmt::format("[{}{}]", negated ? "^" : "", inside);
      else if (!negated)
        out += inside;
      else
        out += inside.starts_with("[:") ? "[:^" + inside.substr(2) : "\\P" + inside.substr(2);
    } else if (set == nullptr && (c == 'S' || c == 'W' || c == 'D')) {
      // By themselves, PCRE2's compiled code finds none of them beyond ASCII in texts that may be no UTF-8 (10.42).
      out += fmt::format("[^\\{}]", static_cast<char>(c | 32));
      at_ += 2;
    } else {
      out += c == '\n' ? "\n" : std::string{'\\', c};
      at_ += 2;
    }
    return {};
  }

  /// At "[": something that matches one character, for classes in classes and intersections by alternatives and
  /// lookaheads.
  base::Result<std::string> character_class() {
    if (++depth_ > 50) return mistake("too many classes in classes");
    ++at_;
    const bool negated = rest().starts_with('^');
    if (negated) ++at_;
    std::vector<std::string> intersected;  // what stood before each "&&"
    std::vector<std::string> nested;
    std::string set;
    bool first = true;
    const auto close_operand = [&] {
      std::vector<std::string> choices = std::move(nested);
      nested.clear();
      if (!set.empty()) choices.push_back("[" + set + "]");
      set.clear();
      if (choices.empty()) return;
      auto joined = choices[0];
      for (std::size_t i = 1; i < choices.size(); ++i) joined += "|" + choices[i];
      intersected.push_back(choices.size() == 1 ? joined : "(?:" + joined + ")");
    };
    for (;; first = false) {
      if (at_ >= java_.size()) return mistake("open character class");
      if (java_[at_] == ']' && !first) break;
      if (rest().starts_with("&&")) {
        at_ += 2;
        close_operand();
      } else if (java_[at_] == '[') {
        TRY(auto inner, character_class());
        nested.push_back(std::move(inner));
      } else if (java_[at_] == '\\') {
        TRY_VOID(escape(&set));
      } else if (java_[at_] == ']' || java_[at_] == '[') {
        (set += '\\') += java_[at_++];
      } else if (java_[at_] == '^' && set.empty()) {
        set += "\\^";
        ++at_;
      } else {
        set += java_[at_++];
      }
    }
    ++at_;
    --depth_;
    if (intersected.empty() && nested.empty()) return fmt::format("[{}{}]", negated ? "^" : "", set);
    close_operand();
    std::string matched;
    for (std::size_t i = 0; i + 1 < intersected.size(); ++i) matched += "(?=" + intersected[i] + ")";
    matched += intersected.empty() ? "(?!)" : intersected.back();
    return negated ? "(?:(?!" + matched + ")(?s:.))" : "(?:" + matched + ")";
  }

  const std::string_view java_;
  std::size_t at_ = 0;
  bool folds_ascii_only_ = false;
  int depth_ = 0;
  PcreText out_;
};

}  // namespace

base::Result<PcreText> translate_java_regex(std::string_view java) { return Translator(java).run(); }

}  // namespace flow::el
