#pragma once

#include "flow/jolt/functions.h"

/// The functions of numbers. Whole numbers that fit 32 bits are Java's Integer, others and foreign ones its Long.
namespace flow::jolt::numbers {

Answer number_itself(const boost::json::value& value);
Answer least(const boost::json::array& list);
Answer greatest(const boost::json::array& list);
Answer absolute(const boost::json::value& value);
Answer average(const boost::json::array& list);
Answer int_sum(const boost::json::array& list);
Answer long_sum(const boost::json::array& list);
Answer double_sum(const boost::json::array& list);
Answer int_difference(const boost::json::array& list);
Answer long_difference(const boost::json::array& list);
Answer double_difference(const boost::json::array& list);
Answer quotient(const boost::json::array& list);
Answer rounded_quotient(const boost::json::value& digits, const boost::json::array& list);
Answer to_integer(const boost::json::value& value);
Answer to_long(const boost::json::value& value);
Answer to_double(const boost::json::value& value);

}  // namespace flow::jolt::numbers
