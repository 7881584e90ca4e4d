#include "engine/bind/translator.h"
#include "engine/functions/sequence_source.h"

namespace engine::bind {

std::string shown(const std::vector<sql::Identifier>& parts) {
  std::string out;
  for (const sql::Identifier& part : parts) {
    if (!out.empty()) out += '.';
    // Names that unquoted text cannot spell are shown in quotes.
    const bool plain = std::ranges::all_of(part.name, [](unsigned char c) {
      return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$';
    });
    out += plain ? part.name : quote_identifier(part.name);
  }
  return out;
}

base::Error invalid_identifier(const std::vector<sql::Identifier>& parts, base::SourceSpan at) {
  return error_at(904, "42000", at, fmt::format("invalid identifier '{}'", shown(parts)));
}

bool matches(const ScopeRelation& relation, std::span<const sql::Identifier> qualifier) {
  if (qualifier.empty()) return true;
  if (qualifier.size() == 1) return !relation.alias.empty() && qualifier[0].name == relation.alias;
  if (relation.qualified.size() < qualifier.size()) return false;
  const std::size_t skipped = relation.qualified.size() - qualifier.size();
  for (std::size_t i = 0; i < qualifier.size(); ++i)
    if (relation.qualified[skipped + i] != qualifier[i].name) return false;
  return true;
}

std::string column_sql(const ScopeRelation& relation, const ScopeColumn& column) {
  if (relation.physical.empty()) return column.physical;
  return relation.physical + "." + quote_identifier(column.physical);
}

BoundExpr column_expr(const ScopeRelation& relation, const ScopeColumn& column) {
  return make(column_sql(relation, column), column.type, column.carrier, column.nullable);
}

Result<std::optional<FoundColumn>> find_column(const Scope& scope, const std::vector<sql::Identifier>& parts,
                                               base::SourceSpan at) {
  const std::span<const sql::Identifier> qualifier(parts.data(), parts.size() - 1);
  const std::string& name = parts.back().name;
  std::optional<FoundColumn> found;
  for (const ScopeRelation& relation : scope.relations) {
    if (!matches(relation, qualifier)) continue;
    for (const ScopeColumn& column : relation.columns) {
      if (column.name != name || (column.hidden && qualifier.empty())) continue;
      if (found)
        return base::fail(error_at(2028, "42601", at, fmt::format("ambiguous column name '{}'", shown(parts))));
      found = FoundColumn{&relation, &column};
    }
  }
  return found;
}

Result<BoundExpr> Translator::column(const sql::ColumnRef& ref, base::SourceSpan at, const Scope& scope) {
  if (frame && frame->aliases_first && ref.parts.size() == 1) {
    TRY(auto named, alias(ref.parts[0].name, scope));
    if (named) return *std::move(named);
  }
  for (const Scope* place = &scope; place; place = place->outer) {
    TRY(const auto found, find_column(*place, ref.parts, at));
    if (found) {
      BoundExpr made = column_expr(*found->relation, *found->column);
      if (place == &scope && outer_marks)
        (outer_marks->inside ? outer_marks->marked : outer_marks->plain).insert(found->relation->physical);
      if (place == &scope && frame && frame->grouped && frame->inside_aggregate == 0 && !frame->ungrouped) {
        const std::string shown_name =
            (found->relation->alias.empty() ? "" : found->relation->alias + ".") + found->column->name;
        frame->ungrouped = error_at(
            1104, "42601", at,
            fmt::format("'{}' in select clause is neither an aggregate nor in the group by clause.", shown_name));
      }
      return made;
    }
    if (place == &scope && ref.parts.size() == 1) {
      TRY(auto named, alias(ref.parts[0].name, scope));
      if (named) return *std::move(named);
    }
  }
  TRY(auto next, sequence_value(ref));
  if (next) return *std::move(next);
  return base::fail(invalid_identifier(ref.parts, at));
}

Result<BoundExpr> Translator::positional(const sql::PositionalRef& ref, base::SourceSpan at, const Scope& scope) {
  for (const Scope* place = &scope; place; place = place->outer) {
    std::uint32_t left = ref.position;
    for (const ScopeRelation& relation : place->relations) {
      if (!matches(relation, ref.qualifier)) continue;
      for (const ScopeColumn& column : relation.columns) {
        if (column.hidden) continue;
        // Staged files offer $1, $2 .. by name beside METADATA$ columns.
        if (column.name == fmt::format("${}", ref.position)) return column_expr(relation, column);
        if (--left == 0) return column_expr(relation, column);
      }
    }
  }
  return base::fail(error_at(904, "42000", at, fmt::format("invalid identifier '${}'", ref.position)));
}

Result<std::optional<BoundExpr>> Translator::alias(const std::string& name, const Scope& scope) {
  if (!frame || !frame->items) return std::nullopt;
  for (std::size_t i = 0; i < frame->items->size(); ++i) {
    const sql::SelectItem& item = (*frame->items)[i];
    if (!item.alias || item.alias->name != name || frame->aliases_open.contains(i)) continue;
    frame->aliases_open.insert(i);
    const bool first = std::exchange(frame->aliases_first, false);
    ++frame->inside_alias;
    auto bound = node(item.value, scope);
    --frame->inside_alias;
    frame->aliases_first = first;
    frame->aliases_open.erase(i);
    if (!bound) return base::fail(std::move(bound).error());
    return *std::move(bound);
  }
  return std::nullopt;
}

Result<std::optional<BoundExpr>> Translator::sequence_value(const sql::ColumnRef& ref) {
  if (ref.parts.size() < 2 || ref.parts.back().name != "NEXTVAL") return std::nullopt;
  std::vector<std::string> parts;
  for (std::size_t i = 0; i + 1 < ref.parts.size(); ++i) parts.push_back(ref.parts[i].name);
  const auto sequence =
      catalog::find(context_.work.catalog(), context_.statement.names, catalog::ObjectKind::Sequence, parts);
  if (!sequence) return std::nullopt;
  TRY_VOID(catalog::require(context_.statement.names.access, context_.work.catalog(), *sequence, {"USAGE"}));
  const auto& body = std::get<catalog::SequenceBody>(sequence->body);
  Work& work = context_.work;
  context_.sequences.push_back(std::make_shared<SequenceSource>(
      [&work, id = sequence->id](std::int64_t count) { return work.reserve_sequence(id, count); }, body.step));
  BoundExpr made = make(fmt::format("fr_next_value(CAST({} AS BIGINT))", context_.sequences.back()->handle()),
                        LogicalType::number(), Carrier::Int64, false);
  return made;
}

Result<std::vector<std::string>> Translator::name_parts(const sql::ObjectName& name) {
  std::vector<std::string> parts;
  if (!name.indirect) {
    for (const sql::Identifier& part : name.parts) parts.push_back(part.name);
    return parts;
  }
  std::string text;
  if (const auto* written = std::get_if<sql::NameFromText>(&*name.indirect))
    text = written->text;
  else {
    Value value;
    if (const auto* from_variable = std::get_if<sql::NameFromVariable>(&*name.indirect)) {
      TRY(value, variable(from_variable->variable, name.at));
    } else {
      TRY(value, bound_value(std::get<sql::NameFromBind>(*name.indirect).label, name.at));
    }
    const auto* as_text = std::get_if<std::string>(&value);
    if (!as_text)
      return base::fail(
          compile_error(1079, "22023", "argument of IDENTIFIER must be a text that holds a name", name.at));
    text = *as_text;
  }
  // A name in text follows the rules of names: unquoted parts fold.
  std::string part;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i == text.size() || text[i] == '.') {
      parts.push_back(std::exchange(part, {}));
    } else if (text[i] == '"') {
      for (++i; i < text.size(); ++i) {
        if (text[i] == '"' && (i + 1 == text.size() || text[i + 1] != '"')) break;
        if (text[i] == '"') ++i;
        part += text[i];
      }
    } else if (text[i] != ' ') {
      part += text[i] >= 'a' && text[i] <= 'z' ? static_cast<char>(text[i] - 'a' + 'A') : text[i];
    }
  }
  return parts;
}

