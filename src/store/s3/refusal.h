#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"

namespace store::s3 {

/// What a server, or the way to it, answered instead of doing what was asked.
struct Refusal {
  base::ErrorKind kind = base::ErrorKind::Internal;
  int status = 0;    // 0: there was no answer
  std::string code;  // "NoSuchKey"; without a body the words of the status: "NotFound"
  std::string message;
  std::string request_id;
  std::string region;    // where the server sends the client, if it does
  std::string endpoint;  // likewise, a host
  http::Headers headers;
  int attempts = 1;
  bool is_final = false;  // of our own side: another attempt changes nothing
};

template <class T>
using RemoteResult = base::Result<T, Refusal>;
using RemoteFailure = base::Failure<Refusal>;

/// From an answer that is no success; `body` may be empty or no XML.
Refusal read_refusal(const http::Response& response, std::string_view body);
/// There was no answer: what http::Client says. Other kinds than Unavailable are final.
Refusal no_answer(const base::Error& error);
/// "NoSuchKey: The specified key does not exist. (GET /bucket/key)"
base::Error to_error(const Refusal& refusal, std::string_view method, std::string_view what);

}  // namespace store::s3
