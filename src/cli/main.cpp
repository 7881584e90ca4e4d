#include <signal.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <functional>

#include "cli/commands.h"

namespace {

/// What the parsed command line asks for.
using Command = std::function<int()>;

const std::map<std::string, bool> kClocks{{"system", false}, {"virtual", true}};
const std::map<std::string, cli::OutputFormat> kTableOrJson{{"table", cli::OutputFormat::Table},
                                                            {"json", cli::OutputFormat::Json}};

/// One of the names; unlike CLI11's own transformer it does not also take the numbers behind them.
template <class T>
CLI::Option* add_choice(CLI::App& app, const std::string& flag, T& into, const std::map<std::string, T>& names,
                        const std::string& help) {
  std::string choices;
  for (const auto& [name, value] : names) choices += (choices.empty() ? "" : "|") + name;
  return app
      .add_option_function<std::string>(
          flag,
          [&into, &names, flag, choices](const std::string& name) {
            const auto found = names.find(name);
            if (found == names.end()) throw CLI::ValidationError(flag, name + " is not one of " + choices);
            into = found->second;
          },
          help)
      ->type_name(choices);
}

/// A clock that, where a server holds the directory, must be its own.
void add_clock(CLI::App& app, std::optional<bool>& is_virtual) {
  app.add_option_function<std::string>(
         "--clock",
         [&is_virtual](const std::string& name) {
           const auto found = kClocks.find(name);
           if (found == kClocks.end()) throw CLI::ValidationError("--clock", name + " is not one of system|virtual");
           is_virtual = found->second;
         },
         "Business clock (default system)")
      ->type_name("system|virtual");
}

void add_privileges(CLI::App& app, bool& enforced) {
  app.add_flag("--enforce-privileges", enforced,
               "Roles may do what they own or were granted (default: grants are kept and shown only)")
      ->envname("FRESHET_ENFORCE_PRIVILEGES");
}

void add_configuration(CLI::App& app, std::string& path) {
  app.add_option("--config", path, "Buckets that are elsewhere (TOML, see docs/configuration.md)")
      ->type_name("FILE")
      ->envname("FRESHET_CONFIG");
}

/// What the S3 server does where real ones differ, by age or by configuration.
void add_s3_rules(CLI::App& app, store::s3::ServiceOptions& options) {
  app.add_flag("--s3-access-lists", options.access_lists,
               "Buckets that say nothing of their ownership have access control lists, as on AWS before 2023")
      ->envname("FRESHET_S3_ACCESS_LISTS");
  app.add_option_function<std::vector<std::string>>(
         "--s3-domain",
         [&options](const std::vector<std::string>& names) {
           for (std::string_view name : names) {
             if (name.starts_with("*.")) name.remove_prefix(2);
             options.base_domains.emplace_back(name);
           }
         },
         "Buckets are found at BUCKET.NAME, too; may be repeated (localhost and s3.localhost are known)")
      ->type_name("NAME")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->envname("FRESHET_S3_DOMAIN");
  app.add_flag("--s3-old-form-signatures", options.old_form_signatures, "Browser uploads may be signed with version 2")
      ->envname("FRESHET_S3_OLD_FORM_SIGNATURES");
  app.add_flag("--s3-customer-keys-in-the-clear", options.customer_keys_in_the_clear,
               "Take the encryption keys of customers (SSE-C) without TLS")
      ->envname("FRESHET_S3_CUSTOMER_KEYS_IN_THE_CLEAR");
  app.add_option_function<double>(
         "--s3-lifecycle-day",
         [&options](double seconds) {
           if (!(seconds > 0)) throw CLI::ValidationError("--s3-lifecycle-day", "must be greater than 0");
           options.lifecycle_day = std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
         },
         "How long a day of a lifecycle rule lasts, for tests (default 86400)")
      ->type_name("SECONDS")
      ->envname("FRESHET_S3_LIFECYCLE_DAY");
}

void add_serve(CLI::App& app, Command& command) {
  auto* serve = app.add_subcommand("serve", "Run the servers on a data directory until SIGTERM or SIGINT");
  auto options = std::make_shared<cli::ServeOptions>();
  serve->add_option("--data", options->data, "Data directory, made when missing")->capture_default_str();
  serve->add_option("--listen", options->listen, "Address of the Snowflake protocol, /healthz and /metrics")
      ->capture_default_str();
  serve->add_option("--s3-listen", options->s3_listen, "Address of the S3 server")->capture_default_str();
  auto* tls = serve->add_option("--s3-tls-listen", options->s3_tls_listen, "Address of the S3 server over HTTPS");
  auto* chain = serve->add_option("--s3-certificate", options->s3_certificate, "Its certificate chain, PEM");
  auto* key = serve->add_option("--s3-key", options->s3_key_file, "Its private key, PEM");
  tls->needs(chain)->needs(key);
  add_choice(*serve, "--clock", options->virtual_clock, kClocks, "Business clock (default system)");
  add_privileges(*serve, options->enforces_privileges);
  add_configuration(*serve, options->configuration);
  add_s3_rules(*serve, options->s3);
  serve
      ->add_option("--s3-access-log", options->s3_access_log,
                   "Append a line for each S3 request, as in Amazon's server access logs; may be renamed to rotate it")
      ->type_name("FILE")
      ->envname("FRESHET_S3_ACCESS_LOG");
  const auto add_megabytes = [serve](const std::string& flag, std::optional<double>& into, const std::string& help,
                                     const std::string& variable) {
    serve->add_option(flag, into, help)->check(CLI::NonNegativeNumber)->type_name("MB")->envname(variable);
  };
  add_megabytes("--s3-disk-reserve", options->disk_reserve_megabytes,
                "Room on the disk that bodies of objects leave free (default 268, or a hundredth of the disk)",
                "FRESHET_S3_DISK_RESERVE");
  add_megabytes("--s3-body-memory", options->body_memory_megabytes,
                "Bodies on their way that all requests together hold (default a quarter of the memory, at most 1074)",
                "FRESHET_S3_BODY_MEMORY");
  serve
      ->add_option("--s3-scrub-rate", options->scrub_megabytes,
                   "MB a second that are read in the background to find damaged objects; 0: none")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber)
      ->type_name("MB")
      ->envname("FRESHET_S3_SCRUB_RATE");
  serve
      ->add_option("--s3-event-destination", options->event_destinations,
                   "Where rules of buckets may send events: a webhook, or a queue of SQS; may be repeated")
      ->type_name("ARN=URL");
  serve
      ->add_option("--s3-event-token-file", options->event_token_files,
                   "File of the bearer token of a webhook; may be repeated (for all others FRESHET_S3_EVENT_TOKEN)")
      ->type_name("ARN=FILE");
  serve->callback([&command, options] { command = [options] { return cli::serve(*options); }; });
}

