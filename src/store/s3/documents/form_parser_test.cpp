#include "store/s3/documents/form_parser.h"

#include <gtest/gtest.h>

#include "base/overloaded.h"
#include "store/s3/documents/form_header.h"

namespace store::s3 {
namespace {

const std::string kType = "multipart/form-data; boundary=BOUND";

std::string part(std::string_view disposition, std::string_view content, std::string_view more = {}) {
  return "--BOUND\r\nContent-Disposition: form-data; " + std::string(disposition) + "\r\n" + std::string(more) +
         "\r\n" + std::string(content) + "\r\n";
}

/// What came out, with the bytes of the file put together.
struct Seen {
  std::vector<FormField> fields;
  std::vector<FormFile> files;
  std::string bytes;
  int ends = 0;
  std::string error;

  bool operator==(const Seen&) const = default;
};

void take(Seen& seen, const FormEvent& event) {
  std::visit(base::Overloaded{
                 [&](const FormField& field) { seen.fields.push_back(field); },
                 [&](const FormFile& file) { seen.files.push_back(file); },
                 [&](const FormFileBytes& bytes) { seen.bytes += bytes.bytes; },
                 [&](const FormFileEnd&) { ++seen.ends; },
             },
             event);
}

Seen parse_pieces(const std::vector<std::string_view>& pieces) {
  auto parser = FormParser::open(kType).value();
  Seen seen;
  for (const auto piece : pieces) {
    const auto events = parser.feed(piece);
    if (!events) {
      seen.error = events.error().code;
      return seen;
    }
    for (const auto& event : *events) take(seen, event);
  }
  if (const auto finished = parser.finish(); !finished) seen.error = finished.error().code;
  return seen;
}

std::vector<std::string_view> bytewise(std::string_view body) {
  std::vector<std::string_view> pieces;
  for (std::size_t i = 0; i < body.size(); ++i) pieces.push_back(body.substr(i, 1));
  return pieces;
}

/// The outcome must not depend on how the bytes arrive.
Seen parse_every_way(std::string_view body) {
  const auto whole = parse_pieces({body});
  for (std::size_t at = 0; at <= body.size(); ++at)
    EXPECT_EQ(parse_pieces({body.substr(0, at), body.substr(at)}), whole) << "split at " << at;
  EXPECT_EQ(parse_pieces(bytewise(body)), whole);
  return whole;
}

TEST(FormParserTest, FieldsAndFileAtEverySplit) {
  // Bytes that look like the beginnings of a boundary.
  const std::string bytes = "\r\n--BOUN\r\n\r\n--\r\r\n--BOUNX--BOUND\r\n-";
  const auto body = part("name=\"key\"", "${filename}") + part("name=\"empty\"; filename=\"empty\"", "") +
                    part("name=policy", "a\r\nb") +
                    part("name=\"file\"; filename=\"a b.txt\"", bytes, "Content-Type: text/plain\r\n") +
                    part("name=\"after\"", "ignored") + "--BOUND--\r\n";
  const auto seen = parse_every_way(body);
  EXPECT_EQ(seen.error, "");
  EXPECT_EQ(seen.fields, (std::vector<FormField>{{"key", "${filename}"}, {"empty", ""}, {"policy", "a\r\nb"}}));
  EXPECT_EQ(seen.files, (std::vector<FormFile>{{"a b.txt", "text/plain"}}));
  EXPECT_EQ(seen.bytes, bytes);
  EXPECT_EQ(seen.ends, 1);
}

TEST(FormParserTest, AnEmptyFile) {
  const auto seen = parse_every_way(part("name=\"File\"; filename=\"\"", "") + "--BOUND--");
  EXPECT_EQ(seen.error, "");
  EXPECT_EQ(seen.files.size(), 1u);
  EXPECT_EQ(seen.bytes, "");
  EXPECT_EQ(seen.ends, 1);
}

TEST(FormParserTest, Refusals) {
  struct Case {
    std::string body;
    std::string_view error;
  };
  for (const Case& c : std::vector<Case>{
           {"", "MalformedPOSTRequest"},
           {"nothing of a form", "MalformedPOSTRequest"},
           {part("name=\"key\"", "a"), "MalformedPOSTRequest"},           // ends between parts
           {part("name=\"file\"", "a"), "MalformedPOSTRequest"},          // ends in the file
           {part("name=\"key\"", "a") + "--BOUND--", "InvalidArgument"},  // no file
           {"--BOUND--\r\n", "InvalidArgument"},
           {part("filename=\"x\"", "a") + "--BOUND--", "MalformedPOSTRequest"},  // no name
           {"--BOUND\r\n\r\nbytes\r\n--BOUND--", "MalformedPOSTRequest"},        // no headers
           {"--BOUNDARY\r\n", "MalformedPOSTRequest"},
           {"--BOUND\r\nno header\r\n\r\n", "MalformedPOSTRequest"},
       }) {
    EXPECT_EQ(parse_every_way(c.body).error, c.error) << c.body;
  }
}

TEST(FormParserTest, BoundsWhatItKeeps) {
  const auto file = part("name=\"file\"", std::string(100'000, 'x')) + "--BOUND--";
  const std::string head = "\r\nContent-Disposition: form-data; name=\"k\"";
  const std::string most(FormParser::kBytesBeforeFileMax - head.size(), 'v');
  EXPECT_EQ(parse_pieces({part("name=\"k\"", most) + file}).error, "");
  EXPECT_EQ(parse_pieces(bytewise(part("name=\"k\"", most) + file)).error, "");
  EXPECT_EQ(parse_pieces({part("name=\"k\"", most + "v") + file}).error, "MaxPostPreDataLengthExceeded");
  EXPECT_EQ(parse_pieces(bytewise(part("name=\"k\"", most + "v") + file)).error, "MaxPostPreDataLengthExceeded");
  std::string many;
  for (std::size_t i = 0; i < FormParser::kFieldsMax; ++i) many += part("name=\"f\"", "");
  EXPECT_EQ(parse_pieces({many + file}).error, "");
  EXPECT_EQ(parse_pieces({many + part("name=\"f\"", "") + file}).error, "MalformedPOSTRequest");
  // Neither a value nor headers without an end are waited for.
  auto parser = FormParser::open(kType).value();
  EXPECT_FALSE(parser.feed("--BOUND\r\nContent-Disposition: form-data; name=\"k\"\r\n\r\n" + std::string(30'000, 'v')));
  auto other = FormParser::open(kType).value();
  EXPECT_FALSE(other.feed("--BOUND\r\nX: " + std::string(30'000, 'v')));
  auto third = FormParser::open(kType).value();
  EXPECT_FALSE(third.feed(std::string(30'000, 'v')));
}

TEST(FormParserTest, ContentTypes) {
  struct Case {
    std::string_view type;
    int status;
  };
  for (const Case& c : std::to_array<Case>({
           {"multipart/form-data; boundary=abc", 0},
           {"Multipart/Form-Data; charset=utf-8; Boundary=\"a b\"", 0},
           {"multipart/form-data", 400},
           {"multipart/form-data; boundary=", 400},
           {"application/x-www-form-urlencoded", 412},
           {"", 412},
       })) {
    const auto parser = FormParser::open(c.type);
    EXPECT_EQ(parser ? 0 : parser.error().status, c.status) << c.type;
  }
}

TEST(FormHeaderTest, Parameters) {
  struct Case {
    std::string_view header;
    std::optional<std::string> name;
  };
  for (const Case& c : std::vector<Case>{
           {"form-data; name=\"a\"", "a"},
           {"form-data; name=a; filename=b", "a"},
           {"form-data; filename=\"; name=x\"; name=\"a\"", "a"},
           {"form-data; NAME = \"a\"", "a"},
           {"form-data; name=\"a\\\"b\"", "a\"b"},
           {"form-data; name=\"a%22b%41\"", "a\"b%41"},
           {"form-data; name=\"c:\\x\\y\"", "c:\\x\\y"},
           {"form-data; flag; name=\"\"", ""},
           {"form-data", std::nullopt},
           {"form-data; filename=x", std::nullopt},
       })
    EXPECT_EQ(header_parameter(c.header, "name"), c.name) << c.header;
  const auto headers = read_part_headers(
      "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"; filename*=utf-8''%C3%A9.txt\r\n"
      "content-type:text/plain");
  ASSERT_TRUE(headers);
  EXPECT_EQ(headers->file_name, "\xC3\xA9.txt");
  EXPECT_EQ(headers->content_type, "text/plain");
  EXPECT_FALSE(read_part_headers("Content-Disposition: attachment; name=\"file\""));
}

}  // namespace
}  // namespace store::s3
