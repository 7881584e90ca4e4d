#include "flow/json_path.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "base/overloaded.h"
#include "flow/json_path_tree.h"

namespace flow {
namespace json_path {
namespace {

namespace json = boost::json;

using Steps = std::span<const Step>;

base::Failure<base::Error> nowhere(std::string message) {
  return base::fail(base::ErrorKind::NotFound, std::move(message));
}

/// One walk along a path. `certain`: no step so far could select several values, so that what is missing is an error.
class Walk {
 public:
  /// To change what is found, each place is wanted: ['a','b'] gives two members, not an object made of them.
  enum class Purpose { Read, Change };

  Walk(const json::value& root, Purpose purpose) : root_(root), purpose_(purpose) {}

  base::Status step(Steps steps, const json::value& value, bool certain) {
    if (steps.empty()) {
      selection_.values.push_back(&value);
      return {};
    }
    const auto rest = steps.subspan(1);
    return std::visit(base::Overloaded{
                          [&](const Properties& properties) { return members(properties, rest, value, certain); },
                          [&](const Indexes& indexes) -> base::Status {
                            TRY(const auto* array, array_at(value, certain));
                            if (array == nullptr) return {};
                            for (const auto index : indexes.indexes)
                              TRY_VOID(element(*array, index, rest, certain && indexes.indexes.size() == 1));
                            return {};
                          },
                          [&](const Slice& slice) -> base::Status {
                            TRY(const auto* array, array_at(value, certain));
                            return array == nullptr ? base::Status{} : elements(*array, slice, rest);
                          },
                          [&](const Wildcard&) -> base::Status {
                            if (const auto* object = value.if_object())
                              for (const auto& member : *object) TRY_VOID(step(rest, member.value(), false));
                            if (const auto* array = value.if_array())
                              for (const auto& inner : *array) TRY_VOID(step(rest, inner, false));
                            return {};
                          },
                          [&](const Scan&) { return scan(rest, value); },
                          [&](const Filter& filter) { return matching(filter, rest, value, certain); },
                          [&](const Function& function) -> base::Status {
                            TRY(auto made, call(function, value, root_));
                            selection_.made.push_back(std::move(made));
                            return step(rest, selection_.made.back(), certain);
                          },
                      },
                      steps.front());
  }
  JsonSelection take() { return std::move(selection_); }

 private:
  static base::Result<const json::array*> array_at(const json::value& value, bool certain) {
    const auto* array = value.if_array();
    if (array == nullptr && certain) return nowhere("an index into something that is no array");
    return array;
  }

  base::Status members(const Properties& properties, Steps rest, const json::value& value, bool certain) {
    const auto& names = properties.names;
    const auto* object = value.if_object();
    if (object == nullptr)
      return certain ? base::Status(nowhere(fmt::format("'{}' of something that is no object", names.front())))
                     : base::Status{};
    if (names.size() > 1 && rest.empty() && purpose_ == Purpose::Read) {
      json::object merged;
      for (const auto& name : names)
        if (const auto* member = object->if_contains(name)) merged.insert_or_assign(name, *member);
      selection_.made.emplace_back(std::move(merged));
      selection_.values.push_back(&selection_.made.back());
      return {};
    }
    certain = certain && names.size() == 1;
    for (const auto& name : names) {
      const auto* member = object->if_contains(name);
      if (member != nullptr)
        TRY_VOID(step(rest, *member, certain));
      else if (certain)
        return nowhere(fmt::format("there is no '{}'", name));
    }
    return {};
  }

  base::Status element(const json::array& array, std::int64_t index, Steps rest, bool certain) {
    const auto size = static_cast<std::int64_t>(array.size());
    const auto at = index < 0 ? size + index : index;
    if (at < 0 || at >= size) return {};
    return step(rest, array[static_cast<std::size_t>(at)], certain);
  }

  /// As the library: with both ends given a negative one counts from the end element by element, so [-3:-1] is what
  /// one expects and [-2:1] is the last two and then the first.
  base::Status elements(const json::array& array, const Slice& slice, Steps rest) {
    const auto size = static_cast<std::int64_t>(array.size());
    auto from = slice.from.value_or(0);
    auto to = std::min(slice.to.value_or(size), size);
    if (!slice.to) from = std::max<std::int64_t>(from < 0 ? size + from : from, 0);
    if (!slice.from && to < 0) to += size;
    for (auto i = std::max(from, -size); i < to; ++i) TRY_VOID(element(array, i, rest, false));
    return {};
  }

