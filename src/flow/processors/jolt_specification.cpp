#include "flow/processors/jolt_specification.h"

#include <algorithm>

#include "base/disk.h"
#include "flow/processors/checked_property.h"
#include "flow/processors/source_file.h"

namespace flow {
namespace {

struct Named {
  std::string_view value, operation;
};
constexpr Named kOperations[] = {{"jolt-transform-card", "cardinality"},
                                 {"jolt-transform-default", "default"},
                                 {"jolt-transform-modify-default", "modify-default-beta"},
                                 {"jolt-transform-modify-define", "modify-define-beta"},
                                 {"jolt-transform-modify-overwrite", "modify-overwrite-beta"},
                                 {"jolt-transform-remove", "remove"},
                                 {"jolt-transform-shift", "shift"}};

base::Result<std::string> text_or_file(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return base::fail(base::ErrorKind::InvalidValue, "the specification is empty");
  base::PosixDisk disk;
  if (text.find_first_of("{[\n") != std::string::npos || !disk.exists(text).value_or(false)) return text;
  return read_small_file(text);
}

}  // namespace

base::Status JoltSpecification::prepare(const Configuration& configuration) {
  kind_ = configuration.text_or("Jolt Transform", "jolt-transform-chain");
  cached_max_ = std::max<std::uint64_t>(1, configuration.integer_or("Transform Cache Size", 1));
  if (!configuration.is_set("Jolt Specification") && kind_ != "jolt-transform-sort")
    return in_property(configuration, "Jolt Specification", "is required, but for Sort");
  // Without attributes in it the specification is known now.
  if (const auto text = configuration.text("Jolt Specification")) {
    const auto made = compiled(*text);
    if (!made) return in_property(configuration, "Jolt Specification", made.error());
  }
  return {};
}

base::Result<std::shared_ptr<const jolt::Transform>> JoltSpecification::of(const Configuration& configuration,
                                                                           const Session& session,
                                                                           const FlowFile& file) {
  TRY(const auto text, configuration.evaluate_or("Jolt Specification", session, file, ""));
  return compiled(text);
}

/// From the text, or from the file whose path it is.
base::Result<JoltSpecification::TransformPtr> JoltSpecification::compiled(const std::string& text) {
  if (kind_ == "jolt-transform-sort") return TransformPtr(jolt::make_sort());
  const std::lock_guard lock(cached_mutex_);
  if (const auto found = cached_.find(text); found != cached_.end()) return found->second;
  TRY(const auto source, text_or_file(text));
  TRY(const auto spec, jolt::parse_spec(source));
  const auto chain = kind_ == "jolt-transform-chain";
  TRY(auto made, chain ? jolt::compile_chain(spec)
                       : jolt::compile(std::ranges::find(kOperations, kind_, &Named::value)->operation, spec));
  if (cached_.size() >= cached_max_) cached_.clear();
  return cached_.emplace(text, std::move(made)).first->second;
}

}  // namespace flow