void add_sql(CLI::App& app, Command& command) {
  auto* sql = app.add_subcommand("sql", "Run statements; interactive without -c and -f on a terminal");
  auto options = std::make_shared<cli::SqlOptions>();
  static const std::map<std::string, bool> kOnError{{"stop", true}, {"continue", false}};
  static const std::map<std::string, cli::OutputFormat> kOutputs{
      {"table", cli::OutputFormat::Table}, {"csv", cli::OutputFormat::Csv}, {"json", cli::OutputFormat::Json}};
  auto* data = sql->add_option("--data", options->data, "Data directory")->capture_default_str();
  sql->add_option("--url", options->url, "http://HOST:PORT of a running server; the password is in FRESHET_PASSWORD")
      ->excludes(data);
  sql->add_option("--user", options->user, "User at --url")->capture_default_str();
  // Called for each occurrence, so that -c and -f run in their order.
  const auto add_input = [&options, sql](const std::string& flag, bool is_file, const std::string& help) {
    sql->add_option_function<std::string>(
           flag, [options, is_file](const std::string& text) { options->inputs.push_back({is_file, text}); }, help)
        ->trigger_on_parse();
  };
  add_input("-c,--command", false, "Statements to run; may be repeated");
  add_input("-f,--file", true,
            "File of statements to run (- is standard input, statement by statement); may be repeated");
  sql->add_flag("--lenient", options->lenient,
                "Cut statements that lack their semicolon at lines that begin with a verb");
  sql->add_flag("--reprint", options->reprint, "Run what the printer makes of each statement")
      ->group("");  // hidden: for tests
  add_choice(*sql, "--on-error", options->stop_on_error, kOnError, "What follows a failed statement (default stop)");
  add_choice(*sql, "--output", options->output, kOutputs, "Form of results (default table)");
  add_clock(*sql, options->virtual_clock);
  add_privileges(*sql, options->enforces_privileges);
  add_configuration(*sql, options->configuration);
  sql->callback([&command, options] { command = [options] { return cli::run_sql(*options); }; });
}

