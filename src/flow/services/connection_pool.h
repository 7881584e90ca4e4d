#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "flow/database/database.h"
#include "flow/description.h"
#include "flow/engine/flow_file.h"
#include "flow/snowflake.h"

namespace flow {

class Pool;

/// A connection that goes back to its pool when it dies: what is open in it is rolled back.
class PooledConnection {
 public:
  PooledConnection(std::shared_ptr<Pool> pool, std::unique_ptr<database::Connection> connection, base::Instant made)
      : pool_(std::move(pool)), connection_(std::move(connection)), made_(made) {}
  PooledConnection(PooledConnection&&) noexcept = default;
  ~PooledConnection();
  database::Connection& operator*() const { return *connection_; }
  database::Connection* operator->() const { return connection_.get(); }
  /// JDBC's, without secrets, as provenance shows it.
  std::string url() const;

 private:
  std::shared_ptr<Pool> pool_;
  std::unique_ptr<database::Connection> connection_;
  base::Instant made_;
};

/// A controller service that gives connections to a database.
class ConnectionPool {
 public:
  static constexpr std::string_view kApi = "org.apache.nifi.dbcp.DBCPService";
  virtual ~ConnectionPool() = default;
  /// `attributes`: of the flowfile that it is for, if any. Errors: Unavailable when all are in use for too long;
  /// those of the driver.
  virtual base::Result<PooledConnection> get(const Attributes& attributes) = 0;
};

/// The one among them whose connections are the warehouse's.
class SnowflakeConnectionProvider {
 public:
  static constexpr std::string_view kApi = "org.apache.nifi.processors.snowflake.SnowflakeConnectionProviderService";
  virtual ~SnowflakeConnectionProvider() = default;
  virtual const SnowflakeAccount& account() const = 0;
};

extern const Description kDbcpConnectionPool;
extern const Description kDbcpConnectionPoolLookup;
extern const Description kHikariConnectionPool;
extern const Description kSnowflakeConnectionPool;

}  // namespace flow
