#include "server/nifi/multipart.h"

#include <gtest/gtest.h>

namespace server::nifi {
namespace {

constexpr std::string_view kType = "multipart/form-data; boundary=\"x y\"";

TEST(MultipartTest, FindsNamesFileNamesAndContents) {
  const auto parts = parse_form(kType,
                                "--x y\r\nContent-Disposition: form-data; name=\"groupName\"\r\n\r\nCustomers\r\n"
                                "--x y\r\ncontent-disposition: form-data; filename=\"a %22b%22;c.json\"; "
                                "name=file\r\nContent-Type: x\r\n\r\n{\r\n--x\r\n}\r\n--x y--\r\n");
  ASSERT_TRUE(parts) << parts.error().message;
  ASSERT_EQ(parts->size(), 2u);
  EXPECT_EQ(parts->at(0).name, "groupName");
  EXPECT_EQ(parts->at(0).file_name, "");
  EXPECT_EQ(parts->at(0).content, "Customers");
  EXPECT_EQ(parts->at(1).name, "file");
  EXPECT_EQ(parts->at(1).file_name, "a \"b\";c.json");
  EXPECT_EQ(parts->at(1).content, "{\r\n--x\r\n}");
}

TEST(MultipartTest, EscapedNamesComeBack) {
  const std::string name = "dir\\a \"b\"\r\n%.json";
  const auto body = "--x y\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + escape_form_name(name) +
                    "\"\r\n\r\n\r\n--x y--";
  const auto parts = parse_form(kType, body);
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->at(0).file_name, name);
}

TEST(MultipartTest, RefusesBrokenForms) {
  EXPECT_FALSE(parse_form("application/json", "{}"));
  EXPECT_FALSE(parse_form("multipart/form-data", "--x--"));
  const std::string whole = "--x y\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--x y--";
  ASSERT_TRUE(parse_form(kType, whole));
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_FALSE(parse_form(kType, whole.substr(0, length))) << length;
}

}  // namespace
}  // namespace server::nifi