void add_credentials(CLI::App& app, Command& command) {
  auto* credentials = app.add_subcommand("credentials", "Print endpoints and local keys for other clients");
  auto options = std::make_shared<cli::CredentialsOptions>();
  static const std::map<std::string, bool> kForms{{"json", false}, {"env", true}};
  credentials->add_option("--data", options->data, "Data directory")->capture_default_str();
  add_choice(*credentials, "--output", options->as_environment, kForms, "Form (default json)");
  credentials->callback([&command, options] { command = [options] { return cli::credentials(*options); }; });
}

void add_generator(CLI::App& app, Command& command) {
  auto* gen = app.add_subcommand("gen", "Make test data")->require_subcommand(1);
  auto* customers = gen->add_subcommand("customers", "Write files of made-up customers");
  auto options = std::make_shared<cli::GenerateOptions>();
  customers->add_option("--rows", options->rows, "Ids in each file")->capture_default_str();
  customers->add_option("--files", options->files, "Files")->capture_default_str();
  customers->add_option("--out", options->out, "Directory, made when missing")->required();
  customers->add_option("--seed", options->seed, "Same seed, same files")->capture_default_str();
  customers->add_option("--format", options->format, "csv, json or parquet")->capture_default_str();
  customers->add_option("--rate", options->rate, "Rows per second (default as fast as possible)");
  customers->add_option("--changes", options->changes,
                        "Shares of each file after the first: update=0.3,delete=0.01,duplicate=..,late=..,broken=..");
  customers->add_option("--start", options->start, "Time in the first file's name (default now), one second a file");
  customers->add_option("--threads", options->threads, "Threads")->capture_default_str();
  customers->callback([&command, options] { command = [options] { return cli::generate_customers(*options); }; });
}

/// Values of a flow's parameters, and the key of its sensitive values.
template <class Options>
void add_flow_values(CLI::App& app, Options& options) {
  const auto add_values = [&app](const std::string& flag, std::vector<std::string>& values, const std::string& help,
                                 const std::string& type) {
    app.add_option(flag, values, help)
        ->type_name(type)
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  };
  add_values("--param", options.parameters, "NAME=VALUE of a parameter; may be repeated", "NAME=VALUE");
  add_values("--secret", options.secrets, "The same for a value that no answer may show", "NAME=VALUE");
  add_values("--param-file", options.parameter_files,
             "File with a NAME=VALUE a line, or a JSON object; may be repeated (others: FRESHET_PARAM_NAME)", "FILE");
}

void add_sensitive_key(CLI::App& app, std::string& key) {
  app.add_option("--nifi-sensitive-key", key,
                 "nifi.sensitive.props.key of the NiFi that saved the file: opens its encrypted values")
      ->type_name("KEY")
      ->envname("FRESHET_NIFI_SENSITIVE_KEY");
}

void add_flow_files(CLI::App& flow, Command& command) {
  struct Entry {
    const char *name, *help;
    int (*run)(const cli::FlowFileOptions&);
  };
  for (const auto& entry :
       {Entry{"check", "Tell what an import of a flow would say, and what people trip over", cli::check_flow},
        Entry{"show", "Show a flow's components, what they are set to beside the defaults, and where they lead",
              cli::show_flow},
        Entry{"diff", "Tell in words what is different in the second flow", cli::diff_flows},
        Entry{"convert", "Write a flow as a definition for NiFi 2.x, or as text", cli::convert_flow}}) {
    auto* sub = flow.add_subcommand(entry.name, entry.help);
    auto options = std::make_shared<cli::FlowFileOptions>();
    sub->add_option("file", options->file, "Flow file of any kind")->required()->type_name("FLOW");
    if (entry.run == cli::diff_flows)
      sub->add_option("other", options->other, "The one to compare with")->required()->type_name("OTHER");
    if (entry.run == cli::check_flow) add_flow_values(*sub, *options);
    add_sensitive_key(*sub, options->sensitive_key);
    if (entry.run == cli::convert_flow) {
      static const std::map<std::string, bool> kTargets{{"definition", false}, {"text", true}};
      add_choice(*sub, "--to", options->to_text, kTargets, "What to write (default definition)");
      sub->add_flag("--migrate", options->migrate, "Old settings as NiFi 2.x would have them after it opened the flow");
      sub->add_flag("--without-layout", options->without_layout, "Text without positions, ids and the like");
      sub->add_option("-o,--out", options->out, "File to write (default standard output)")->type_name("FILE");
    } else {
      add_choice(*sub, "--output", options->output, kTableOrJson, "Form (default table)");
    }
    sub->callback([&command, options, run = entry.run] { command = [options, run] { return run(*options); }; });
  }
}

