#include "flow/object_target.h"

namespace flow {

base::Failure<ObjectError> object_error(const base::Error& error) {
  return ObjectError{.kind = error.kind, .status = 0, .code = {}, .message = error.message};
}

}  // namespace flow
