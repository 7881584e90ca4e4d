#pragma once

#include <string>
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
  std::vector<std::pair<std::string, std::string>> headers;  // of the answer
};

template <class T>
using S3Result = base::Result<T, S3Error>;
using S3Failure = base::Failure<S3Error>;

S3Failure refuse(int status, std::string code, std::string message);

/// What the store's error means to a client.
S3Error to_s3(const base::Error& error);

}  // namespace store::s3
