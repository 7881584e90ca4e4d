#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

/// The client side of one kept connection to any S3 server, which costs as little as it can: requests are written as
/// they are given, and bodies that nobody reads are dropped inside the kernel.
class S3Connection {
 public:
  /// Errors: Unavailable.
  static base::Result<S3Connection> open(const std::string& host, std::uint16_t port);
  S3Connection(S3Connection&& other) noexcept;
  ~S3Connection();

  enum class Keep { Nothing, Body };
  struct Reply {
    int status = 0;
    std::uint64_t length = 0;  // of the body, or what HEAD tells of it
    std::string etag;          // with its quotes
    std::string body;          // empty where nothing is kept, unless the status is an error
  };
  /// Sends `head`, which ends with an empty line, and `body`; reads the answer.
  /// Errors: Unavailable when the connection ends or the answer is no HTTP/1.1.
  base::Result<Reply> exchange(std::string_view head, std::string_view body, Keep keep);

 private:
  explicit S3Connection(int socket) : socket_(socket) {}
  base::Status send(std::string_view head, std::string_view body);
  base::Status receive();
  base::Status read_line(std::string& line);
  base::Status read_bytes(std::uint64_t count, std::string* into);
  base::Status read_chunks(Reply& reply, std::string* into);

  int socket_ = -1;
  std::string held_;  // what was received lies between `begin_` and `end_`
  std::size_t begin_ = 0, end_ = 0;
};
