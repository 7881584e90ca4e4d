#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace flow::record {

/// How blocks of Avro and pages of Parquet are packed.
enum class BlockCodec { None, Deflate, Gzip, Snappy, Bzip2, Zstandard };

base::Result<std::string> pack_block(std::string_view bytes, BlockCodec codec);
/// `size`: how many bytes it makes, where it is known, else 0; more than `most` is refused. Errors: InvalidValue.
base::Result<std::string> unpack_block(std::string_view bytes, BlockCodec codec, std::size_t size,
                                       std::size_t most = std::size_t{1} << 30);

}  // namespace flow::record
