#include "base/result.h"

namespace base {

template class Failure<Error>;

Failure<Error> fail(Error error) { return Failure<Error>(std::move(error)); }
Failure<Error> fail(ErrorKind kind, std::string message) {
  return fail(Error{.kind = kind, .message = std::move(message)});
}

}  // namespace base
