#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/result_set.h"
#include "engine/statement_context.h"
#include "sql/script.h"

namespace proc {

struct ScriptValue {
  engine::NamedBind bind;
};
struct ScriptRows {  // a RESULTSET
  std::shared_ptr<const engine::ResultSet> result;
};
struct ScriptCursorState {
  const sql::ScriptCursor* definition = nullptr;
  std::shared_ptr<const engine::ResultSet> result;  // while it is open
  std::uint64_t next = 0;
};
struct ScriptExceptionType {
  std::int64_t code = 0;
  std::string message;
};
struct ScriptRow {  // of FOR
  std::shared_ptr<const engine::ResultSet> result;
  std::uint64_t at = 0;
};
using ScriptEntry = std::variant<ScriptValue, ScriptRows, ScriptCursorState, ScriptExceptionType, ScriptRow>;

/// The names of the blocks that are running, the innermost last.
class ScriptScopes {
  using Names = std::map<std::string, ScriptEntry, std::less<>>;
  struct Block {
    Names declared, let;
  };

 public:
  /// A block, a loop or a handler, for as long as it lives.
  class Inner {
   public:
    explicit Inner(ScriptScopes& scopes) : scopes_(scopes) { scopes_.blocks_.emplace_back(); }
    Inner(const Inner&) = delete;
    ~Inner() { scopes_.blocks_.pop_back(); }

   private:
    ScriptScopes& scopes_;
  };
  /// LET variables of the innermost block are out of sight: handlers know those of DECLARE only.
  class WithoutLet {
   public:
    explicit WithoutLet(ScriptScopes& scopes) : block_(scopes.blocks_.back()) { hidden_.swap(block_.let); }
    WithoutLet(const WithoutLet&) = delete;
    ~WithoutLet() { block_.let.swap(hidden_); }

   private:
    Block& block_;
    Names hidden_;
  };

  void declare(std::string name, ScriptEntry entry) {
    blocks_.back().declared.insert_or_assign(std::move(name), std::move(entry));
  }
  void let(std::string name, ScriptEntry entry) {
    blocks_.back().let.insert_or_assign(std::move(name), std::move(entry));
  }
  ScriptEntry* find(std::string_view name);
  template <class T>
  T* find_as(std::string_view name) {
    ScriptEntry* entry = find(name);
    return entry ? std::get_if<T>(entry) : nullptr;
  }
  /// A variable's value, or that of the column `ROW.COLUMN` of a row.
  std::optional<engine::NamedBind> value(std::string_view name);

 private:
  std::deque<Block> blocks_;  // references to a block hold while inner ones come and go
};

}  // namespace proc