void add_flow_test(CLI::App& flow, Command& command) {
  auto* test = flow.add_subcommand("test", "Run flows with given flowfiles, and compare what comes out");
  auto options = std::make_shared<cli::FlowTestOptions>();
  test->add_option("files", options->files, "Test files (YAML)")->required()->type_name("FILE");
  test->add_option("--only", options->only, "Run tests with this in their name")->type_name("TEXT");
  test->add_flag("--update", options->update, "Write what came into the files that hold what is expected");
  test->add_flag("--keep", options->keep, "Keep the directories of the tests, and name them");
  add_choice(*test, "--output", options->output, kTableOrJson, "Form of the results (default table)");
  test->callback([&command, options] { command = [options] { return cli::test_flows(*options); }; });
}

void add_flow(CLI::App& app, Command& command) {
  auto* flow = app.add_subcommand("flow", "Run NiFi flow files, and look at them")->require_subcommand(1);
  add_flow_files(*flow, command);
  add_flow_test(*flow, command);
  auto* run = flow->add_subcommand("run", "Import a flow and run it until SIGTERM or SIGINT");
  auto options = std::make_shared<cli::FlowOptions>();
  run->add_option("file", options->file, "Flow file of any kind")->required()->type_name("FLOW");
  auto* data = run->add_option("--data", options->data, "Data directory")->capture_default_str();
  run->add_option("--url", options->url, "http://HOST:PORT of a running server; the password is in FRESHET_PASSWORD")
      ->excludes(data);
  add_flow_values(*run, *options);
  add_sensitive_key(*run, options->sensitive_key);
  run->add_flag("--until-idle", options->until_idle, "End when the sources find nothing new and no queue has work");
  add_choice(*run, "--output", options->output, kTableOrJson, "Form of the counts at the end (default table)");
  add_clock(*run, options->virtual_clock);
  add_configuration(*run, options->configuration);
  run->callback([&command, options] { command = [options] { return cli::run_flow(*options); }; });
  auto* types = flow->add_subcommand("types", "List the components that flows may use");
  auto types_options = std::make_shared<cli::FlowTypesOptions>();
  add_choice(*types, "--output", types_options->output, kTableOrJson, "Form of the list (default table)");
  types->callback(
      [&command, types_options] { command = [types_options] { return cli::print_flow_types(*types_options); }; });
}

void add_demo(CLI::App& app, Command& command) {
  auto* demo =
      app.add_subcommand("demo", "Run the customer pipeline on generated files, in a temporary data directory");
  auto options = std::make_shared<cli::DemoOptions>();
  demo->add_option("--rows", options->rows, "Customers in each file")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  demo->add_option("--files", options->files, "Files")->capture_default_str()->check(CLI::PositiveNumber);
  demo->add_flag("--keep", options->keep, "Keep the data directory and serve it on ports 8080 and 9000 afterwards");
  demo->callback([&command, options] { command = [options] { return cli::demo(*options); }; });
}

struct ObjectCommand {
  const char* name;
  const char* help;
  int (*run)(const cli::ObjectsOptions&);
  int arguments_min, arguments_max;
  const char* arguments;
};

constexpr ObjectCommand kObjectCommands[] = {
    {"mb", "Make buckets", cli::make_buckets, 1, 1000, "s3://BUCKET"},
    {"ls", "List buckets, or the keys below a prefix", cli::list_objects, 0, 1, "s3://BUCKET/PREFIX"},
    {"cp", "Copy to, from or between buckets (- is standard input or output)", cli::copy_objects, 2, 2, "FROM TO"},
    {"rm", "Remove objects, or an empty bucket", cli::remove_objects, 1, 1000, "s3://BUCKET/KEY"},
    {"cat", "Print objects", cli::print_objects, 1, 1000, "s3://BUCKET/KEY"},
    {"check", "Check the store of the data directory; with places or --endpoint read objects and compare their ETags",
     cli::check_objects, 0, 1000, "s3://BUCKET/PREFIX"},
};

