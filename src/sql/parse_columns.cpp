#include "sql/parse_columns.h"

#include "sql/parse_expr.h"
#include "sql/parse_options.h"

namespace sql {

namespace {

/// NOT ENFORCED RELY ON DELETE CASCADE .., joined by blanks; they are stored and have no effect.
std::string parse_properties(Cursor& cursor) {
  std::string properties;
  const auto take = [&](std::size_t count) {
    for (; count > 0; --count) {
      if (!properties.empty()) properties += ' ';
      properties += cursor.take().text;
    }
  };
  for (;;) {
    if (cursor.at_any_word(
            {"ENFORCED", "DEFERRABLE", "ENABLE", "DISABLE", "VALIDATE", "NOVALIDATE", "RELY", "NORELY"})) {
      take(1);
    } else if (cursor.at_word("NOT") && cursor.at_any_word({"ENFORCED", "DEFERRABLE"}, 1)) {
      take(2);
    } else if (cursor.at_word("INITIALLY") || cursor.at_word("MATCH")) {
      take(2);
    } else if (cursor.at_word("ON") && cursor.at_any_word({"DELETE", "UPDATE"}, 1)) {
      take(cursor.at_any_word({"SET", "NO"}, 2) ? 4 : 3);
    } else {
      return properties;
    }
  }
}

base::Result<ForeignKey> parse_references(Cursor& cursor) {
  TRY_VOID(cursor.expect_word("REFERENCES"));
  TRY(ObjectName table, cursor.object_name());
  ForeignKey key{.table = std::move(table)};
  if (cursor.at_symbol("(")) {
    TRY(key.columns, cursor.identifier_list());
  }
  return key;
}

enum class Place { Inline, OutOfLine, Dropped };

base::Result<Constraint> parse_constraint(Cursor& cursor, Place place) {
  Constraint constraint{.kind = Constraint::Kind::PrimaryKey};
  if (cursor.accept_word("CONSTRAINT")) {
    TRY(constraint.name, cursor.identifier());
  }
  bool columns = place == Place::OutOfLine;
  if (cursor.accept_words({"PRIMARY", "KEY"})) {
    columns = columns || (place == Place::Dropped && cursor.at_symbol("("));
  } else if (cursor.accept_word("UNIQUE")) {
    constraint.kind = Constraint::Kind::Unique;
    columns = place != Place::Inline;
  } else if (cursor.accept_words({"FOREIGN", "KEY"}) || (place == Place::Inline && cursor.at_word("REFERENCES"))) {
    constraint.kind = Constraint::Kind::ForeignKey;
    columns = place != Place::Inline;
  } else if (cursor.accept_word("CHECK")) {
    constraint.kind = Constraint::Kind::Check;
    columns = false;
    TRY_VOID(cursor.expect_symbol("("));
    TRY(constraint.check, parse_expression(cursor));
    TRY_VOID(cursor.expect_symbol(")"));
  } else {
    return cursor.unexpected();
  }
  if (columns) {
    TRY(constraint.columns, cursor.identifier_list());
  }
  if (constraint.kind == Constraint::Kind::ForeignKey && place != Place::Dropped) {
    TRY(constraint.references, parse_references(cursor));
  }
  constraint.properties = parse_properties(cursor);
  return constraint;
}

/// AUTOINCREMENT or IDENTITY has been taken.
base::Result<AutoIncrement> parse_autoincrement(Cursor& cursor) {
  AutoIncrement increment;
  if (cursor.accept_symbol("(")) {
    TRY(increment.start, cursor.signed_number());
    if (cursor.accept_symbol(",")) {
      TRY(increment.step, cursor.signed_number());
    }
    TRY_VOID(cursor.expect_symbol(")"));
  }
  for (;;) {
    if (cursor.accept_word("START")) {
      cursor.accept_word("WITH");
      cursor.accept_symbol("=");
      TRY(increment.start, cursor.signed_number());
    } else if (cursor.accept_word("INCREMENT")) {
      cursor.accept_word("BY");
      cursor.accept_symbol("=");
      TRY(increment.step, cursor.signed_number());
    } else if (cursor.accept_word("ORDER")) {
      increment.ordered = true;
    } else if (cursor.accept_word("NOORDER")) {
      increment.ordered = false;
    } else {
      return increment;
    }
  }
}

bool at_inline_constraint(const Cursor& cursor) {
  return cursor.at_any_word({"CONSTRAINT", "UNIQUE", "REFERENCES", "CHECK"}) || cursor.at_words({"PRIMARY", "KEY"}) ||
         cursor.at_words({"FOREIGN", "KEY"});
}

base::Status parse_attribute(Cursor& cursor, ColumnDef& column) {
  if (cursor.accept_words({"NOT", "NULL"})) {
    column.not_null = true;
  } else if (cursor.accept_word("NULL")) {
    column.explicit_null = true;
  } else if (cursor.accept_word("DEFAULT")) {
    TRY(column.default_value, parse_expression(cursor));
  } else if (cursor.accept_word("AUTOINCREMENT") || cursor.accept_word("IDENTITY")) {
    TRY(column.autoincrement, parse_autoincrement(cursor));
  } else if (cursor.accept_word("AS")) {
    TRY_VOID(cursor.expect_symbol("("));
    TRY(column.computed, parse_expression(cursor));
    TRY_VOID(cursor.expect_symbol(")"));
  } else if (cursor.accept_word("COLLATE")) {
    TRY(column.collate, cursor.string_literal());
  } else if (cursor.accept_word("COMMENT")) {
    cursor.accept_symbol("=");
    TRY(column.comment, cursor.string_literal());
  } else if (at_inline_constraint(cursor)) {
    TRY(Constraint constraint, parse_constraint(cursor, Place::Inline));
    column.constraints.push_back(std::move(constraint));
  } else {
    const std::size_t with = cursor.at_word("WITH") ? 1 : 0;
    if (cursor.at_word("TAG", with)) return cursor.unsupported("TAG of a column");
    if (cursor.at_any_word({"MASKING", "PROJECTION"}, with)) return cursor.unsupported("policy of a column");
    return cursor.unexpected();
  }
  return {};
}

}  // namespace

base::Result<ColumnDef> parse_column_definition(Cursor& cursor) {
  const std::size_t first = cursor.index();
  TRY(Identifier name, cursor.identifier());
  ColumnDef column{.name = std::move(name)};
  const auto ends = [&] { return cursor.at_symbol(",") || cursor.at_symbol(")") || cursor.at_statement_end(); };
  if (!ends() && !cursor.at_any_word({"AS", "COMMENT", "NOT", "DEFAULT"})) {
    TRY(column.type, cursor.type_name());
  }
  while (!ends()) TRY_VOID(parse_attribute(cursor, column));
  column.at = cursor.span_from(first);
  return column;
}

bool at_table_constraint(const Cursor& cursor) {
  return cursor.at_word("CONSTRAINT") || cursor.at_words({"PRIMARY", "KEY"}) || cursor.at_words({"FOREIGN", "KEY"}) ||
         (cursor.at_any_word({"UNIQUE", "CHECK"}) && cursor.at_symbol("(", 1));
}

base::Result<Constraint> parse_table_constraint(Cursor& cursor) { return parse_constraint(cursor, Place::OutOfLine); }
base::Result<Constraint> parse_constraint_key(Cursor& cursor) { return parse_constraint(cursor, Place::Dropped); }

}  // namespace sql
