#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "flow/format/definition.h"

#ifndef FRESHET_SOURCE_DIR  // only tests have it, and every header is compiled alone
#define FRESHET_SOURCE_DIR "."
#endif

namespace flow {

/// What the files of test/flows were encrypted with.
constexpr const char* kTestSensitiveKey = "a key of 20 letters!";

inline std::string read_flow_file(const std::string& name) {
  std::ifstream file(std::string(FRESHET_SOURCE_DIR) + "/test/flows/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A text that must be readable.
inline FlowDefinition read_flow(const std::string& text, const std::string& name, const std::string& key = {}) {
  auto flow = read_definition(text, name, key);
  EXPECT_TRUE(flow) << (flow ? "" : flow.error().message);
  return flow ? *std::move(flow) : FlowDefinition{};
}

}  // namespace flow
