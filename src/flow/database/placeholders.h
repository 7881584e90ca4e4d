#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace flow::database {

/// The statement with each "?" that is a parameter replaced by what `write` appends for its number, from 0. Those in
/// texts, quoted names and comments stay; "??" is one that is no parameter. Answers with the number of parameters.
std::size_t replace_parameters(std::string_view sql, std::string& out,
                               const std::function<void(std::size_t, std::string&)>& write);

/// Where the text, quoted name, comment or dollar-quoted text that begins at `at` ends; `at` itself when none does.
std::size_t end_of_quoted(std::string_view sql, std::size_t at);

}  // namespace flow::database
