// parse(print(tree)) == tree: over files of statements, the example scripts, and generated expressions.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "sql/parser.h"
#include "sql/printer.h"

namespace sql {
namespace {

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

void expect_same_again(const Statement& statement) {
  const std::string printed = print(statement);
  const auto again = parse_statement(std::string_view(printed));
  ASSERT_TRUE(again.has_value()) << statement.source.text << "\nprinted: " << printed << "\n" << again.error().message;
  EXPECT_EQ(again->node, statement.node) << statement.source.text << "\nprinted: " << printed
                                         << "\nagain: " << print(*again);
}

/// Every statement of every .sql file of a folder: at least `least` of them.
void expect_folder(const std::filesystem::path& folder, std::size_t least) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".sql") continue;
    const std::string text = content_of(entry.path());
    const std::string_view view = text;
    for (const base::SourceSpan& span : split_statements(view)) {
      const auto statement = parse_statement(view.substr(span.offset, span.length));
      ++count;
      if (statement) {
        expect_same_again(*statement);
      } else {
        ADD_FAILURE() << entry.path() << ": " << view.substr(span.offset, span.length) << "\n"
                      << statement.error().message;
      }
    }
    const auto script = parse_script(view);
    EXPECT_TRUE(script.has_value()) << entry.path() << ": " << script.error().message;
  }
  EXPECT_GE(count, least);
}

TEST(RoundTripTest, Corpus) { expect_folder(FRESHET_SQL_TESTDATA, 100); }
TEST(RoundTripTest, CustomerPipeline) { expect_folder(FRESHET_EXAMPLES "/customer_pipeline", 30); }

/// Random expressions as trees, of a depth that shrinks.
class Generator {
 public:
  explicit Generator(std::uint32_t seed) : random_(seed) {}

  Expr expr(int depth) {
    if (depth <= 0) return leaf();
    const auto sub = [&] { return expr(depth - 1); };
    switch (pick(16)) {
      case 0:
      case 1:
      case 2: return of(Binary{static_cast<BinaryOp>(pick(14)), sub(), sub()});
      case 3: return of(Unary{static_cast<UnaryOp>(pick(3)), sub()});
      case 4: return of(Between{sub(), sub(), sub(), flip()});
      case 5: return of(InList{sub(), list(depth), flip()});
      case 6: return of(IsNull{sub(), flip()});
      case 7: return of(IsBoolean{sub(), flip(), flip()});
      case 8: return of(IsDistinctFrom{sub(), sub(), flip()});
      case 9:
        return of(Cast{flip() ? CastKind::Cast : CastKind::TryCast, sub(), {.name = "NUMBER", .params = {38, 2}}});
      case 10: return of(Case{flip() ? std::optional<Box<Expr>>(sub()) : std::nullopt, {{sub(), sub()}}, sub()});
      case 11:
        return of(Like{.op = static_cast<LikeOp>(pick(3)), .value = sub(), .patterns = one(sub()), .negated = flip()});
      case 12: return call(depth);
      case 13: return of(Index{sub(), sub()});
      case 14: return of(PathAccess{sub(), flip() ? "Key" : "a key", false});
      default: return of(ArrayLiteral{list(depth)});
    }
  }

 private:
  template <class Node>
  static Expr of(Node node) {
    return Expr{std::move(node)};
  }
  int pick(int below) { return static_cast<int>(random_() % static_cast<std::uint32_t>(below)); }
  bool flip() { return pick(2) == 0; }
  static std::vector<Expr> one(Expr expr) { return {std::move(expr)}; }

  std::vector<Expr> list(int depth) {
    std::vector<Expr> items;
    for (int i = 0; i <= pick(3); ++i) items.push_back(expr(depth - 1));
    return items;
  }
  Expr call(int depth) {
    FunctionCall call{.name = {.parts = {{.name = flip() ? "F" : "a f", .quoted = false}}}, .distinct = flip()};
    for (Expr& item : list(depth)) call.arguments.push_back({std::nullopt, std::move(item)});
    if (flip())
      call.over = WindowSpec{.partition_by = list(depth), .order_by = {{expr(depth - 1), flip(), NullsOrder::First}}};
    return of(std::move(call));
  }
  Expr leaf() {
    static constexpr std::string_view kTexts[] = {"", "it's", "a\\b\n", "$$", "\xC3\xA9", "--x"};
    static constexpr std::string_view kNames[] = {"A",   "select",          "SELECT", "a b",
                                                  "Q\"", "METADATA$ACTION", "END",    "1A"};
    switch (pick(7)) {
      case 0: return of(NumberLiteral{std::to_string(pick(1000))});
      case 1: return of(StringLiteral{std::string(kTexts[pick(6)])});
      case 2: return of(NullLiteral{});
      case 3: return of(BooleanLiteral{flip()});
      case 4: return of(PositionalRef{{}, static_cast<std::uint32_t>(pick(9) + 1)});
      case 5: return of(SessionVariable{"V"});
      default: return of(ColumnRef{{{.name = std::string(kNames[pick(8)])}, {.name = std::string(kNames[pick(8)])}}});
    }
  }

  std::mt19937 random_;
};

TEST(RoundTripTest, GeneratedExpressions) {
  for (std::uint32_t seed = 0; seed < 3000; ++seed) {
    const Expr tree = Generator(seed).expr(static_cast<int>(seed % 5));
    const std::string printed = print(tree);
    const auto again = parse_expression(std::string_view(printed));
    ASSERT_TRUE(again.has_value()) << "seed " << seed << ": " << printed << "\n" << again.error().message;
    ASSERT_EQ(*again, tree) << "seed " << seed << ": " << printed << "\nagain: " << print(*again);
  }
}

}  // namespace
}  // namespace sql
