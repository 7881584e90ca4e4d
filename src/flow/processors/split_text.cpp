#include "flow/processors/split_text.h"

#include <fmt/format.h>

#include <limits>

#include "flow/content/lines.h"
#include "flow/engine/processor.h"
#include "flow/engine/session.h"
#include "flow/processors/checked_property.h"
#include "flow/processors/failure.h"
#include "flow/processors/fragments.h"

namespace flow {
namespace {

constexpr Property kProperties[] = {
    {.name = "Line Split Count",
     .help = "Lines of each split, without those of the header; 0: 'Maximum Fragment Size' alone decides",
     .required = true,
     .kind = Property::Kind::Integer},
    {.name = "Maximum Fragment Size",
     .help = "Of a split with its header; a longer line is a split of its own",
     .kind = Property::Kind::Size},
    {.name = "Header Line Count",
     .help = "Lines at the beginning that each split begins with",
     .fallback = "0",
     .required = true,
     .kind = Property::Kind::Integer},
    {.name = "Header Line Marker Characters",
     .help = "Lines at the beginning that begin with this are the header, when 'Header Line Count' is 0"},
    {.name = "Remove Trailing Newlines",
     .help = "At the end of each split; a split of line ends alone is left out then",
     .fallback = "true",
     .required = true,
     .kind = Property::Kind::Boolean},
};
constexpr Relationship kRelationships[] = {{"original"}, {"splits"}, {"failure", true}};

/// A stretch of the content.
struct Split {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::uint64_t ending = 0;  // bytes of line ends at its end
  std::uint64_t lines = 0;   // as NiFi counts them: without the empty ones
};

struct Plan {
  std::optional<Split> header;
  std::vector<Split> splits;
};

class Planner {
 public:
  struct Options {
    std::uint64_t lines_max = 0;  // 0: none
    std::uint64_t bytes_max = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t header_lines = 0;
    std::string marker;
  };
  Planner(const Options& options, ByteSource& source) : options_(options), scanner_(source, options.marker.size()) {}

  base::Result<Plan> plan() {
    Plan plan;
    TRY(line_, scanner_.next());
    TRY(plan.header, header());
    header_bytes_ = plan.header ? plan.header->length : 0;
    while (line_) {
      TRY(auto split, next());
      plan.splits.push_back(split);
    }
    return plan;
  }

 private:
  static void add(Split& split, const LineScanner::Line& line) {
    const bool empty = line.length == line.ending;
    split.length += line.length;
    split.ending = empty ? split.ending + line.ending : line.ending;
    ++split.lines;
  }

  base::Result<std::optional<Split>> header() {
    Split header;
    const auto wanted = [&] {
      if (options_.header_lines > 0) return header.lines < options_.header_lines;
      return !options_.marker.empty() && line_->prefix == options_.marker;
    };
    while (line_ && wanted()) {
      if (header.length + line_->length > options_.bytes_max)
        return base::fail(
            base::ErrorKind::InvalidValue,
            fmt::format("the header is longer than 'Maximum Fragment Size': {} bytes", header.length + line_->length));
      add(header, *line_);
      TRY(line_, scanner_.next());
    }
    if (header.lines < options_.header_lines && header.lines > 0)
      return base::fail(
          base::ErrorKind::InvalidValue,
          fmt::format("the header should have {} lines, the content has only {}", options_.header_lines, header.lines));
    return header.lines > 0 ? std::optional(header) : std::nullopt;
  }

  base::Result<Split> next() {
    Split split{.offset = line_->offset};
    std::uint64_t empty_lines = 0;
    while (line_) {
      if (split.length > 0 && header_bytes_ + split.length + line_->length > options_.bytes_max) break;
      empty_lines += line_->length == line_->ending ? 1 : 0;
      add(split, *line_);
      TRY(line_, scanner_.next());
      if (options_.lines_max > 0 && split.lines >= options_.lines_max) break;
    }
    split.lines -= empty_lines;
    return split;
  }

  const Options& options_;
  LineScanner scanner_;
  std::optional<LineScanner::Line> line_;  // the next
  std::uint64_t header_bytes_ = 0;
};

class SplitText final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    options_.lines_max = configuration.integer_or("Line Split Count", 0);
    options_.header_lines = configuration.integer_or("Header Line Count", 0);
    options_.marker = options_.header_lines > 0 ? "" : configuration.text_or("Header Line Marker Characters", "");
    trims_ = configuration.flag("Remove Trailing Newlines");
    const auto bytes = configuration.size("Maximum Fragment Size");
    if (bytes) options_.bytes_max = *bytes;
    if (options_.lines_max == 0 && !bytes)
      return in_property(configuration, "Maximum Fragment Size", "is required when 'Line Split Count' is 0");
    return {};
  }

  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    auto* file = session.get();
    if (file == nullptr) return {};
    auto reader = session.read(*file);
    auto plan = Planner(options_, reader).plan();
    if (!plan && plan.error().kind == base::ErrorKind::InvalidValue) {
      send_to_failure(configuration, session, *file, plan.error().message);
      return {};
    }
    if (!plan) return std::move(plan).failure();
    Fragments fragments(session, *file);
    if (plan->header && plan->splits.empty()) plan->splits.push_back({.offset = plan->header->length});
    for (const auto& split : plan->splits) {
      const auto length = trims_ || split.length == 0 ? split.length - split.ending : split.length;
      if (length == 0 && !plan->header) continue;
      TRY(auto* piece, make(session, *file, plan->header, split.offset, length));
      session.put_attribute(*piece, "text.line.count", std::to_string(split.lines));
      session.put_attribute(*piece, "fragment.size", std::to_string(piece->size()));
      fragments.add(*piece);
    }
    fragments.transfer("splits", "original");
    return {};
  }

 private:
  /// Shares the bytes of the original, but where the header must be before them and is not.
  static base::Result<FlowFile*> make(Session& session, const FlowFile& original, const std::optional<Split>& header,
                                      std::uint64_t offset, std::uint64_t length) {
    if (!header) return session.clone(original, offset, length);
    if (length == 0) return session.clone(original, 0, header->length - header->ending);
    if (offset == header->length) return session.clone(original, 0, header->length + length);
    auto& piece = session.create(original);
    TRY(auto writer, session.begin_write());
    for (const auto& [from, bytes] : {std::pair(std::uint64_t{0}, header->length), std::pair(offset, length)}) {
      ContentReader reader({original.content.file, original.content.offset + from, bytes});
      TRY_VOID(copy_bytes(reader, writer));
    }
    session.set_content(piece, writer.finish());
    return &piece;
  }

  Planner::Options options_;
  bool trims_ = true;
};

}  // namespace

const Description kSplitText{
    .type = "org.apache.nifi.processors.standard.SplitText",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Splits text into flowfiles of some lines or bytes each, which share its content.",
    .properties = kProperties,
    .relationships = kRelationships,
    .batches = true,
    .make = [] { return std::unique_ptr<Processor>(new SplitText); },
};

}  // namespace flow
