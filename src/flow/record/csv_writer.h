#pragma once

#include "flow/record/csv_format.h"
#include "flow/record/writer.h"

namespace flow::record {

struct CsvWriteOptions {
  CsvFormat format;
  Formats formats;
  std::string charset = "UTF-8";
  bool header = true;
};

base::Result<std::unique_ptr<Writer>> write_csv(SchemaPtr schema, const CsvWriteOptions& options, ByteSink& sink);
/// One value as Commons CSV prints it. `first`: of its record.
void print_csv(std::string& out, std::string_view text, bool number, bool first, const CsvFormat& format);

}  // namespace flow::record
