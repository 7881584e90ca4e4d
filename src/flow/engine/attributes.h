#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace flow {

/// The attributes of a flowfile, sorted by name. Copies share their pairs until one of them is changed: a flowfile is
/// copied at each hop, and changed at few. As std::map, but entries change by name only, and a new name moves the
/// others: references and iterators hold until the next change.
class Attributes {
 public:
  using value_type = std::pair<std::string, std::string>;
  using Pairs = std::vector<value_type>;
  using const_iterator = Pairs::const_iterator;
  using iterator = const_iterator;
  using size_type = Pairs::size_type;

  Attributes() = default;
  Attributes(std::initializer_list<value_type> pairs) {
    for (const auto& [name, value] : pairs) emplace(name, value);
  }
  Attributes(const Attributes& other) noexcept : shared_(other.shared_) {
    if (shared_ != nullptr) shared_->users.fetch_add(1, std::memory_order_relaxed);
  }
  Attributes(Attributes&& other) noexcept : shared_(std::exchange(other.shared_, nullptr)) {}
  Attributes& operator=(Attributes other) noexcept {
    std::swap(shared_, other.shared_);
    return *this;
  }
  ~Attributes() {
    if (shared_ != nullptr && shared_->users.fetch_sub(1, std::memory_order_acq_rel) == 1) delete shared_;
  }

  const_iterator begin() const { return pairs().begin(); }
  const_iterator end() const { return pairs().end(); }
  size_type size() const { return pairs().size(); }
  bool empty() const { return pairs().empty(); }
  const_iterator find(std::string_view name) const {
    const auto& all = pairs();
    if (all.size() <= kFew) return std::ranges::find_if(all, [&](const auto& pair) { return is(pair.first, name); });
    const auto at = all.begin() + place(all, name);
    return at != all.end() && at->first == name ? at : all.end();
  }
  /// Which must be there.
  const std::string& at(std::string_view name) const { return find(name)->second; }
  bool contains(std::string_view name) const { return find(name) != end(); }
  size_type count(std::string_view name) const { return contains(name) ? 1 : 0; }

  std::string& operator[](std::string_view name) { return find_or_make(name).first->second; }
  std::pair<const_iterator, bool> emplace(std::string_view name, std::string value) {
    if (const auto found = find(name); found != end()) return {found, false};
    return insert_or_assign(name, std::move(value));
  }
  std::pair<const_iterator, bool> insert_or_assign(std::string_view name, std::string value) {
    const auto [at, made] = find_or_make(name);
    at->second = std::move(value);
    return {at, made};
  }
  template <class Iterator>
  void insert(Iterator first, Iterator last) {
    for (; first != last; ++first) emplace(first->first, first->second);
  }
  size_type erase(std::string_view name) {
    if (!contains(name)) return 0;
    auto& own = mine();
    own.erase(own.begin() + place(own, name));
    return 1;
  }
  const_iterator erase(const_iterator at) {
    const auto index = at - begin();
    auto& own = mine();
    return own.erase(own.begin() + index);
  }
  void clear() { *this = {}; }

  friend bool operator==(const Attributes& a, const Attributes& b) {
    return a.shared_ == b.shared_ || a.pairs() == b.pairs();
  }

 private:
  struct Shared {
    std::atomic<std::uint32_t> users = 1;
    Pairs pairs;
  };

  /// So few that it is quickest to look at each: names differ in length or their last letter nearly always.
  static constexpr size_type kFew = 12;
  static bool is(const std::string& a, std::string_view b) {
    return a.size() == b.size() && (b.empty() || (a.back() == b.back() && a == b));
  }
  /// Of the first name that is not below.
  static std::ptrdiff_t place(const Pairs& pairs, std::string_view name) {
    return std::ranges::lower_bound(pairs, name, std::less<>{}, &value_type::first) - pairs.begin();
  }
  const Pairs& pairs() const {
    static const Pairs kNone;
    return shared_ == nullptr ? kNone : shared_->pairs;
  }
  /// That nobody else sees.
  Pairs& mine() {
    if (shared_ == nullptr) {
      shared_ = new Shared;
      shared_->pairs.reserve(4);  // what a new flowfile has, and one more
    } else if (shared_->users.load(std::memory_order_acquire) > 1) {
      auto* own = new Shared;
      own->pairs.reserve(shared_->pairs.size() + 2);
      own->pairs = shared_->pairs;
      *this = Attributes(own);
    }
    return shared_->pairs;
  }
  std::pair<Pairs::iterator, bool> find_or_make(std::string_view name) {
    auto& own = mine();
    const auto at = own.begin() + place(own, name);
    if (at != own.end() && at->first == name) return {at, false};
    return {own.emplace(at, std::string(name), std::string()), true};
  }
  explicit Attributes(Shared* shared) : shared_(shared) {}

  Shared* shared_ = nullptr;
};

template <class Goes>
Attributes::size_type erase_if(Attributes& attributes, Goes goes) {
  const auto before = attributes.size();
  for (auto at = attributes.begin(); at != attributes.end();) at = goes(*at) ? attributes.erase(at) : at + 1;
  return before - attributes.size();
}

}  // namespace flow
