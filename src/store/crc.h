#pragma once

#include <cstdint>
#include <string_view>

namespace store {

/// The CRCs of S3. In all of them the lowest bit of a byte is its highest power, and so is that of the register.
enum class CrcModel { Crc32, Crc32c, Crc64Nvme };

/// Takes the register of a CRC over `bytes`. A register of 32 bits stands in the low half. It is the bare remainder:
/// that a checksum starts with all ones and ends inverted is the caller's part.
using ExtendCrc = std::uint64_t (*)(std::uint64_t crc, std::string_view bytes);

/// By tables, on any processor.
ExtendCrc scalar_crc(CrcModel model);
/// By the instructions that this processor has for it, otherwise by tables.
ExtendCrc fastest_crc(CrcModel model);

/// The checksum of two stretches of bytes from the finished checksum of each and the length of the second.
std::uint64_t combine_crc(CrcModel model, std::uint64_t first, std::uint64_t second, std::uint64_t second_length);

}  // namespace store
