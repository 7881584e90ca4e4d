#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "server/nifi/api.h"

/// Bodies and queries of calls, and answers.
namespace server::nifi {

Answer json_answer(const boost::json::object& body, int status = 200);
Answer text_answer(int status, std::string text);
int status_of(base::ErrorKind kind);

std::string_view query_value(const Call& call, std::string_view name);
/// "true" in any case; the fallback when it is absent.
bool query_flag(const Call& call, std::string_view name, bool fallback = false);
/// Errors: InvalidValue, which says `what` it is.
base::Result<boost::json::object> parse_object(std::string_view text, std::string_view what = "the request");
/// The `component` of an entity. InvalidValue when there is none.
base::Result<const boost::json::object*> component_of(const boost::json::object& entity);

/// Empty when it is absent or no text.
std::string text_at(const boost::json::object& object, std::string_view name);
/// Null when it is absent or no object.
const boost::json::object* object_at(const boost::json::object& object, std::string_view name);
/// Empty when it is absent or no list.
const boost::json::array& array_at(const boost::json::object& object, std::string_view name);
bool flag_at(const boost::json::object& object, std::string_view name, bool fallback = false);
boost::json::array texts(const std::vector<std::string>& list);
/// What is there and not null.
const boost::json::value* given(const boost::json::object& object, std::string_view name);
/// Copies those that are given.
void copy_given(const boost::json::object& from, boost::json::object& into,
                std::initializer_list<std::string_view> names);

}  // namespace server::nifi