  /// A condition that cannot be applied to a value does not hold.
  base::Result<bool> accepts(const Filter& filter, const json::value& value) const {
    auto truth = holds(*filter.condition, {root_, value});
    if (!truth && truth.error().kind == base::ErrorKind::NotFound) return false;
    return truth;
  }
  base::Status matching(const Filter& filter, Steps rest, const json::value& value, bool certain) {
    if (const auto* array = value.if_array()) {
      for (const auto& inner : *array) {
        TRY(const bool wanted, accepts(filter, inner));
        if (wanted) TRY_VOID(step(rest, inner, false));
      }
      return {};
    }
    if (value.is_object()) {
      TRY(const bool wanted, accepts(filter, value));
      return wanted ? step(rest, value, false) : base::Status{};
    }
    if (certain) return base::fail(base::ErrorKind::InvalidValue, "a filter on something that is no array or object");
    return {};
  }

  base::Result<bool> suits(const Step& next, const json::value& value) const {
    if (const auto* properties = std::get_if<Properties>(&next)) return value.is_object() && !properties->names.empty();
    if (std::holds_alternative<Indexes>(next) || std::holds_alternative<Slice>(next)) return value.is_array();
    if (const auto* filter = std::get_if<Filter>(&next)) return accepts(*filter, value);
    return std::holds_alternative<Wildcard>(next);
  }
  base::Status scan(Steps rest, const json::value& value) {
    if (!value.is_object() && !value.is_array()) return {};
    TRY(const bool here, suits(rest.front(), value));
    if (here) TRY_VOID(scanned(rest, value));
    if (const auto* object = value.if_object())
      for (const auto& member : *object) TRY_VOID(scan(rest, member.value()));
    if (const auto* array = value.if_array())
      for (const auto& inner : *array) TRY_VOID(scan(rest, inner));
    return {};
  }
  /// Several names at the end are merged only where all of them are.
  base::Status scanned(Steps rest, const json::value& value) {
    const auto* properties = std::get_if<Properties>(&rest.front());
    if (properties != nullptr && rest.size() == 1 &&
        !std::ranges::all_of(properties->names, [&](const auto& name) { return value.get_object().contains(name); }))
      return {};
    return step(rest, value, false);
  }

