#include "load/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace load {

namespace {
constexpr std::uint32_t kMatchSteps = 1'000'000;

std::string message_of(int code) {
  PCRE2_UCHAR buffer[256];
  pcre2_get_error_message(code, buffer, sizeof buffer);
  return reinterpret_cast<const char*>(buffer);
}
}  // namespace

struct Pattern::Compiled {
  std::string text;
  pcre2_code* code = nullptr;
  Compiled(std::string expression, pcre2_code* owned) : text(std::move(expression)), code(owned) {}
  Compiled(const Compiled&) = delete;
  Compiled& operator=(const Compiled&) = delete;
  ~Compiled() { pcre2_code_free(code); }
};

base::Result<Pattern> Pattern::compile(std::string_view expression) {
  int error = 0;
  PCRE2_SIZE offset = 0;
  // As Java: `.` stops at every line end, `$` is the end or before the last one, \R and classes know Unicode only on
  // request.
  const std::uint32_t options = PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C;
  pcre2_compile_context* context = pcre2_compile_context_create(nullptr);
  pcre2_set_newline(context, PCRE2_NEWLINE_ANY);
  pcre2_code* code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(expression.data()), expression.size(), options, &error,
                                   &offset, context);
  pcre2_compile_context_free(context);
  if (!code)
    return base::fail(
        {base::ErrorKind::InvalidValue,
         100048,
         "2201B",
         fmt::format("Invalid regular expression: '{}', {} at position {}", expression, message_of(error), offset),
         {}});
  pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
  return Pattern(std::make_shared<Compiled>(std::string(expression), code));
}

base::Result<bool> Pattern::matches(std::string_view subject) const {
  pcre2_match_data* data = pcre2_match_data_create(1, nullptr);
  pcre2_match_context* context = pcre2_match_context_create(nullptr);
  pcre2_set_match_limit(context, kMatchSteps);
  const int result = pcre2_match(compiled_->code, reinterpret_cast<PCRE2_SPTR>(subject.data()), subject.size(), 0,
                                 PCRE2_ANCHORED | PCRE2_ENDANCHORED, data, context);
  pcre2_match_context_free(context);
  pcre2_match_data_free(data);
  if (result >= 0) return true;
  // A name that is no UTF-8 is matched by nothing.
  if (result == PCRE2_ERROR_NOMATCH || (result <= PCRE2_ERROR_UTF8_ERR1 && result >= PCRE2_ERROR_UTF8_ERR21))
    return false;
  return base::fail({base::ErrorKind::InvalidValue,
                     100048,
                     "2201B",
                     fmt::format("regular expression '{}' cannot be matched: {}", compiled_->text, message_of(result)),
                     {}});
}

const std::string& Pattern::text() const { return compiled_->text; }

}  // namespace load
