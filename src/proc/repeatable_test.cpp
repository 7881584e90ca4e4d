#include "proc/repeatable.h"

#include <gtest/gtest.h>

namespace proc {
namespace {

TEST(RepeatableTest, NamesWhatMayDiffer) {
  struct Case {
    std::string_view body;
    bool repeatable;
  };
  for (const Case& c : {
           Case{"", true},
           Case{"var s = snowflake.createStatement({sqlText: `MERGE INTO t ... update_date = CURRENT_DATE()`}); "
                "s.execute(); return 'ok';",
                true},
           Case{"return new Date()", false},
           Case{"return Date", false},
           Case{"return updateDate + Dates + $Date", true},
           Case{"if (Math.random() < 0.5) snowflake.execute({sqlText: 'TRUNCATE t'})", false},
           Case{"return globalThis['Da' + 'te'].now()", false},
           Case{"return (function () { return this })()['Da' + 'te']", false},
           Case{"return D\\u0061te.now()", false},
           Case{"return s.getQueryId()", false},
           Case{"return new SfDate()", false},
           Case{"// as of this morning", false},
       })
    EXPECT_EQ(is_repeatable(c.body), c.repeatable) << c.body;
}

}  // namespace
}  // namespace proc
