#include "sql/statement_end.h"

#include <algorithm>

namespace sql {
namespace {

enum class Open { Declare, Begin, Case };

bool is_any_word(const Token& token, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return token.is_word(word); });
}

/// Whether a statement of a block may start after this token.
bool precedes_statement(const Token& token) {
  return token.is_symbol(";") || is_any_word(token, {"BEGIN", "DECLARE", "THEN", "ELSE", "DO", "LOOP", "REPEAT", "AS"});
}

/// Objects whose definition may hold a block without quotes.
bool may_hold_block(const std::vector<Token>& tokens, std::size_t first) {
  if (!is_any_word(tokens[first], {"CREATE", "ALTER"})) return false;
  const std::size_t last = std::min(first + 8, tokens.size());
  for (std::size_t i = first + 1; i < last && tokens[i].kind == TokenKind::Word; ++i)
    if (is_any_word(tokens[i], {"PROCEDURE", "FUNCTION", "TASK", "ALERT"})) return true;
  return false;
}

}  // namespace

bool starts_block(const std::vector<Token>& tokens, std::size_t index) {
  if (tokens[index].is_word("DECLARE")) return true;
  if (!tokens[index].is_word("BEGIN") || index + 1 >= tokens.size()) return false;
  const Token& next = tokens[index + 1];
  return next.kind != TokenKind::End && !next.is_symbol(";") && !is_any_word(next, {"TRANSACTION", "WORK", "NAME"});
}

std::size_t find_block_end(const std::vector<Token>& tokens, std::size_t index) {
  std::vector<Open> open;
  for (std::size_t i = index; tokens[i].kind != TokenKind::End; ++i) {
    const Token& token = tokens[i];
    if (token.kind != TokenKind::Word) continue;
    const bool at_statement = i == index || precedes_statement(tokens[i - 1]);
    if (token.text == "DECLARE" && at_statement) {
      open.push_back(Open::Declare);
    } else if (token.text == "BEGIN" && at_statement && !is_any_word(tokens[i + 1], {"TRANSACTION", "WORK"})) {
      const bool ends_declarations = !open.empty() && open.back() == Open::Declare && !tokens[i - 1].is_word("AS");
      if (ends_declarations) open.pop_back();
      open.push_back(Open::Begin);
    } else if (token.text == "CASE" && !(i > index && tokens[i - 1].is_word("END"))) {
      open.push_back(Open::Case);
    } else if (token.text == "END" && !open.empty() && !tokens[i - 1].is_symbol(".")) {
      // END IF and the like close what was never counted; END REPEAT follows the condition of UNTIL.
      if (at_statement && is_any_word(tokens[i + 1], {"IF", "FOR", "WHILE", "LOOP"})) continue;
      if (tokens[i + 1].is_word("REPEAT")) continue;
      open.pop_back();
      if (open.empty()) return i + 1;
    }
  }
  return tokens.size() - 1;
}

std::size_t find_statement_end(const std::vector<Token>& tokens, std::size_t first) {
  std::size_t i = first;
  if (starts_block(tokens, first)) i = find_block_end(tokens, first);
  const bool may_hold = may_hold_block(tokens, first);
  for (; tokens[i].kind != TokenKind::End && !tokens[i].is_symbol(";"); ++i) {
    if (!may_hold || !is_any_word(tokens[i], {"AS", "THEN"}) || !starts_block(tokens, i + 1)) continue;
    i = find_block_end(tokens, i + 1) - 1;
  }
  return i;
}

}  // namespace sql
