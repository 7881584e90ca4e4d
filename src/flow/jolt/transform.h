#pragma once

#include <boost/json/value.hpp>
#include <memory>
#include <string_view>

#include "base/result.h"

/// Jolt: JSON changed by specifications that are JSON themselves. Values are copied where Jolt's Java shares them: a
/// later transform never changes a value at two places.
/// Source: the documentation and behaviour of bazaarvoice/jolt 0.1.x.
namespace flow::jolt {

/// A compiled specification. Thread-safe.
class Transform {
 public:
  virtual ~Transform() = default;
  /// Numbers may come out as foreign values (foreign.h). Errors: InvalidValue for what the specification cannot be
  /// applied to.
  virtual base::Result<boost::json::value> apply(boost::json::value input) const = 0;
};
using TransformPtr = std::unique_ptr<const Transform>;

/// `operation`: shift, default, remove, cardinality, sort, modify-overwrite-beta, modify-default-beta or
/// modify-define-beta. Errors: InvalidValue for a specification that says nothing; Unsupported for other operations,
/// which are classes of Java.
base::Result<TransformPtr> compile(std::string_view operation, const boost::json::value& spec);
/// A list of {"operation": ..., "spec": ...}, one applied to what the other gave.
base::Result<TransformPtr> compile_chain(const boost::json::value& spec);

/// JSON that may have comments, as Jolt reads specifications. Errors: InvalidValue.
base::Result<boost::json::value> parse_spec(std::string_view text);

// Of one kind each.
base::Result<TransformPtr> compile_shift(const boost::json::value& spec);
base::Result<TransformPtr> compile_default(const boost::json::value& spec);
base::Result<TransformPtr> compile_remove(const boost::json::value& spec);
base::Result<TransformPtr> compile_cardinality(const boost::json::value& spec);
TransformPtr make_sort();
/// When a modifier writes: always, where there is nothing or null, or where there is nothing at all.
enum class Mode { Overwrite, Default, Define };
base::Result<TransformPtr> compile_modify(const boost::json::value& spec, Mode mode);

}  // namespace flow::jolt
