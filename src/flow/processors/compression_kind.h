#pragma once

#include <span>
#include <string>
#include <string_view>

#include "flow/content/codec.h"
#include "flow/engine/session.h"

namespace flow {

/// A compression as processors know it.
struct CompressionKind {
  std::string_view name;  // in CompressContent
  Compression compression = Compression::None;
  std::string_view suffix;  // of file names
  std::string_view type;    // mime.type of what is compressed
  std::string_view other_type = {};
};

std::span<const CompressionKind> compression_kinds();
const CompressionKind* find_compression(std::string_view name);
const CompressionKind* find_compression_by_type(std::string_view mime_type);

/// Replaces the content by what it is in the other compression. Errors: InvalidValue for what is not of the first.
base::Status recompress(Session& session, FlowFile& file, Compression from, Compression into, int level);

/// Without the suffix, when it is there in any case.
std::string without_suffix(const std::string& name, std::string_view suffix);

}  // namespace flow
