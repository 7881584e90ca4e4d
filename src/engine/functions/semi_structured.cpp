#include "engine/functions/registry.h"

namespace engine::functions {
namespace {

using bind::make;

Result<BoundExpr> object_construct(Call& call) {
  if (call.count() % 2 != 0)
    return base::fail(bind::error_at(938, "22023", call.at, "OBJECT_CONSTRUCT takes pairs of keys and values"));
  const bool keep = call.name == "OBJECT_CONSTRUCT_KEEP_NULL";
  std::string list;
  for (std::size_t i = 0; i < call.count(); i += 2) {
    TRY(const std::string key, call.text(i));
    TRY(const std::string value, call.as(i + 1, LogicalType::variant()));
    list += (list.empty() ? "" : ", ") + key + ", decode(" +
            (keep ? fmt::format("coalesce({}, encode('null'))", value) : value) + ")";
  }
  return make(fmt::format("fr_v_object_of({})", list), LogicalType::object(), Carrier::Blob, false);
}

Result<BoundExpr> array_construct(Call& call) {
  std::string list;
  for (std::size_t i = 0; i < call.count(); ++i) {
    TRY(const std::string value, call.as(i, LogicalType::variant()));
    list += fmt::format("{}decode({})", i ? ", " : "", value);
  }
  return make(fmt::format("fr_v_array_of({})", list), LogicalType::array(), Carrier::Blob, false);
}

Result<BoundExpr> get(Call& call) {
  TRY(const std::string base, call.as(0, LogicalType::variant()));
  if (call.args[1].type.kind == TypeKind::Text)
    return make(fmt::format("fr_v_key({}, {})", base, to_sql(call.args[1])), LogicalType::variant());
  TRY(const std::string index, call.integer(1));
  return make(fmt::format("fr_v_index({}, {})", base, index), LogicalType::variant());
}

Result<BoundExpr> split(Call& call) {
  TRY(const std::string text, call.text(0));
  TRY(const std::string separator, call.text(1));
  return make(fmt::format("fr_v_split({}, {})", text, separator), LogicalType::array(), Carrier::Blob);
}

Result<BoundExpr> array_contains(Call& call) {
  TRY(const std::string value, call.as(0, LogicalType::variant()));
  TRY(const std::string array, call.as(1, LogicalType::variant()));
  return make(fmt::format("fr_v_contains({}, {})", array, value), LogicalType::boolean());
}

Result<BoundExpr> object_keys(Call& call) {
  TRY(const std::string value, call.as(0, LogicalType::variant()));
  return make(fmt::format("fr_v_keys({})", value), LogicalType::array(), Carrier::Blob);
}

}  // namespace

std::vector<Entry> semi_structured_entries() {
  return {
      {"OBJECT_CONSTRUCT", 0, -1, object_construct},
      {"OBJECT_CONSTRUCT_KEEP_NULL", 0, -1, object_construct},
      {"ARRAY_CONSTRUCT", 0, -1, array_construct},
      {"GET", 2, 2, get},
      {"SPLIT", 2, 2, split},
      {"ARRAY_CONTAINS", 2, 2, array_contains},
      {"OBJECT_KEYS", 1, 1, object_keys},
  };
}

}  // namespace engine::functions
