#include <fmt/format.h>

#include <atomic>

#include "base/random.h"
#include "engine/functions/native_support.h"
#include "engine/functions/sequence_source.h"

namespace engine::native {
namespace {

bool begins(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

std::int64_t characters(std::string_view text) {
  std::int64_t count = 0;
  for (const char c : text) count += begins(c);
  return count;
}
/// Byte offset of the n-th character, from 0.
std::size_t offset_of(std::string_view text, std::int64_t n) {
  std::size_t i = 0;
  for (; i < text.size(); ++i)
    if (begins(text[i]) && n-- == 0) return i;
  return text.size();
}

void fit_text(Row& row) {
  const std::string_view text = row.text(0);
  if (static_cast<std::int64_t>(text.size()) > row.i64(1) && characters(text) > row.i64(1))
    return row.fail(100078, "22000", fmt::format("String '{}' is too long and would be truncated", text));
  row.set_text(text);
}

void substr(Row& row) {
  const std::string_view text = row.text(0);
  std::int64_t from = row.i64(1);
  const std::int64_t length = row.i64(2);
  const std::int64_t count = characters(text);
  if (from == 0) from = 1;
  if (from < 0) from = count + from + 1;
  if (from < 1 || from > count || length <= 0) return row.set_text("");
  const std::size_t begin = offset_of(text, from - 1);
  const std::size_t end = length > count - from ? text.size() : offset_of(text, from - 1 + length);
  row.set_text(text.substr(begin, end - begin));
}

void pad(Row& row) {
  const std::string_view text = row.text(0), fill = row.text(2);
  const std::int64_t wanted = std::max<std::int64_t>(0, row.i64(1)), have = characters(text);
  if (have >= wanted) return row.set_text(text.substr(0, offset_of(text, wanted)));
  if (fill.empty()) return row.set_text(text);
  std::string filling;
  const std::int64_t width = characters(fill);
  for (std::int64_t left = wanted - have; left > 0; left -= width)
    filling += left >= width ? fill : fill.substr(0, offset_of(fill, left));
  row.set_text(row.flag(3) ? filling + std::string(text) : std::string(text) + filling);
}

void position(Row& row) {
  const std::string_view needle = row.text(0), hay = row.text(1);
  const std::int64_t from = std::max<std::int64_t>(1, row.i64(2));
  const auto found = hay.find(needle, offset_of(hay, from - 1));
  row.set(found == std::string_view::npos ? std::int64_t{0} : characters(hay.substr(0, found)) + 1);
}

void split_part(Row& row) {
  const std::string_view text = row.text(0), separator = row.text(1);
  std::int64_t index = row.i64(2);
  if (index == 0) index = 1;
  std::vector<std::string_view> parts;
  if (separator.empty())
    parts.push_back(text);
  else
    for (std::size_t from = 0;;) {
      const auto end = text.find(separator, from);
      parts.push_back(text.substr(from, end == std::string_view::npos ? end : end - from));
      if (end == std::string_view::npos) break;
      from = end + separator.size();
    }
  const std::int64_t count = static_cast<std::int64_t>(parts.size());
  if (index < 0) index += count + 1;
  row.set_text(index < 1 || index > count ? std::string_view{} : parts[static_cast<std::size_t>(index - 1)]);
}

void strtok(Row& row) {
  const std::string_view text = row.text(0), set = row.text(1);
  std::int64_t left = row.i64(2);
  for (std::size_t i = 0; i < text.size();) {
    const auto begin = text.find_first_not_of(set, i);
    if (begin == std::string_view::npos) break;
    const auto end = std::min(text.size(), text.find_first_of(set, begin));
    if (--left == 0) return row.set_text(text.substr(begin, end - begin));
    i = end;
  }
  row.set_null();
}

void initcap(Row& row) {
  if (row.null(0)) return row.set_null();
  const std::string_view set =
      row.null(1) ? std::string_view(" \t\n\r\f\v!?@\"^#$&~_,.:;+-*%/|\\[](){}<>") : row.text(1);
  std::string out(row.text(0));
  bool first = true;
  for (char& c : out) {
    const bool separates = set.find(c) != std::string_view::npos;
    if (c >= 'A' && c <= 'Z' && !first) c = static_cast<char>(c - 'A' + 'a');
    if (c >= 'a' && c <= 'z' && first) c = static_cast<char>(c - 'a' + 'A');
    first = separates;
  }
  row.set_text(out);
}

void chr(Row& row) {
  const std::int64_t code = row.i64(0);
  if (code < 0 || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
    return row.fail(100062, "22021", fmt::format("Invalid character code {} in the CHR input", code));
  std::string out;
  const auto put = [&](std::int64_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80)
    put(code);
  else if (code < 0x800)
    put(0xC0 | code >> 6), put(0x80 | (code & 0x3F));
  else if (code < 0x10000)
    put(0xE0 | code >> 12), put(0x80 | (code >> 6 & 0x3F)), put(0x80 | (code & 0x3F));
  else
    put(0xF0 | code >> 18), put(0x80 | (code >> 12 & 0x3F)), put(0x80 | (code >> 6 & 0x3F)), put(0x80 | (code & 0x3F));
  row.set_text(out);
}

/// FNV-1a over texts and their lengths; NULL is a text of its own.
void hash(Row& row) {
  std::uint64_t state = 14695981039346656037ULL;
  const auto eat = [&](unsigned char byte) { state = (state ^ byte) * 1099511628211ULL; };
  for (std::size_t i = 0; i < row.count(); ++i) {
    eat(row.null(i) ? 1 : 2);
    if (row.null(i)) continue;
    for (const char c : row.text(i)) eat(static_cast<unsigned char>(c));
    eat(0);
  }
  state ^= state >> 32;
  row.set(static_cast<std::int64_t>(state * 0x9E3779B97F4A7C15ULL));
}

std::uint64_t mix(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}
/// Draws of a seed that the statement has: the n-th call of a thread gives the n-th draw.
void random(Row& row) {
  thread_local std::map<std::int64_t, std::uint64_t> drawn;
  const std::int64_t seed = row.i64(0);
  row.set(static_cast<std::int64_t>(mix(mix(static_cast<std::uint64_t>(seed)) + ++drawn[seed])));
}
void unit(Row& row) { row.set(static_cast<double>(mix(static_cast<std::uint64_t>(row.i64(0))) >> 11) * 0x1p-53); }
void randstr(Row& row) {
  static constexpr std::string_view kLetters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::string out;
  std::uint64_t state = static_cast<std::uint64_t>(row.i64(1));
  for (std::int64_t i = 0; i < row.i64(0); ++i) out += kLetters[(state = mix(state)) % kLetters.size()];
  row.set_text(out);
}

void next_value(Row& row) {
  const auto value = SequenceSource::next(row.i64(0));
  if (!value) return row.fail(value.error().number, value.error().sqlstate, value.error().message);
  row.set(*value);
}

void binary(Row& row) {
  const std::string_view text = row.text(0);
  const auto digit = [](char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = digit(text[i]), low = i + 1 < text.size() ? digit(text[i + 1]) : -1;
    if (high < 0 || low < 0)
      return row.fail(100115, "22000",
                      fmt::format("The following string is not a legal hex-encoded value: '{}'", text));
    out += static_cast<char>(high * 16 + low);
  }
  row.set_text(out);
}

}  // namespace

void add_text_functions(duckdb_connection connection) {
  for (const bool attempt : {false, true}) {
    const std::string prefix = attempt ? "fr_try_" : "fr_";
    add(connection, {.name = prefix + "fit_text",
                     .arguments = {kText, kInt64},
                     .result = kText,
                     .run = fit_text,
                     .null_if_failed = attempt,
                     .labelled = !attempt});
    add(connection, {.name = prefix + "binary",
                     .arguments = {kText},
                     .result = kBlob,
                     .run = binary,
                     .null_if_failed = attempt,
                     .labelled = !attempt});
  }
  add(connection, {.name = "fr_substr", .arguments = {kText, kInt64, kInt64}, .result = kText, .run = substr});
  add(connection, {.name = "fr_pad", .arguments = {kText, kInt64, kText, kFlag}, .result = kText, .run = pad});
  add(connection, {.name = "fr_position", .arguments = {kText, kText, kInt64}, .result = kInt64, .run = position});
  add(connection, {.name = "fr_split_part", .arguments = {kText, kText, kInt64}, .result = kText, .run = split_part});
  add(connection, {.name = "fr_strtok", .arguments = {kText, kText, kInt64}, .result = kText, .run = strtok});
  add(connection,
      {.name = "fr_initcap", .arguments = {kText, kText}, .result = kText, .run = initcap, .sees_nulls = true});
  add(connection, {.name = "fr_chr", .arguments = {kInt64}, .result = kText, .run = chr});
  add(connection,
      {.name = "fr_hash", .arguments = {kText}, .result = kInt64, .run = hash, .sees_nulls = true, .any_number = true});
  add(connection, {.name = "fr_random", .arguments = {kInt64}, .result = kInt64, .run = random, .changes = true});
  add(connection, {.name = "fr_unit", .arguments = {kInt64}, .result = kReal, .run = unit});
  add(connection, {.name = "fr_randstr", .arguments = {kInt64, kInt64}, .result = kText, .run = randstr});
  add(connection,
      {.name = "fr_next_value", .arguments = {kInt64}, .result = kInt64, .run = next_value, .changes = true});
}

}  // namespace engine::native
