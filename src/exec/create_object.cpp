#include "exec/create_object.h"

#include <fmt/format.h>

#include "base/overloaded.h"
#include "exec/grants.h"

namespace exec {

using catalog::ObjectKind;

std::string_view status_noun(ObjectKind kind) {
  if (kind == ObjectKind::Stage) return "Stage area";
  if (kind == ObjectKind::Procedure) return "Function";
  return catalog::noun(kind);
}

base::Error exists_unseen(const catalog::Record& existing) {
  return {base::ErrorKind::AlreadyExists, 3041, "42710",
          fmt::format("SQL access control error:\n{} '{}' already exists, but current role has no privileges on it.",
                      catalog::noun(existing.kind), existing.name),
          std::nullopt};
}

base::Result<Creation> Creation::plan(Running& running, ObjectKind kind, const sql::CreateMode& mode,
                                      const sql::ObjectName& name, std::string_view action, bool temporary) {
  if (mode.or_replace && mode.if_not_exists)
    return base::fail(compilation_error(2049, "42601", "options OR REPLACE and IF NOT EXISTS are incompatible."));
  Creation creation;
  creation.kind_ = kind;
  creation.mode_ = mode;
  creation.temporary_ = temporary;
  TRY(auto parts, running.parts(name));
  const auto catalog = running.catalog();
  TRY(creation.place, catalog::place(*catalog, running.context.names, parts, action));
  TRY_VOID(running.require(*catalog->find(creation.place.schema), {"CREATE " + catalog::grant_word(kind)}));
  // A temporary object shadows a permanent one, so it clashes with temporary ones only; a permanent one must not hide
  // behind a temporary one.
  auto existing = catalog->find(kind == ObjectKind::View ? ObjectKind::Table : kind, creation.place.schema,
                                creation.place.name, temporary ? running.context.session : 0);
  if (existing && temporary) {
    const auto permanent = catalog->find(kind, creation.place.schema, creation.place.name, 0);
    if (permanent && permanent->id == existing->id) existing = nullptr;
  }
  if (existing) {
    if (mode.if_not_exists) {
      creation.done = status(fmt::format("{} already exists, statement succeeded.", creation.place.name));
      return creation;
    }
    if (!running.sees(*existing)) return base::fail(exists_unseen(*existing));
    if (!mode.or_replace && !mode.or_alter) return base::fail(catalog::already_exists(creation.place.name));
    if (existing->kind != kind)
      return base::fail(compilation_error(
          2002, "42710",
          fmt::format("Object '{}' already exists as {}.", creation.place.name, catalog::noun(existing->kind))));
    TRY_VOID(running.require(*existing, {"OWNERSHIP"}));
    creation.replaced = existing;
  }
  return creation;
}

base::Result<std::unique_ptr<engine::Work>> Creation::begin(Running& running) {
  std::vector<catalog::ObjectId> locks{replaced ? replaced->id : place.schema};
  for (const catalog::ObjectId holder : holders_of_future_grants(*running.catalog(), kind_, place.schema))
    locks.push_back(holder);
  TRY(auto work, running.begin_ddl(locks));
  const auto now_there = work->catalog().find(kind_ == ObjectKind::View ? ObjectKind::Table : kind_, place.schema,
                                              place.name, temporary_ ? running.context.session : 0);
  const bool expected = temporary_ || (replaced ? now_there && now_there->id == replaced->id : !now_there);
  if (!expected && now_there && !mode_.or_replace) return base::fail(catalog::already_exists(place.name));
  if (!temporary_) replaced = now_there;
  return work;
}

catalog::Record Creation::record(Running& running, engine::Work& work, catalog::Body body, std::string comment) const {
  return {.id = work.new_object_id(),
          .kind = kind_,
          .container = place.schema,
          .name = place.name,
          .owner = running.context.role,
          .comment = std::move(comment),
          .created = running.context.now,
          .dropped = std::nullopt,
          .body = std::move(body)};
}

base::Result<Outcome> Creation::finish(Running& running, engine::Work& work, catalog::Record record,
                                       const engine::ColumnTexts& fill) const {
  TRY_VOID(put(running, work, std::move(record), fill));
  TRY_VOID(work.commit());
  return status(fmt::format("{} {} successfully created.", status_noun(kind_), place.name));
}

base::Status Creation::put(Running& running, engine::Work& work, catalog::Record record,
                           const engine::ColumnTexts& fill) const {
  if (replaced) TRY_VOID(retire(work, *replaced, running.context.now));
  const auto granted = future_grants_on(work.catalog(), record, running.context.now);
  TRY_VOID(work.put(std::move(record), fill));
  for (const catalog::Record& holder : granted) TRY_VOID(work.put(holder));
  return {};
}

base::Status retire(engine::Work& work, const catalog::Record& record, base::Instant now) {
  const auto* table = std::get_if<catalog::TableBody>(&record.body);
  const bool undroppable = record.kind == ObjectKind::Database || record.kind == ObjectKind::Schema ||
                           (table && table->kind != catalog::TableKind::Temporary);
  if (!undroppable) return work.erase(record.id);
  catalog::Record dropped = record;
  dropped.dropped = now;
  return work.put(std::move(dropped));
}

std::string option_plain(const sql::OptionValue& value) {
  return std::visit(base::Overloaded{
                        [](const sql::OptionWord& word) {
                          std::string text;
                          for (const sql::Identifier& part : word.name.parts)
                            text += (text.empty() ? "" : ".") + part.name;
                          return text.empty() ? word.written : text;
                        },
                        [](const sql::OptionString& string) { return string.value; },
                        [](const sql::OptionNumber& number) { return number.text; },
                        [&](const sql::OptionList&) { return option_sql(value); },
                        [&](const sql::OptionGroup&) { return option_sql(value); },
                    },
                    value.node);
}

std::string option_sql(const sql::OptionValue& value) {
  return std::visit(base::Overloaded{
                        [](const sql::OptionWord& word) { return word.written; },
                        [](const sql::OptionString& string) {
                          std::string text = "'";
                          for (const char c : string.value) {
                            if (c == '\'' || c == '\\') text += c == '\'' ? '\'' : '\\';
                            text += c;
                          }
                          return text + "'";
                        },
                        [](const sql::OptionNumber& number) { return number.text; },
                        [](const sql::OptionList& list) {
                          std::string text = "(";
                          for (const sql::OptionValue& item : list.values)
                            text += (text.size() > 1 ? ", " : "") + option_sql(item);
                          return text + ")";
                        },
                        [](const sql::OptionGroup& group) {
                          std::string text = "(";
                          for (const sql::Option& option : group.options)
                            text += (text.size() > 1 ? " " : "") + option.name.name + " = " + option_sql(option.value);
                          return text + ")";
                        },
                    },
                    value.node);
}

std::optional<std::string> option_text(const sql::Options& options, std::string_view name) {
  for (const sql::Option& option : options)
    if (option.name.name == name) return option_plain(option.value);
  return std::nullopt;
}

}  // namespace exec
