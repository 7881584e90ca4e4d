#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/output.h"
#include "store/s3/options.h"

/// The commands of the program: options as parsed, exit status as result. Errors are told on standard error.
namespace cli {

constexpr std::string_view kDefaultData = "freshet-data";

struct ServeOptions {
  std::string data{kDefaultData};
  std::string listen = "127.0.0.1:8080";
  std::string s3_listen = "127.0.0.1:9000";
  std::string s3_tls_listen;                // empty: no HTTPS
  std::string s3_certificate, s3_key_file;  // PEM, of the same
  bool virtual_clock = false;
  bool enforces_privileges = false;
  std::string configuration;  // a path; empty: none
  store::s3::ServiceOptions s3;
  double scrub_megabytes = 8;  // a second; 0: none
  std::string s3_access_log;
  std::optional<double> disk_reserve_megabytes, body_memory_megabytes;
  std::vector<std::string> event_destinations;  // ARN=URL
  std::vector<std::string> event_token_files;   // ARN=FILE
};
/// Runs until SIGTERM or SIGINT.
int serve(const ServeOptions& options);

/// What `sql` runs, in the order of the command line.
struct SqlInput {
  bool is_file = false;
  std::string text;                                          // statements, or a path
  bool is_stream() const { return is_file && text == "-"; }  // standard input
};
struct SqlOptions {
  std::string data{kDefaultData};
  std::string url;  // empty: the data directory's
  std::string user = "FRESHET";
  std::vector<SqlInput> inputs;  // none: the terminal, or standard input
  bool lenient = false;
  bool stop_on_error = true;
  bool enforces_privileges = false;
  std::string configuration;  // as for serve; counts when this process opens the data directory
  bool reprint = false;       // run what the printer makes of each statement: for tests
  OutputFormat output = OutputFormat::Table;
  std::optional<bool> virtual_clock;
};
int run_sql(const SqlOptions& options);

struct FlowOptions {
  std::string data{kDefaultData};
  std::string url;  // empty: the data directory's
  std::string file;
  std::vector<std::string> parameters, secrets;  // NAME=VALUE
  std::vector<std::string> parameter_files;
  std::string sensitive_key;  // nifi.sensitive.props.key of the NiFi that saved it
  bool until_idle = false;
  std::string configuration;  // as for sql
  std::optional<bool> virtual_clock;
  OutputFormat output = OutputFormat::Table;
};
/// Imports a flow (or replaces it) and runs it until it is idle, or until SIGTERM or SIGINT; then it is stopped.
int run_flow(const FlowOptions& options);

struct FlowTypesOptions {
  OutputFormat output = OutputFormat::Table;
};
/// The components that flows may use; as JSON with all of their properties and relationships, an object a line.
int print_flow_types(const FlowTypesOptions& options);

/// Commands on flow files alone.
struct FlowFileOptions {
  std::string file, other;
  std::vector<std::string> parameters, secrets, parameter_files;  // as for run
  std::string sensitive_key;
  bool to_text = false;  // else a definition
  bool migrate = false;
  bool without_layout = false;
  std::string out;  // empty: standard output
  OutputFormat output = OutputFormat::Table;
};
/// Imports the flow into nothing and tells what an import would; fails when components are invalid.
int check_flow(const FlowFileOptions& options);
int show_flow(const FlowFileOptions& options);
/// Fails when they differ.
int diff_flows(const FlowFileOptions& options);
int convert_flow(const FlowFileOptions& options);

struct FlowTestOptions {
  std::vector<std::string> files;
  std::string only;  // a part of the names of tests; empty: all
  bool update = false;
  bool keep = false;  // the directories of tests
  OutputFormat output = OutputFormat::Table;
};
/// Runs flows as test files say; fails when something comes out otherwise than they expect.
int test_flows(const FlowTestOptions& options);

struct DemoOptions {
  std::uint64_t rows = 10'000;
  int files = 20;
  bool keep = false;
};
/// Runs the customer pipeline on generated files in a temporary data directory, and shows what moves where.
int demo(const DemoOptions& options);

struct CredentialsOptions {
  std::string data{kDefaultData};
  bool as_environment = false;
};
int credentials(const CredentialsOptions& options);

struct UserOptions {
  std::string data{kDefaultData};
  std::string name;
  std::string id;  // empty: the name
  std::string email;
  std::string policy;  // readwrite, readonly, writeonly, or the path of a policy's JSON; empty: all that it owns
  std::string access_key, secret_key;  // empty: made
  OutputFormat output = OutputFormat::Table;
};
/// Users of the S3 server; a running server notices within a second. add_user shows the key, which is not shown again.
int add_user(const UserOptions& options);
int list_users(const UserOptions& options);
int remove_user(const UserOptions& options);

struct GenerateOptions {
  std::uint64_t rows = 10'000;
  std::uint64_t files = 1;
  std::uint64_t seed = 0;
  std::string out;
  std::string format = "csv";
  std::string changes;               // empty: new values for every id in every file
  std::optional<std::string> start;  // ISO 8601; none: now
  double rate = 0;                   // rows per second; 0: as fast as possible
  int threads = 1;
};
int generate_customers(const GenerateOptions& options);

struct ObjectsOptions {
  std::string data{kDefaultData};
  std::string endpoint;  // empty: the data directory's
  bool anonymous = false;
  OutputFormat output = OutputFormat::Table;
  bool recursive = false;
  bool deep = false;                   // of check
  std::vector<std::string> arguments;  // of the command: s3://bucket/key or local paths
};
int make_buckets(const ObjectsOptions& options);
int list_objects(const ObjectsOptions& options);
int copy_objects(const ObjectsOptions& options);
int remove_objects(const ObjectsOptions& options);
int print_objects(const ObjectsOptions& options);
/// Of places or an endpoint: reads every object and compares its bytes with its size and ETag. Else: check_store.
int check_objects(const ObjectsOptions& options);
/// Compares the index of a data directory's store with itself and with the files, and reads all bytes when it is deep.
int check_store(const ObjectsOptions& options);

}  // namespace cli
