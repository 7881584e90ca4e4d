#include "gen/rows.h"

#include <cstring>

namespace gen {
namespace {

std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

std::uint64_t mix(std::uint64_t seed, std::uint64_t file, std::uint64_t id) { return mix(mix(mix(seed) ^ file) ^ id); }

/// Deals small choices out of one number by multiplication, without a division each.
class Dealer {
 public:
  explicit Dealer(std::uint64_t state) : state_(state) {}
  std::uint32_t below(std::size_t bound) {
    state_ = state_ * 0xda942042e4dd58b5ULL + 0x9e3779b97f4a7c15ULL;
    const std::uint64_t high = (state_ ^ (state_ >> 29)) >> 32;
    return static_cast<std::uint32_t>((high * bound) >> 32);
  }
  const Word* of(std::span<const Word> words) { return &words[below(words.size())]; }

 private:
  std::uint64_t state_;
};

char* put(char* at, const Word& word) {
  std::memcpy(at, word.text, 16);
  if (word.length > 16) std::memcpy(at + 16, word.text + 16, Word::kRoom - 16);
  return at + word.length;
}

template <std::size_t N>
char* put(char* at, const char (&text)[N]) {
  std::memcpy(at, text, N - 1);
  return at + N - 1;
}

char* put(char* at, char c) {
  *at = c;
  return at + 1;
}

char* put_number(char* at, std::uint64_t number) {
  char digits[20];
  char* from = digits + sizeof digits;
  do {
    *--from = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  const auto length = static_cast<std::size_t>(digits + sizeof digits - from);
  std::memcpy(at, from, length);
  return at + length;
}

char* put_mail(char* at, const Customer& customer) {
  if (customer.mail_form == 0) {
    at = put(put(at, *customer.first_lower), '.');
  } else if (customer.mail_form == 1) {
    at = put(at, customer.first_lower->text[0]);
  } else {
    at = put(at, *customer.first_lower);
  }
  at = put(at, *customer.last_lower);
  if (customer.mail_form != 0) at = put_number(at, customer.mail_number);
  return put(put(at, '@'), *customer.domain);
}

char* put_street(char* at, const Customer& customer) {
  at = put(put_number(at, customer.house), ' ');
  at = put(put(put(at, *customer.street), ' '), *customer.street_kind);
  if (customer.unit_form == 0) return at;
  at = customer.unit_form == 1 ? put(at, " Apt. ") : put(at, " Suite ");
  return put_number(at, customer.unit);
}

char* put_city(char* at, const Customer& customer) {
  if (customer.city_form != 0) at = put(at, *customer.city_prefix);
  at = put(at, *customer.city);
  return customer.city_form != 1 ? put(at, *customer.city_suffix) : at;
}

}  // namespace

ChangePlan::ChangePlan(const CustomerOptions& options)
    : seed_(mix(options.seed ^ 0x6368616e676573ULL)), always_new_(!options.changes), never_new_(false) {
  if (always_new_) return;
  const ChangeShares& shares = *options.changes;
  never_new_ = shares.update == 0 && shares.duplicate == 0;
  double sum = 0;
  int i = 0;
  for (const double share : {shares.update, shares.duplicate, shares.remove, shares.late, shares.broken}) {
    sum += share;
    limits_[i++] = static_cast<std::uint64_t>(sum * 4294967296.0);
  }
}

std::uint64_t ChangePlan::draw(std::uint64_t file, std::uint64_t id) const { return mix(seed_, file, id) >> 32; }

bool ChangePlan::changes_values(std::uint64_t file, std::uint64_t id) const { return draw(file, id) < limits_[1]; }

Fate ChangePlan::fate(std::uint64_t file, std::uint64_t id) const {
  if (file == 0) return Fate::Created;
  if (always_new_) return Fate::Updated;
  const std::uint64_t drawn = draw(file, id);
  static constexpr Fate kFates[] = {Fate::Updated, Fate::Duplicated, Fate::Removed, Fate::Late, Fate::Broken};
  for (int i = 0; i < 5; ++i)
    if (drawn < limits_[i]) return kFates[i];
  return Fate::Unchanged;
}

std::uint64_t ChangePlan::version_before(std::uint64_t file, std::uint64_t id) const {
  if (never_new_ || file == 0) return 0;
  if (always_new_) return file - 1;
  std::uint64_t version = file - 1;
  while (version > 0 && !changes_values(version, id)) --version;
  return version;
}

BrokenKind ChangePlan::broken_kind(std::uint64_t file, std::uint64_t id) const {
  return static_cast<BrokenKind>(mix(seed_ + 1, file, id) % kBrokenKinds);
}

void count(Ledger& ledger, Fate fate, BrokenKind kind) {
  if (fate != Fate::Removed) ledger.lines += fate == Fate::Duplicated ? 2 : 1;
  switch (fate) {
    case Fate::Created: ++ledger.created; break;
    case Fate::Updated: ++ledger.updated; break;
    case Fate::Unchanged: ++ledger.unchanged; break;
    case Fate::Removed: ++ledger.removed; break;
    case Fate::Duplicated: ++ledger.duplicated; break;
    case Fate::Late: ++ledger.late; break;
    case Fate::Broken: ++ledger.broken[static_cast<std::size_t>(kind)]; break;
  }
}

Customer make_customer(std::uint64_t seed, std::uint64_t version, std::uint64_t id) {
  const WordLists& lists = word_lists();
  Dealer deal{mix(seed, version, id)};
  const std::uint32_t first = deal.below(lists.first_names.size());
  const std::uint32_t last = deal.below(lists.last_names.size());
  Customer customer{};
  customer.id = id;
  customer.first = &lists.first_names[first];
  customer.first_lower = &lists.first_names_lower[first];
  customer.last = &lists.last_names[last];
  customer.last_lower = &lists.last_names_lower[last];
  customer.domain = deal.of(lists.mail_domains);
  customer.street = deal.of(lists.last_names);
  customer.street_kind = deal.of(lists.street_kinds);
  const std::uint32_t forms = deal.below(3 * 4 * 3 * 100);
  customer.mail_form = static_cast<std::uint8_t>(forms % 3);
  customer.unit_form = static_cast<std::uint8_t>(forms / 3 % 4 == 3 ? 0 : forms / 3 % 4);
  customer.city_form = static_cast<std::uint8_t>(forms / 12 % 3);
  customer.mail_number = forms / 36;
  customer.city = customer.city_form == 0 ? deal.of(lists.last_names) : deal.of(lists.first_names);
  customer.city_prefix = deal.of(lists.city_prefixes);
  customer.city_suffix = deal.of(lists.city_suffixes);
  customer.state = deal.of(lists.states);
  customer.country = deal.of(lists.countries);
  customer.house = 100 + deal.below(99'900);
  customer.unit = 100 + deal.below(900);
  return customer;
}

char* write_field(char* at, const Customer& customer, int column) {
  switch (column) {
    case 1: return put(at, *customer.first);
    case 2: return put(at, *customer.last);
    case 3: return put_mail(at, customer);
    case 4: return put_street(at, customer);
    case 5: return put_city(at, customer);
    case 6: return put(at, *customer.state);
    default: return put(at, *customer.country);
  }
}

char* write_csv(char* at, const Customer& customer) {
  at = put(put_number(at, customer.id), ',');
  at = put(put(at, *customer.first), ',');
  at = put(put(at, *customer.last), ',');
  at = put(put_mail(at, customer), ',');
  at = put(put_street(at, customer), ',');
  at = put(put_city(at, customer), ',');
  at = put(put(at, *customer.state), ',');
  return put(put(at, *customer.country), "\r\n");
}

// No word of ours needs an escape in JSON or a quote in CSV; a test reads every line back.
char* write_json(char* at, const Customer& customer) {
  at = put_number(put(at, "{\"customer_id\":"), customer.id);
  for (int column = 1; column < 8; ++column) {
    at = put(at, ",\"");
    const std::string_view name = kCustomerColumns[static_cast<std::size_t>(column)];
    std::memcpy(at, name.data(), name.size());
    at = put(at + name.size(), "\":\"");
    at = put(write_field(at, customer, column), '"');
  }
  return put(at, "}\n");
}

char* write_broken(char* at, const Customer& customer, BrokenKind kind, FileFormat format) {
  if (format == FileFormat::Json) {
    char* const line = at;
    char* const end = write_json(at, customer);
    switch (kind) {
      case BrokenKind::TooFewFields: return put(put_number(put(line, "{\"customer_id\":"), customer.id), "}\n");
      case BrokenKind::TooManyFields: return put(end - 2, ",\"extra\":\"surplus\"}\n");
      case BrokenKind::NonNumericId: std::memcpy(line + 1, "\"customer_id\":x", 15); return end;
      case BrokenKind::UnterminatedQuote: return put(end - 3, '\n');
      case BrokenKind::InvalidUtf8: return put(end - 3, "\xff\xfe\"}\n");
    }
  }
  switch (kind) {
    case BrokenKind::TooFewFields: return put(put(put(put_number(at, customer.id), ','), *customer.first), "\r\n");
    case BrokenKind::TooManyFields: return put(write_csv(at, customer) - 2, ",surplus\r\n");
    case BrokenKind::NonNumericId: return write_csv(put(at, "id-"), customer);
    case BrokenKind::UnterminatedQuote: {
      at = put(put(put_number(at, customer.id), ",\""), *customer.first);
      for (int column = 2; column < 8; ++column) at = write_field(put(at, ','), customer, column);
      return put(at, "\r\n");
    }
    case BrokenKind::InvalidUtf8: return put(write_csv(at, customer) - 2, "\xff\xfe\r\n");
  }
  return at;
}

}  // namespace gen
