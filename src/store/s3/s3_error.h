#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "base/result.h"

namespace store::s3 {

/// A refusal as S3 clients know it.
struct S3Error {
  int status = 500;
  std::string code = "InternalError";
  std::string message;
  std::vector<std::pair<std::string, std::string>> details;  // further elements of the error body
};

template <class T>
class [[nodiscard]] S3Result : public tl::expected<T, S3Error> {
 public:
  using tl::expected<T, S3Error>::expected;
};

inline tl::unexpected<S3Error> refuse(int status, std::string code, std::string message) {
  return tl::unexpected<S3Error>(S3Error{status, std::move(code), std::move(message), {}});
}

/// What the store's error means to a client.
S3Error to_s3(const base::Error& error);

}  // namespace store::s3
