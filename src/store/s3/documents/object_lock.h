#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "store/object.h"
#include "store/s3/s3_error.h"

namespace store::s3 {

enum class LegalHold { Off, On };
/// Whether the request has x-amz-bypass-governance-retention and its sender may use it.
enum class Bypass { No, Yes };

std::string_view name_of(RetentionMode mode);  // "GOVERNANCE", "COMPLIANCE"
std::string_view name_of(LegalHold hold);      // "OFF", "ON"

/// For how long new objects are locked: one of the two is above 0.
struct DefaultRetention {
  RetentionMode mode = RetentionMode::Governance;
  int days = 0;
  int years = 0;

  bool operator==(const DefaultRetention&) const = default;
};

/// The lock of a bucket; there is none that is not enabled.
struct ObjectLockConfiguration {
  std::optional<DefaultRetention> default_retention;

  bool operator==(const ObjectLockConfiguration&) const = default;
};

/// An ObjectLockConfiguration.
/// Errors: 400 MalformedXML when it is not Enabled, for another mode, and for both or none of Days and Years; 400
/// InvalidRetentionPeriod for less than one of them, more than 36500 days or 100 years.
/// Source: Amazon S3 API Reference, "PutObjectLockConfiguration".
S3Result<ObjectLockConfiguration> parse_object_lock(std::string_view xml);
std::string print_object_lock(const ObjectLockConfiguration& configuration);
/// The lock of an object that is written at `now`; a year has 365 days.
Retention retention_of_new(const DefaultRetention& defaults, base::Instant now);

/// A Retention; none for an empty one, which takes the lock away from a version.
/// Errors: 400 MalformedXML for another mode, a date that is none, or one of the two alone.
/// Source: Amazon S3 API Reference, "PutObjectRetention".
S3Result<std::optional<Retention>> parse_retention(std::string_view xml);
std::string print_retention(const Retention& retention);

/// A LegalHold. Errors: 400 MalformedXML. Source: Amazon S3 API Reference, "PutObjectLegalHold".
S3Result<LegalHold> parse_legal_hold(std::string_view xml);
std::string print_legal_hold(LegalHold hold);

/// The headers x-amz-object-lock-mode and -retain-until-date of a write; none when both are absent.
/// Errors: 400 InvalidArgument for one alone, another mode, a date that is none or is not after `now`.
S3Result<std::optional<Retention>> parse_retention_headers(std::optional<std::string_view> mode,
                                                           std::optional<std::string_view> until, base::Instant now);
/// The header x-amz-object-lock-legal-hold. Errors: 400 InvalidArgument.
S3Result<LegalHold> parse_legal_hold_header(std::string_view value);

/// Whether a version's lock may become `wanted`.
/// Errors: 400 InvalidArgument for a date that is not after `now`; 403 AccessDenied for a change that loosens a lock in
/// force, which Bypass::Yes allows where the lock is of governance. A longer lock of the same mode is always allowed.
/// Source: Amazon S3 User Guide, "Locking objects with Object Lock".
S3Result<void> check_retention_change(const std::optional<Retention>& current, const std::optional<Retention>& wanted,
                                      base::Instant now, Bypass bypass);

/// Whether a version may be deleted for good. Errors: 403 AccessDenied.
S3Result<void> check_deletion(const std::optional<Retention>& retention, LegalHold hold, base::Instant now,
                              Bypass bypass);

}  // namespace store::s3
