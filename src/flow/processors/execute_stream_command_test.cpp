#include <gtest/gtest.h>

#include <thread>

#include "flow/processors/child_process.h"
#include "flow/processors/processor_test.h"

namespace flow {
namespace {

TEST(ChildProcessTest, SplitsArguments) {
  struct Case {
    std::string_view line;
    char delimiter;
    Texts arguments;
  };
  for (const auto& c : std::to_array<Case>({
           {"", ' ', {""}},
           {"a b", ' ', {"a", "b"}},
           {"a  b", ' ', {"a", "", "b"}},
           {"a;b c", ';', {"a", "b c"}},
           {"-c;\"a;b\"", ';', {"-c", "a;b"}},
           {"a\tb\nc", ';', {"a", "b", "c"}},
           {"x\"y z\"w", ' ', {"xy zw"}},
       }))
    EXPECT_EQ(split_arguments(c.line, c.delimiter), c.arguments) << c.line;
}

TEST(ExecuteStreamCommandTest, ContentGoesInAndOutputComesOut) {
  std::string big;
  while (big.size() < 3'000'000) big += "some lines of text\n";
  ProcessorRun run("ExecuteStreamCommand",
                   {{"Command Path", "tr"}, {"Command Arguments", "a-z;${to}"}, {"Output MIME Type", "text/loud"}},
                   {.given = {{big, {{"to", "A-Z"}, {"filename", "f"}}}}});
  EXPECT_EQ(run.problems(), Texts{});
  run.until_idle();
  const auto output = run.only("output stream");
  EXPECT_EQ(output.content.size(), big.size());
  EXPECT_TRUE(output.content.starts_with("SOME LINES OF TEXT\nSOME"));
  EXPECT_EQ(output.at("filename"), "f");
  const auto original = run.only("original");
  EXPECT_TRUE(original.content == big);
  EXPECT_NE(output.at("uuid"), original.at("uuid"));
  for (const auto& came : {output, original}) {
    EXPECT_EQ(came.at("execution.command"), "tr");
    EXPECT_EQ(came.at("execution.command.args"), "a-z;A-Z");
    EXPECT_EQ(came.at("execution.status"), "0");
    EXPECT_EQ(came.at("execution.error"), "");
    EXPECT_EQ(came.at("mime.type"), "text/loud");
  }
}

TEST(ExecuteStreamCommandTest, AStatusThatIsNotZero) {
  ProcessorRun quoted("ExecuteStreamCommand",
                      {{"Command Path", "sh"}, {"Command Arguments", "-c;\"echo out; echo no >&2; exit 3\""}},
                      {.given = {{"x"}}});
  quoted.until_idle();
  const auto output = quoted.only("nonzero status");
  EXPECT_EQ(output.content, "out\n");
  EXPECT_EQ(output.at("execution.status"), "3");
  EXPECT_EQ(output.at("execution.error"), "no\n");
  EXPECT_TRUE(output.penalised);
  EXPECT_EQ(quoted.only("original").at("execution.status"), "3");
  EXPECT_FALSE(quoted.only("original").penalised);
}

TEST(ExecuteStreamCommandTest, ArgumentsAndEnvironmentFromDynamicProperties) {
  ProcessorRun run("ExecuteStreamCommand",
                   {{"Command Path", "sh"},
                    {"argumentsStrategy", "Dynamic Property Arguments"},
                    {"command.argument.10", "last one"},
                    {"command.argument.2", "$0|$1|$KIND"},
                    {"command.argument.1", "-c"},
                    {"command.argument.3", "zero"},
                    {"KIND", "variable"}},
                   {.given = {{"x"}}});
  run.until_idle();
  EXPECT_EQ(run.out("nonzero status").size(), 1u);  // "zero|last one|variable" is no command
  EXPECT_EQ(run.only("original").at("execution.command.args"), "-c\t$0|$1|$KIND\tzero\tlast one");
  ProcessorRun echo("ExecuteStreamCommand",
                    {{"Command Path", "sh"},
                     {"Command Arguments Strategy", "Dynamic Property Arguments"},
                     {"command.argument.1", "-c"},
                     {"command.argument.2", "echo \"$0,$1,$KIND\""},
                     {"command.argument.3", "${a}"},
                     {"command.argument.10", "last one"},
                     {"KIND", "variable"}},
                    {.given = {{"x", {{"a", "A"}}}}});
  echo.until_idle();
  EXPECT_EQ(echo.only("output stream").content, "A,last one,variable\n");
}

TEST(ExecuteStreamCommandTest, OutputInAnAttribute) {
  struct Case {
    std::string length, expected;
  };
  for (const auto& c : std::to_array<Case>({{"256", "\xC3\xA4\xC3\xA4"}, {"2", "\xC3\xA4"}, {"3", "\xC3\xA4"}})) {
    ProcessorRun run("ExecuteStreamCommand",
                     {{"Command Path", "cat"},
                      {"Output Destination Attribute", "out"},
                      {"Max Attribute Length", c.length},
                      {"Output MIME Type", "x/y"}},
                     {.given = {{"\xC3\xA4\xC3\xA4"}}, .relationships = {"original"}});
    EXPECT_EQ(run.problems(), Texts{});
    run.until_idle();
    EXPECT_EQ(run.only("original").at("out"), c.expected) << c.length;
    EXPECT_EQ(run.only("original").at("execution.status"), "0");
    EXPECT_EQ(run.only("original").at("mime.type"), "(none)");
  }
  EXPECT_EQ(ProcessorRun("ExecuteStreamCommand", {{"Command Path", "cat"}, {"Output Destination Attribute", "out"}})
                .problems()
                .size(),
            2u);  // connections of relationships that are not there
}

TEST(ExecuteStreamCommandTest, InputAndDirectory) {
  const Folder folder;
  ProcessorRun ignored("ExecuteStreamCommand",
                       {{"Command Path", "wc"}, {"Command Arguments", "-c"}, {"Ignore STDIN", "true"}},
                       {.given = {{"abc"}}});
  ignored.until_idle();
  EXPECT_EQ(ignored.only("output stream").content, "0\n");
  ProcessorRun in("ExecuteStreamCommand", {{"Command Path", "pwd"}, {"Working Directory", folder.at("made/${d}")}},
                  {.given = {{std::string(1'000'000, 'x'), {{"d", "here"}}}}});  // which pwd does not read
  in.until_idle();
  EXPECT_EQ(in.only("output stream").content, folder.at("made/here") + "\n");
}

TEST(ExecuteStreamCommandTest, WhatCannotBeRunStaysInItsQueue) {
  ProcessorRun run("ExecuteStreamCommand", {{"Command Path", "/no/such/program"}}, {.given = {{"x"}}});
  run.until_idle();
  EXPECT_EQ(run.waiting(), 1u);
  EXPECT_EQ(run.errors(), (Texts{"cannot run the file /no/such/program: No such file or directory"}));
  EXPECT_EQ(ProcessorRun("ExecuteStreamCommand", {{"Command Path", "x"}, {"Argument Delimiter", ";;"}}).problems(),
            (Texts{"ExecuteStreamCommand 'subject', property 'Argument Delimiter': must be one character"}));
}

TEST(ExecuteProcessTest, OneFlowFileForEachRun) {
  const Folder folder;
  ProcessorRun run("ExecuteProcess", {{"Command", "sh"},
                                      {"Command Arguments", "-c \"printf '%s ' $KIND; pwd\""},
                                      {"Working Directory", folder.path()},
                                      {"Output MIME type", "text/plain"},
                                      {"KIND", "${not evaluated}"}});
  EXPECT_EQ(run.problems(), Texts{});
  run.until_idle();
  const auto came = run.only("success");
  EXPECT_EQ(came.content, "${not evaluated} " + folder.path() + "\n");
  EXPECT_EQ(came.at("command"), "sh");
  EXPECT_EQ(came.at("command.arguments"), "-c \"printf '%s ' $KIND; pwd\"");
  EXPECT_EQ(came.at("mime.type"), "text/plain");
  run.advance(std::chrono::seconds{60});
  run.until_idle();
  EXPECT_EQ(run.out("success").size(), 2u);
}

TEST(ExecuteProcessTest, ErrorsAreLoggedOrRedirected) {
  for (const std::string redirect : {"false", "true"}) {
    ProcessorRun run("ExecuteProcess", {{"Command", "sh"},
                                        {"Command Arguments", "-c;echo bad >&2"},
                                        {"Argument Delimiter", ";"},
                                        {"Redirect Error Stream", redirect}});
    run.until_idle();
    if (redirect == "true") {
      EXPECT_EQ(run.only("success").content, "bad\n");
    } else {
      EXPECT_EQ(run.out("success").size(), 0u);
      EXPECT_EQ(run.errors(), (Texts{"ExecuteProcess 'subject': bad"}));
    }
  }
  ProcessorRun missing("ExecuteProcess", {{"Command", "/no/such/program"}});
  missing.until_idle();
  EXPECT_EQ(missing.errors().size(), 1u);
}

TEST(ExecuteProcessTest, StopEndsIt) {
  ProcessorRun batch("ExecuteProcess", {{"Command", "sh"},
                                        {"Command Arguments", "-c|echo one; printf part; sleep 1000 & wait"},
                                        {"Argument Delimiter", "|"},
                                        {"Batch Duration", "300 ms"}});
  batch.until_idle();
  EXPECT_EQ(batch.only("success").content, "one\n");  // whole lines
  batch.stop();
  ProcessorRun waits("ExecuteProcess", {{"Command", "sleep"}, {"Command Arguments", "1000"}});
  waits.engine().start_threads(1);
  while (waits.status().active == 0) std::this_thread::yield();
  waits.stop();
  EXPECT_EQ(waits.status().active, 0);
}

TEST(ExecuteStreamCommandTest, ArgumentsMayHaveAnotherDelimiter) {
  ProcessorRun run("ExecuteStreamCommand",
                   {{"Command Path", "printf"}, {"Command Arguments", "%s-%s|a;b|c"}, {"Argument Delimiter", "|"}},
                   {.given = {{""}}});
  run.until_idle();
  EXPECT_EQ(run.only("output stream").content, "a;b-c");
}

}  // namespace
}  // namespace flow
