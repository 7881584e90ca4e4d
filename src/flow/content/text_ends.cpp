#include "flow/content/text_ends.h"

namespace flow {

std::string Beginning::take() {
  auto begin = text_.size();
  while (begin > 0 && text_.size() - begin < 4 && (static_cast<unsigned char>(text_[begin - 1]) & 0xC0) == 0x80)
    --begin;
  if (begin > 0 && text_.size() == most_) {
    const auto lead = static_cast<unsigned char>(text_[begin - 1]);
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (length > 1 && text_.size() - (begin - 1) < length) text_.resize(begin - 1);
  }
  return std::move(text_);
}

std::string beginning_of(std::string_view text, std::size_t most) {
  Beginning beginning(most);
  (void)beginning.append(text);
  return beginning.take();
}

}  // namespace flow
