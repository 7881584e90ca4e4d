#include "proc/routine_check.h"

#include <gtest/gtest.h>

#include "proc/one_statement.h"

namespace proc {
namespace {

using catalog::LogicalType;

TEST(RoutineCheckTest, RefusesWhatJavaScriptCannotTake) {
  struct Case {
    std::string_view name;
    catalog::ProcedureBody routine;
    std::string_view message;
  };
  const auto js = [](std::vector<catalog::Argument> arguments, LogicalType returns) {
    catalog::ProcedureBody body;
    body.language = "JAVASCRIPT";
    body.arguments = std::move(arguments);
    body.returns = returns;
    return body;
  };
  for (const Case& c : std::vector<Case>{
           {"P", js({}, LogicalType::text()), ""},
           {"P", js({{"A", LogicalType::real(), {}}, {"b", LogicalType::variant(), {}}}, LogicalType::variant()), ""},
           {"P", js({}, LogicalType::number()),
            "Language JAVASCRIPT does not support type 'NUMBER(38,0)' for argument or return type."},
           {"P", js({{"A", LogicalType::number(), {}}}, LogicalType::text()),
            "Language JAVASCRIPT does not support type 'NUMBER(38,0)' for argument or return type."},
           {"my proc", js({}, LogicalType::text()), "Invalid UDF function name: 'my proc'"},
           {"P", js({{"my arg", LogicalType::text(), {}}}, LogicalType::text()), "Invalid argument name(s): 'my arg'"},
       }) {
    const auto status = check_routine(c.name, c.routine);
    EXPECT_EQ(status ? "" : status.error().message, c.message);
  }
}

TEST(RoutineCheckTest, StoresOtherLanguagesButDoesNotCallThem) {
  for (const char* language : {"PYTHON", "JAVA", "SCALA"}) {
    catalog::ProcedureBody body;
    body.language = language;
    body.returns = LogicalType::number();
    EXPECT_TRUE(check_routine("P", body));
    const auto called = check_callable("P", body);
    ASSERT_FALSE(called);
    EXPECT_EQ(called.error().kind, base::ErrorKind::Unsupported);
    EXPECT_NE(called.error().message.find(language), std::string::npos);
  }
}

TEST(OneStatementTest, FindsTheSecondStatement) {
  struct Case {
    std::string_view text;
    bool second;
  };
  for (const Case& c : std::vector<Case>{
           {"select 1", false},
           {"select 1;", false},
           {"select 1 ; -- done\n /* x; */ // y;\n", false},
           {"select ';'; ", false},
           {"select 'it''s; \\'; fine'", false},
           {"select \";\" from t;", false},
           {"select $$a;b$$;", false},
           {"select 1; select 2", true},
           {"merge into t using s on a = b when matched then update set x = 1; when not matched then insert values (1)",
            true},
           {"begin; commit;", true},
           {"begin", false},
           {"begin transaction;", false},
           {"begin work;", false},
           {"begin insert into t values (1); insert into u values (2); end;", false},
           {"declare x int; begin if (x > 1) then return case when x = 1 then 1 else 2 end; end if; end", false},
           {"declare x int; begin return 1; end; select 2", true},
           {"create procedure p() returns int as begin return 1; end;", false},
           {"create task t as begin a; b; end; select 1", true},
       })
    EXPECT_EQ(has_second_statement(c.text), c.second) << c.text;
}

}  // namespace
}  // namespace proc