Result<Value> Translator::variable(const std::string& name, base::SourceSpan at) {
  const auto* variables = context_.statement.variables;
  const auto found = variables ? variables->find(name) : std::map<std::string, Value>::const_iterator{};
  if (!variables || found == variables->end())
    return base::fail(error_at(2211, "02000", at, fmt::format("Session variable '${}' does not exist", name)));
  return found->second;
}

Result<Value> Translator::bound_value(const std::optional<std::string>& label, base::SourceSpan at) {
  const StatementContext& statement = context_.statement;
  std::size_t index = 0;
  if (!label) {
    // `?` are counted in the order of the text: their place is how many stand before them.
    bool text = false;
    for (std::size_t i = 0; i < at.offset && i < context_.text.size(); ++i) {
      if (context_.text[i] == '\'') text = !text;
      if (context_.text[i] == '?' && !text) ++index;
    }
  } else if (!label->empty() && std::ranges::all_of(*label, [](char c) { return c >= '0' && c <= '9'; })) {
    index = static_cast<std::size_t>(std::atoi(label->c_str())) - 1;
  } else {
    if (statement.named_binds)
      if (const auto found = statement.named_binds->find(*label); found != statement.named_binds->end())
        return found->second.value;
    return base::fail(error_at(904, "42000", at, fmt::format("invalid identifier '{}'", *label)));
  }
  if (index < statement.binds.size()) return statement.binds[index];
  return base::fail(error_at(2049, "42601", at, fmt::format("Bind variable {} not set.", label ? ":" + *label : "?")));
}

}  // namespace engine::bind