  const json::value& root_;
  const Purpose purpose_;
  JsonSelection selection_;
};

base::Result<JsonSelection> walk(const Path& path, const Scope& scope, Walk::Purpose purpose) {
  Walk walk(scope.root, purpose);
  TRY_VOID(walk.step(path.steps, path.from_root ? scope.root : scope.item, true));
  return walk.take();
}

bool is_definite(const Step& step, bool last) {
  return std::visit(base::Overloaded{
                        [&](const Properties& properties) { return last || properties.names.size() == 1; },
                        [](const Indexes& indexes) { return indexes.indexes.size() == 1; },
                        [](const Function&) { return true; },
                        [](const auto&) { return false; },
                    },
                    step);
}

}  // namespace

bool is_definite(const Path& path) {
  for (const auto& step : path.steps)
    if (!is_definite(step, &step == &path.steps.back())) return false;
  return true;
}

base::Result<JsonSelection> select(const Path& path, const Scope& scope) {
  TRY(auto selection, walk(path, scope, Walk::Purpose::Read));
  if (!is_definite(path)) return selection;
  if (selection.values.empty()) return nowhere("there is nothing at the end of the path");
  selection.values.erase(selection.values.begin(), selection.values.end() - 1);
  return selection;
}

base::Result<const json::value*> read(const Path& path, const Scope& scope, JsonSelection& selection) {
  TRY(selection, select(path, scope));
  if (is_definite(path)) return selection.values.front();
  json::array values;
  values.reserve(selection.values.size());
  for (const auto* value : selection.values) values.push_back(*value);
  return &selection.made.emplace_back(std::move(values));
}

namespace {

using Places = std::unordered_set<const json::value*>;

/// Calls `change` for each of the places, the outermost of nested ones only. Values that go are taken away last, as
/// places are addresses.
template <class F>
base::Status change_below(json::value& value, const Places& places, F& change) {
  if (places.contains(&value)) return change(value);
  if (auto* object = value.if_object())
    for (auto& member : *object) TRY_VOID(change_below(member.value(), places, change));
  if (auto* array = value.if_array())
    for (auto& inner : *array) TRY_VOID(change_below(inner, places, change));
  return {};
}

void remove_below(json::value& value, const Places& places) {
  if (auto* object = value.if_object()) {
    std::vector<std::string> gone;
    for (auto& member : *object) {
      if (places.contains(&member.value()))
        gone.emplace_back(member.key());
      else
        remove_below(member.value(), places);
    }
    if (gone.empty()) return;
    json::object kept;
    for (auto& member : *object)
      if (std::ranges::find(gone, std::string_view(member.key())) == gone.end())
        kept.emplace(member.key(), std::move(member.value()));
    *object = std::move(kept);
    return;
  }
  if (auto* array = value.if_array()) {
    std::vector<std::size_t> gone;
    for (std::size_t i = 0; i < array->size(); ++i) {
      if (places.contains(&(*array)[i]))
        gone.push_back(i);
      else
        remove_below((*array)[i], places);
    }
    for (auto i = gone.rbegin(); i != gone.rend(); ++i) array->erase(array->begin() + static_cast<std::ptrdiff_t>(*i));
  }
}

base::Result<Places> places_of(const Path& path, const json::value& document) {
  TRY(const auto selection, walk(path, {document, document}, Walk::Purpose::Change));
  if (selection.values.empty()) return nowhere("there is nothing at the end of the path");
  return Places(selection.values.begin(), selection.values.end());
}

base::Failure<base::Error> refused(std::string_view why) {
  return base::fail(base::ErrorKind::InvalidValue, std::string(why));
}

}  // namespace
}  // namespace json_path

JsonPath::JsonPath(std::unique_ptr<const json_path::Path> path) : path_(std::move(path)) {}
JsonPath::JsonPath(JsonPath&&) noexcept = default;
JsonPath& JsonPath::operator=(JsonPath&&) noexcept = default;
JsonPath::~JsonPath() = default;

base::Result<JsonPath> JsonPath::compile(std::string_view text) {
  TRY(auto path, json_path::parse(text));
  return JsonPath(std::move(path));
}

bool JsonPath::is_definite() const { return json_path::is_definite(*path_); }

base::Result<JsonSelection> JsonPath::select(const boost::json::value& document) const {
  return json_path::select(*path_, {document, document});
}

base::Result<boost::json::value> JsonPath::read(const boost::json::value& document) const {
  JsonSelection selection;
  TRY(const auto* value, json_path::read(*path_, {document, document}, selection));
  return *value;
}

base::Status JsonPath::set(boost::json::value& document, const boost::json::value& value) const {
  TRY(const auto places, json_path::places_of(*path_, document));
  if (places.contains(&document)) return json_path::refused("the root cannot be set");
  const auto change = [&](boost::json::value& place) -> base::Status {
    place = value;
    return {};
  };
  return json_path::change_below(document, places, change);
}

base::Status JsonPath::add(boost::json::value& document, const boost::json::value& element) const {
  TRY(const auto places, json_path::places_of(*path_, document));
  const auto change = [&](boost::json::value& place) -> base::Status {
    if (place.is_null()) return {};
    if (!place.is_array()) return json_path::refused("only an array can be added to");
    place.get_array().push_back(element);
    return {};
  };
  return json_path::change_below(document, places, change);
}

base::Status JsonPath::put(boost::json::value& document, std::string_view key, const boost::json::value& value) const {
  TRY(const auto places, json_path::places_of(*path_, document));
  const auto change = [&](boost::json::value& place) -> base::Status {
    if (place.is_null()) return {};
    if (!place.is_object()) return json_path::refused("only an object can be put into");
    place.get_object().insert_or_assign(key, value);
    return {};
  };
  return json_path::change_below(document, places, change);
}

base::Status JsonPath::remove(boost::json::value& document) const {
  TRY(const auto places, json_path::places_of(*path_, document));
  if (places.contains(&document)) return json_path::refused("the root cannot be removed");
  json_path::remove_below(document, places);
  return {};
}

}  // namespace flow
