#include <fmt/format.h>

#include <charconv>

#include "flow/el/tree.h"

namespace flow::el {
namespace {

base::Failure<base::Error> invalid(std::string message) {
  return base::fail(base::ErrorKind::InvalidValue, std::move(message));
}

/// Null becomes the text "null", as in NiFi.
Answer literal(const Inputs& in) {
  const auto& value = in.arguments[0];
  return Value{is_null(value) ? "null" : to_text(value, in.context.time_zone)};
}
Answer hostname(const Inputs& in) { return Value{std::string(in.context.hostname)}; }
Answer ip(const Inputs& in) {
  return Value{std::string(in.context.host_address.empty() ? "127.0.0.1" : in.context.host_address)};
}
Answer thread(const Inputs& in) {
  return Value{std::string(in.context.thread_name.empty() ? "Timer-Driven Process Thread-1" : in.context.thread_name)};
}
Answer uuid(const Inputs& in) {
  if (in.context.random == nullptr) return invalid("UUID() is not available here");
  const auto high = in.context.random->next(), low = in.context.random->next();
  return Value{fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", high >> 32, (high >> 16) & 0xFFFF, high & 0xFFF,
                           0x8000 | ((low >> 48) & 0x3FFF), low & 0xFFFFFFFFFFFF)};
}
Answer state_value(const Inputs& in) {
  if (is_null(in.arguments[0]) || !in.context.state) return Value{};
  auto value = in.context.state(std::get<std::string>(in.arguments[0]));
  return value ? Value{std::move(*value)} : Value{};
}

/// What java.net.URI leaves as it is in one of a URI's parts beside letters, digits and what is not ASCII.
constexpr std::string_view kUserInfo = "_-!.~'()*;:&=+$,";
constexpr std::string_view kPath = "_-!.~'()*:@&=+$,;/";
constexpr std::string_view kQuery = "_-!.~'()*;/?:@&=+$,[]";

std::string encoded(std::string_view text, std::string_view kept) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool word = byte >= 0x80 || (byte >= '0' && byte <= '9') || ((byte | 32) >= 'a' && (byte | 32) <= 'z');
    if (word || kept.find(c) != std::string_view::npos)
      out += c;
    else
      out += fmt::format("%{:02X}", byte);
  }
  return out;
}

/// getUri(scheme, user info, host, port, path, query, fragment); null leaves a part out, a port of -1 as well.
Answer uri(const Inputs& in) {
  const auto part = [&](std::size_t at) { return std::get_if<std::string>(&in.arguments[at]); };
  const auto* port_text = part(3);
  std::int32_t port = 0;
  const char* end = port_text == nullptr ? nullptr : port_text->data() + port_text->size();
  if (port_text == nullptr || port_text->empty() || std::from_chars(port_text->data(), end, port).ptr != end)
    return invalid(fmt::format("getUri: the port is no number: '{}'", port_text == nullptr ? "null" : *port_text));
  std::string out;
  if (const auto* scheme = part(0)) out += *scheme + ":";
  const auto* path = part(4);
  if (part(0) != nullptr && path != nullptr && !path->empty() && path->front() != '/')
    return invalid(fmt::format("getUri: a relative path in an absolute URI: '{}'", *path));
  const auto* host = part(2);
  if (host == nullptr && (part(1) != nullptr || port != -1)) return invalid("getUri: user info or port without a host");
  if (host != nullptr) {
    out += "//";
    if (const auto* user = part(1)) out += encoded(*user, kUserInfo) + "@";
    const bool bare_ipv6 = host->find(':') != std::string::npos && !host->starts_with('[');
    out += bare_ipv6 ? "[" + *host + "]" : *host;
    if (port != -1) out += fmt::format(":{}", port);
  }
  if (path != nullptr) out += encoded(*path, kPath);
  if (const auto* query = part(5)) out += "?" + encoded(*query, kQuery);
  if (const auto* fragment = part(6)) out += "#" + encoded(*fragment, kQuery);
  return Value{std::move(out)};
}

constexpr Function kFunctions[] = {
    {"literal", Type::Text, 0, "*", 1, literal},
    {"hostname", Type::Text, 0, "b", 0, hostname},
    {"ip", Type::Text, 0, "", 0, ip},
    {"thread", Type::Text, 0, "", 0, thread},
    {"UUID", Type::Text, 0, "", 0, uuid, nullptr, true},
    {"getStateValue", Type::Text, 0, "t", 1, state_value},
    {"getUri", Type::Text, 0, "ttttttt", 7, uri},
};

}  // namespace

std::span<const Function> context_functions() { return kFunctions; }

}  // namespace flow::el
