// Any bytes as a content of records: the first letter says which reader takes the rest. No reader may crash, and what
// it reads must be written. With a corpus directory that is empty, it begins with what our own writers make.
#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "flow/record/avro_file.h"
#include "flow/record/avro_schema.h"
#include "flow/record/csv_reader.h"
#include "flow/record/csv_writer.h"
#include "flow/record/json_reader.h"
#include "flow/record/json_writer.h"
#include "flow/record/parquet.h"

namespace {

using namespace flow::record;
using ReaderResult = base::Result<std::unique_ptr<Reader>>;

constexpr std::string_view kFields =
    R"({"type":"record","name":"r","fields":[{"name":"i","type":"int"},{"name":"s","type":["null","string"]},
    {"name":"d","type":"double"},{"name":"a","type":{"type":"array","items":"long"}},
    {"name":"m","type":{"type":"map","values":"string"}},{"name":"e","type":{"type":"enum","name":"en","symbols":["A","B"]}},
    {"name":"dec","type":{"type":"bytes","logicalType":"decimal","precision":20,"scale":2}},
    {"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}},
    {"name":"in","type":["null",{"type":"record","name":"n","fields":[{"name":"x","type":["null","int"]}]}]}]})";
constexpr std::string_view kRows =
    R"([{"i":1,"s":"text","d":1.5,"a":[1,2,3],"m":{"k":"v"},"e":"A","dec":12.50,"at":1704164645123,"in":{"x":7}},
    {"i":-2,"s":null,"d":-0.0,"a":[],"m":{},"e":"B","dec":0.00,"at":0,"in":null}])";

SchemaPtr schema() {
  static const auto made = parse_avro_schema(kFields).value();
  return made;
}

ReaderResult open(char kind, const std::string& content) {
  const auto input = input_of(content);
  switch (kind) {
    case 'A': return open_avro(input);
    case 'R': return open_raw_avro(input, schema());
    case 'P': return open_parquet(input);
    case 'J': return open_json(input, schema(), {});
    case 'I': {
      TRY(const auto inferred, infer_json(input, {}));
      return open_json(input, inferred, {});
    }
    case 'C': return open_csv(input, schema(), {.format = {}, .formats = {}, .has_header = true});
    case 'D': {
      const CsvReadOptions options{.format = {.escape = '\\', .comment = '#'}, .formats = {}, .has_header = true};
      TRY(const auto inferred, infer_csv(input, options));
      return open_csv(input, inferred, options);
    }
    default: return base::fail(base::ErrorKind::InvalidValue, "no such kind");
  }
}

class Text final : public flow::ByteSink {
 public:
  base::Status append(std::string_view bytes) override {
    text += bytes;
    return {};
  }
  std::string text;
};

template <class Make>
std::string written(Make&& make) {
  Text sink;
  auto writer = make(sink);
  auto reader = open_json(input_of(std::string(kRows)), schema(), {});
  const auto wrote = for_each_row(*reader.value(), [&](const Row& row) { return writer.value()->write(row); });
  const auto finished = writer.value()->finish();
  if (!wrote || !finished) __builtin_trap();
  return sink.text;
}

void write_seeds(const std::filesystem::path& directory) {
  int number = 0;
  const auto seed = [&](std::string_view kinds, const std::string& content) {
    for (const char kind : kinds) std::ofstream(directory / fmt::format("seed{}", number++)) << kind << content;
  };
  for (const auto compression : {AvroCompression::None, AvroCompression::Deflate, AvroCompression::Snappy,
                                 AvroCompression::Bzip2, AvroCompression::Zstandard})
    seed("A", written([&](Text& sink) { return write_avro(schema(), {.compression = compression}, sink); }));
  seed("R", written([](Text& sink) { return write_avro(schema(), {.container = false}, sink); }));
  for (const auto compression :
       {ParquetCompression::None, ParquetCompression::Snappy, ParquetCompression::Gzip, ParquetCompression::Zstandard})
    for (const bool dictionary : {true, false})
      seed("P", written([&](Text& sink) {
             return write_parquet(schema(), {.compression = compression, .dictionary = dictionary}, sink);
           }));
  seed("JI", std::string(kRows));
  seed("CD", "i,s,d,at\r\n1,\"a \"\"text\"\"\",1.5,2024-01-01\r\n-2,,-0.0,0\r\n# comment\r\n3,\\,x,1e300,\r\n");
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments) {
  const std::filesystem::path last = (*arguments)[*count - 1];
  if (*count > 1 && std::filesystem::is_directory(last) && std::filesystem::is_empty(last)) write_seeds(last);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string content(reinterpret_cast<const char*>(data) + 1, size - 1);
  auto reader = open(static_cast<char>(data[0]), content);
  if (!reader) return 0;
  Text json, csv;
  auto as_json = write_json((*reader)->schema(), {}, json);
  auto as_csv = write_csv((*reader)->schema(), {}, csv);
  const auto outcome = for_each_row(**reader, [&](const Row& row) -> base::Status {
    if (as_json) (void)(*as_json)->write(row);
    if (as_csv) (void)(*as_csv)->write(row);
    return {};
  });
  if (outcome && as_json) (void)(*as_json)->finish();
  return 0;
}