void add_users(CLI::App& s3, Command& command) {
  auto* user = s3.add_subcommand("user", "Users of the local S3 server and their keys")->require_subcommand(1);
  struct Entry {
    const char *name, *help;
    int (*run)(const cli::UserOptions&);
  };
  for (const auto& entry : {Entry{"add", "Make a user and show its key, once", cli::add_user},
                            Entry{"ls", "List the users", cli::list_users},
                            Entry{"rm", "Remove a user; what it owns stays", cli::remove_user}}) {
    auto* sub = user->add_subcommand(entry.name, entry.help);
    auto options = std::make_shared<cli::UserOptions>();
    sub->add_option("--data", options->data, "Data directory")->capture_default_str();
    if (entry.run == cli::list_users) {
      add_choice(*sub, "--output", options->output, kTableOrJson, "Form (default table)");
    } else {
      sub->add_option("name", options->name, "Name (of rm: id)")->required();
    }
    if (entry.run == cli::add_user) {
      sub->add_option("--id", options->id, "Id, as grants and policies name the user (default: the name)");
      sub->add_option("--email", options->email, "Address, by which grants may name the user");
      sub->add_option("--policy", options->policy,
                      "readwrite, readonly, writeonly, or a file with a policy: rights on the administrator's buckets "
                      "(default: on the user's own)");
      sub->add_option("--access-key", options->access_key, "Access key id (default: made)");
      sub->add_option("--secret-key", options->secret_key, "Secret access key (default: made)");
      add_choice(*sub, "--output", options->output, kTableOrJson, "Form (default table)");
    }
    sub->callback([&command, options, run = entry.run] { command = [options, run] { return run(*options); }; });
  }
}

void add_objects(CLI::App& app, Command& command) {
  auto* s3 =
      app.add_subcommand("s3", "Work on buckets and objects, local or of any S3 endpoint")->require_subcommand(1);
  for (const auto& entry : kObjectCommands) {
    auto* sub = s3->add_subcommand(entry.name, entry.help);
    auto options = std::make_shared<cli::ObjectsOptions>();
    auto* data = sub->add_option("--data", options->data, "Data directory")->capture_default_str();
    auto* endpoint = sub->add_option("--endpoint", options->endpoint,
                                     "https://HOST or http://HOST:PORT, with the credentials of the AWS tools");
    endpoint->excludes(data);
    sub->add_flag("--anonymous", options->anonymous, "Go on without credentials when there are none")->needs(endpoint);
    sub->add_flag("--recursive,-r", options->recursive, "All keys below the prefix");
    if (entry.run == cli::check_objects)
      sub->add_flag("--deep", options->deep, "Read all bytes, too, and compare them with what is known of them")
          ->excludes(endpoint);
    add_choice(*sub, "--output", options->output, kTableOrJson, "Form (default table)");
    auto* arguments = sub->add_option("places", options->arguments, "Where")->type_name(entry.arguments);
    if (entry.arguments_min > 0) arguments->required();
    arguments->expected(entry.arguments_min, entry.arguments_max);
    sub->callback([&command, options, run = entry.run] { command = [options, run] { return run(*options); }; });
  }
  add_users(*s3, command);
}

/// As many files and connections as this process may have; the usual limit is one for programs of the 1980s.
void raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  signal(SIGXFSZ, SIG_IGN);  // a file that must not grow is a failed write, as a full disk is
  raise_file_limit();
  CLI::App app{"Freshet: NiFi flows, an S3 store and Snowflake tables, streams and tasks on one machine", "freshet"};
  app.set_version_flag("--version", "freshet 0.1.0");
  app.require_subcommand(1);
  Command command;
  add_serve(app, command);
  add_sql(app, command);
  add_credentials(app, command);
  add_generator(app, command);
  add_objects(app, command);
  add_flow(app, command);
  add_demo(app, command);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? cli::kSuccess : cli::kWrongUsage;
  }
  return command();
}
