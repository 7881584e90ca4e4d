#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flow/format/problems.h"

namespace flow {

/// Reads one JSON object. What is not as it should be is a problem, with path and component, and has the fallback's
/// value: reading goes on, so that all problems are found.
class Fields {
 public:
  /// `what` names the component in messages: "processor 'list'".
  Fields(const boost::json::object& object, std::string path, std::string what, Problems& problems)
      : object_(object), path_(std::move(path)), what_(std::move(what)), problems_(problems) {}

  const boost::json::object& json() const { return object_; }
  const std::string& path() const { return path_; }
  const std::string& what() const { return what_; }
  std::string path_of(std::string_view name) const { return path_below(path_, name); }

  /// Null as well as absent is the fallback.
  std::string text(std::string_view name, std::string_view fallback = {}) const;
  std::string required(std::string_view name) const;
  std::int64_t number(std::string_view name, std::int64_t fallback) const;
  bool boolean(std::string_view name, bool fallback = false) const;
  std::vector<std::string> texts(std::string_view name) const;
  const boost::json::array* array(std::string_view name) const;
  const boost::json::object* object(std::string_view name) const;
  /// Calls back for each object of a list, with its path.
  template <class F>
  void each(std::string_view name, F&& use) const {
    const auto* values = array(name);
    if (values == nullptr) return;
    for (std::size_t i = 0; i < values->size(); ++i) {
      const auto path = path_below(path_of(name), i);
      if (const auto* inner = (*values)[i].if_object())
        use(*inner, path);
      else
        problems_.add(path, what_ + ": must be an object");
    }
  }
  void wrong(std::string_view name, std::string_view wanted) const;
  Problems& problems() const { return problems_; }

 private:
  const boost::json::value* find(std::string_view name) const;

  const boost::json::object& object_;
  const std::string path_;
  const std::string what_;
  Problems& problems_;
};

/// A text, or what a number or a truth value would be as one.
std::optional<std::string> scalar_text(const boost::json::value& value);

}  // namespace flow
