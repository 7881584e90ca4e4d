#pragma once

#include <cstdint>

#include "gen/customers.h"
#include "gen/words.h"

namespace gen {

/// What one file does with one id.
enum class Fate { Created, Updated, Unchanged, Removed, Duplicated, Late, Broken };

/// Decides fates and versions for a run; cheap to copy.
class ChangePlan {
 public:
  explicit ChangePlan(const CustomerOptions& options);
  Fate fate(std::uint64_t file, std::uint64_t id) const;
  /// The file whose values of `id` stand before `file` is written.
  std::uint64_t version_before(std::uint64_t file, std::uint64_t id) const;
  BrokenKind broken_kind(std::uint64_t file, std::uint64_t id) const;

 private:
  std::uint64_t draw(std::uint64_t file, std::uint64_t id) const;
  bool changes_values(std::uint64_t file, std::uint64_t id) const;

  std::uint64_t seed_;
  bool always_new_;
  bool never_new_;
  std::uint64_t limits_[5] = {};  // upper ends of the fates' ranges of a 32-bit draw
};

void count(Ledger& ledger, Fate fate, BrokenKind kind);

/// The values of one image of one customer, as indexes into the word lists.
struct Customer {
  std::uint64_t id;
  const Word *first, *last, *first_lower, *last_lower, *domain, *street, *street_kind, *city, *city_prefix,
      *city_suffix, *state, *country;
  std::uint32_t house, unit, mail_number;
  std::uint8_t mail_form, unit_form, city_form;
};

Customer make_customer(std::uint64_t seed, std::uint64_t version, std::uint64_t id);

/// Room that one line needs at most, header and damage included, with the slack of block copies.
inline constexpr std::size_t kLineRoom = 1024;

/// Each writes at `at` and returns the new end; kLineRoom bytes must be free.
char* write_csv(char* at, const Customer& customer);
char* write_json(char* at, const Customer& customer);
char* write_broken(char* at, const Customer& customer, BrokenKind kind, FileFormat format);
char* write_field(char* at, const Customer& customer, int column);  // 1 to 7: the texts

}  // namespace gen
