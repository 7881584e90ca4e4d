#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace http {

/// Header lines in the order of the wire, duplicates included; names compare without case.
class Headers {
 public:
  using Line = std::pair<std::string, std::string>;
  Headers() = default;
  Headers(std::initializer_list<Line> lines) : lines_(lines) {}
  void add(std::string name, std::string value) { lines_.emplace_back(std::move(name), std::move(value)); }
  /// Replaces all lines of that name.
  void set(std::string name, std::string value);
  void remove(std::string_view name);
  /// The first line of that name.
  std::optional<std::string_view> find(std::string_view name) const;
  /// The same, empty when there is none.
  std::string_view get(std::string_view name) const { return find(name).value_or(std::string_view{}); }
  const std::vector<Line>& lines() const { return lines_; }

 private:
  std::vector<Line> lines_;
};

struct Request {
  std::string method;
  std::string target;  // as on the wire, still encoded: path and query
  Headers headers;
  std::string body;  // of the client only; a server's handler reads it through its Exchange

  std::string_view path() const;
  std::string_view query() const;  // without the '?'
};

struct Response {
  int status = 200;
  Headers headers;
  std::string body;
  std::string reason = {};  // of an answer that came: the text beside its status
};

std::string_view reason_of(int status);
bool equal_without_case(std::string_view a, std::string_view b);

enum class PlusMeans { Plus, Space };
/// %XX -> byte; what is no valid escape stays as it is.
std::string percent_decode(std::string_view text, PlusMeans plus = PlusMeans::Plus);
/// All but A-Z a-z 0-9 - . _ ~ and the bytes in `keep` become %XX in upper case.
std::string percent_encode(std::string_view text, std::string_view keep = {});
/// name=value pairs of a query, decoded, in their order; a name without '=' has an empty value.
std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query);

}  // namespace http
