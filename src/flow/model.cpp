#include "flow/model.h"

namespace flow {

std::string_view name_of(Finding::Kind kind) {
  switch (kind) {
    case Finding::Kind::Ghost: return "ghost";
    case Finding::Kind::MissingSecret: return "missing secret";
    case Finding::Kind::MissingService: return "missing service";
    case Finding::Kind::MissingFlow: return "missing flow";
    case Finding::Kind::Migration: return "migration";
    case Finding::Kind::ChangedDefault: return "changed default";
    case Finding::Kind::Trap: return "trap";
    case Finding::Kind::NoEffect: return "no effect";
  }
  return "";
}

}  // namespace flow
