// CSV to Parquet as ConvertRecord does it, on one core: the schema is inferred, then the records are read and written.
//
//   record_convert FILE MEGABYTES    writes a CSV file of that size, and FILE.parquet; prints CPU seconds as JSON
#include <fmt/format.h>

#include <cstdlib>
#include <ctime>
#include <fstream>

#include "base/random.h"
#include "flow/record/csv_reader.h"
#include "flow/record/parquet.h"

namespace {

namespace record = flow::record;

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

std::string make_csv(std::size_t bytes) {
  base::Random random(1);
  std::string text = "customer_id,first_name,email,amount,quantity,city,ordered_at,active\n";
  constexpr const char* kCities[] = {"Paris", "Lyon", "Berlin", "Bern", "Wien", "Praha", "Roma", "Oslo"};
  for (int id = 0; text.size() < bytes; ++id) {
    const auto number = random.next();
    fmt::format_to(std::back_inserter(text),
                   "{},name{},user{}@example.org,{}.{:02},{},{},2024-0{}-{:02} 10:{:02}:00,{}\n", id, number % 5000,
                   number % 1'000'003, 1 + number % 900, number % 100, number % 50, kCities[number % 8], 1 + number % 9,
                   1 + number % 28, number % 60, number % 2 == 0 ? "true" : "false");
  }
  return text;
}

class Memory final : public flow::ByteSink {
 public:
  base::Status append(std::string_view bytes) override {
    text += bytes;
    return {};
  }
  std::string text;
};

/// CPU seconds of what it is given; ends the program when that fails.
template <class F>
double measure(F&& work) {
  const auto begin = cpu_seconds();
  if (const base::Status outcome = work(); !outcome) {
    fmt::print(stderr, "record_convert: {}\n", outcome.error().message);
    std::exit(1);
  }
  return cpu_seconds() - begin;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const auto text = make_csv(std::strtoul(argv[2], nullptr, 10) << 20);
  std::ofstream(argv[1], std::ios::binary) << text;
  const auto input = record::input_of(text);
  record::CsvReadOptions options{.has_header = true};
  options.format.escape = '\\';
  options.format.trim = true;
  record::SchemaPtr schema;
  const auto infer = measure([&]() -> base::Status {
    TRY(schema, record::infer_csv(input, options));
    return {};
  });
  const auto read = measure([&]() -> base::Status {
    TRY(const auto reader, record::open_csv(input, schema, options));
    return record::for_each_batch(*reader, [](const record::Batch&) -> base::Status { return {}; });
  });
  Memory sink;
  sink.text.reserve(text.size());
  const auto convert = measure([&]() -> base::Status {
    TRY(const auto reader, record::open_csv(input, schema, options));
    TRY(const auto writer, record::write_parquet(schema, {}, sink));
    TRY_VOID(record::for_each_batch(*reader, [&](const record::Batch& batch) { return writer->write(batch); }));
    return writer->finish();
  });
  std::ofstream(std::string(argv[1]) + ".parquet", std::ios::binary) << sink.text;
  fmt::print(R"({{"bytes": {}, "parquet_bytes": {}, "infer": {:.4f}, "read": {:.4f}, "convert": {:.4f}}})", text.size(),
             sink.text.size(), infer, read, convert);
}
