#include "store/s3/documents/object_lock.h"

#include "store/s3/documents/text.h"
#include "store/s3/documents/xml_reader.h"
#include "store/s3/iso_time.h"
#include "store/s3/time_text.h"
#include "store/s3/xml.h"

namespace store::s3 {
namespace {

constexpr std::int64_t kDaysMax = 36500;
constexpr std::int64_t kYearsMax = 100;
constexpr std::int64_t kDaysOfYear = 365;

std::optional<RetentionMode> mode_of(std::string_view name) {
  for (const auto mode : {RetentionMode::Governance, RetentionMode::Compliance})
    if (name == name_of(mode)) return mode;
  return std::nullopt;
}

std::optional<LegalHold> hold_of(std::string_view name) {
  for (const auto hold : {LegalHold::Off, LegalHold::On})
    if (name == name_of(hold)) return hold;
  return std::nullopt;
}

/// A time as documents print it again.
std::optional<base::Instant> time_of(std::string_view text) {
  constexpr std::int64_t kMillisecond = 1'000'000;
  auto time = parse_iso_time(trim(text));
  if (time) time->ns -= time->ns % kMillisecond;
  return time;
}

S3Result<DefaultRetention> read_default_retention(const XmlElement& element) {
  const auto mode = mode_of(element.text_of("Mode").value_or(""));
  if (!mode) return malformed_xml("Mode is neither GOVERNANCE nor COMPLIANCE");
  TRY(const auto days, element.integer_of("Days"));
  TRY(const auto years, element.integer_of("Years"));
  if (days.has_value() == years.has_value()) return malformed_xml("there must be one of Days and Years");
  const auto period = days ? *days : *years;
  if (period <= 0)
    return refuse(400, "InvalidRetentionPeriod", "Default retention period must be a positive integer value");
  if (period > (days ? kDaysMax : kYearsMax))
    return refuse(400, "InvalidRetentionPeriod", "Default retention period is too long");
  return DefaultRetention{*mode, static_cast<int>(days.value_or(0)), static_cast<int>(years.value_or(0))};
}

S3Failure locked() { return refuse(403, "AccessDenied", "Access Denied because object protected by object lock."); }

}  // namespace

std::string_view name_of(RetentionMode mode) {
  switch (mode) {
    case RetentionMode::Governance: return "GOVERNANCE";
    case RetentionMode::Compliance: return "COMPLIANCE";
  }
  return {};
}

std::string_view name_of(LegalHold hold) {
  switch (hold) {
    case LegalHold::Off: return "OFF";
    case LegalHold::On: return "ON";
  }
  return {};
}

S3Result<ObjectLockConfiguration> parse_object_lock(std::string_view xml) {
  TRY(const auto document, XmlDocument::parse(xml, "ObjectLockConfiguration"));
  const auto root = document.root();
  if (root.text_of("ObjectLockEnabled") != "Enabled") return malformed_xml("ObjectLockEnabled is not Enabled");
  ObjectLockConfiguration configuration;
  if (const auto rule = root.child("Rule")) {
    const auto retention = rule->child("DefaultRetention");
    if (!retention) return malformed_xml("the Rule has no DefaultRetention");
    TRY(configuration.default_retention, read_default_retention(*retention));
  }
  return configuration;
}

std::string print_object_lock(const ObjectLockConfiguration& configuration) {
  XmlWriter xml("ObjectLockConfiguration");
  xml.text("ObjectLockEnabled", "Enabled");
  if (const auto& retention = configuration.default_retention) {
    xml.open("Rule").open("DefaultRetention").text("Mode", name_of(retention->mode));
    if (retention->days > 0) xml.number("Days", static_cast<std::uint64_t>(retention->days));
    if (retention->years > 0) xml.number("Years", static_cast<std::uint64_t>(retention->years));
  }
  return xml.take();
}

Retention retention_of_new(const DefaultRetention& defaults, base::Instant now) {
  const auto days = defaults.days + defaults.years * kDaysOfYear;
  return {defaults.mode, now + std::chrono::nanoseconds{days * kNanosecondsPerDay}};
}

S3Result<std::optional<Retention>> parse_retention(std::string_view xml) {
  TRY(const auto document, XmlDocument::parse(xml, "Retention"));
  const auto root = document.root();
  if (root.children().empty()) return std::optional<Retention>{};
  const auto mode = mode_of(root.text_of("Mode").value_or(""));
  if (!mode) return malformed_xml("Mode is neither GOVERNANCE nor COMPLIANCE");
  const auto until = time_of(root.text_of("RetainUntilDate").value_or(""));
  if (!until) return malformed_xml("RetainUntilDate is no date");
  return std::optional(Retention{*mode, *until});
}

std::string print_retention(const Retention& retention) {
  XmlWriter xml("Retention");
  xml.text("Mode", name_of(retention.mode)).text("RetainUntilDate", iso_time(retention.until));
  return xml.take();
}

S3Result<LegalHold> parse_legal_hold(std::string_view xml) {
  TRY(const auto document, XmlDocument::parse(xml, "LegalHold"));
  const auto hold = hold_of(document.root().text_of("Status").value_or(""));
  if (!hold) return malformed_xml("Status is neither ON nor OFF");
  return *hold;
}

std::string print_legal_hold(LegalHold hold) { return XmlWriter("LegalHold").text("Status", name_of(hold)).take(); }

S3Result<std::optional<Retention>> parse_retention_headers(std::optional<std::string_view> mode_text,
                                                           std::optional<std::string_view> until_text,
                                                           base::Instant now) {
  if (!mode_text && !until_text) return std::optional<Retention>{};
  if (!mode_text || !until_text)
    return invalid_argument("x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied");
  const auto mode = mode_of(*mode_text);
  if (!mode) return invalid_argument("Unknown wormMode directive.");
  const auto until = time_of(*until_text);
  if (!until) return invalid_argument("The retain until date must be provided in ISO 8601 format");
  if (*until <= now) return invalid_argument("The retain until date must be in the future!");
  return std::optional(Retention{*mode, *until});
}

S3Result<LegalHold> parse_legal_hold_header(std::string_view value) {
  const auto hold = hold_of(value);
  if (!hold) return invalid_argument("Legal Hold must be either of 'ON' or 'OFF'");
  return *hold;
}

S3Result<void> check_retention_change(const std::optional<Retention>& current, const std::optional<Retention>& wanted,
                                      base::Instant now, Bypass bypass) {
  if (wanted && wanted->until <= now) return invalid_argument("The retain until date must be in the future!");
  if (!current || current->until <= now) return {};
  if (current->mode == RetentionMode::Governance && bypass == Bypass::Yes) return {};
  const bool is_longer = wanted && wanted->mode == current->mode && wanted->until >= current->until;
  if (!is_longer) return locked();
  return {};
}

S3Result<void> check_deletion(const std::optional<Retention>& retention, LegalHold hold, base::Instant now,
                              Bypass bypass) {
  if (hold == LegalHold::On) return locked();
  if (!retention || retention->until <= now) return {};
  if (retention->mode == RetentionMode::Governance && bypass == Bypass::Yes) return {};
  return locked();
}

}  // namespace store::s3
