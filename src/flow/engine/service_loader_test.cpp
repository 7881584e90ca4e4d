#include "flow/engine/service_loader.h"

#include <gtest/gtest.h>

#include <array>

#include "flow/object_target.h"

namespace flow {
namespace {

using Texts = std::vector<std::string>;

/// What a service that reads through another offers.
class Chain {
 public:
  static constexpr std::string_view kApi = "test.Chain";
  virtual ~Chain() = default;
  virtual std::string text() const = 0;
};
class OtherApi {
 public:
  static constexpr std::string_view kApi = "test.Other";
};

constexpr Property kProperties[] = {
    {.name = "Next", .service = Chain::kApi},
    {.name = "Other", .service = OtherApi::kApi},
    {.name = "Text", .required = true},
    {.name = "Secret", .sensitive = true},
};

class Link final : public ControllerService, public Chain {
 public:
  base::Status enable(const Configuration& configuration, const Services&) override {
    configuration_ = &configuration;
    next_ = configuration.service<Chain>("Next");
    if (configuration.text("Text") == "broken") return base::fail(base::ErrorKind::Unavailable, "it is broken");
    return {};
  }
  std::string text() const override {
    return configuration_->text_or("Text", "") + (next_ == nullptr ? "" : " " + next_->text());
  }

 private:
  const Configuration* configuration_ = nullptr;
  std::shared_ptr<Chain> next_;
};

constexpr std::string_view kApis[] = {Chain::kApi};
constexpr std::string_view kAliases[] = {"old.Ring"};
const Description kLink{.type = "test.Link",
                        .properties = kProperties,
                        .apis = kApis,
                        .make_service = [] { return std::unique_ptr<ControllerService>(new Link); },
                        .aliases = kAliases};
constexpr std::array kDescriptions{&kLink};

class NoTargets final : public ObjectTargets {
  base::Result<std::shared_ptr<ObjectTarget>> find(const TargetRequest&) override { return nullptr; }
};

class ServiceLoaderTest : public ::testing::Test {
 protected:
  ServiceLoaderTest() {
    flow_.root = "root";
    flow_.groups = {{.id = "root"}, {.id = "inner", .parent = "root"}, {.id = "beside", .parent = "root"}};
  }
  void add(const std::string& id, const std::string& group, PropertyValues properties,
           const std::string& state = "ENABLED", const std::string& type = "test.Link") {
    ServiceDefinition service;
    service.id = service.name = id;
    service.group = group;
    service.type = type;
    service.bundle = "b";
    service.properties = std::move(properties);
    service.scheduled_state = state;
    flow_.services.push_back(std::move(service));
  }
  ServiceLoader loader() { return {flow_, scopes_, services_, notes_, kDescriptions}; }
  Texts problems(const std::string& id) {
    auto made = loader();
    return made.load_all().at(id).status.problems;
  }

  FlowDefinition flow_;
  std::map<std::string, std::string> parameters_;
  GroupScopes scopes_{flow_, parameters_, "host", "UTC"};
  base::VirtualClock clock_;
  base::SystemWallClock wall_clock_;
  NoTargets targets_;
  Services services_{clock_, wall_clock_, targets_};
  Texts notes_;
};

TEST_F(ServiceLoaderTest, WhatAServiceRefersToIsEnabledFirst) {
  add("a", "inner", {{"Next", "b"}, {"Text", "first"}});
  add("b", "root", {{"Next", "c"}, {"Text", "second"}});
  add("c", "root", {{"Text", "third"}}, "ENABLED", "Ring");  // an alias, by its last part
  auto made = loader();
  for (const auto& [id, service] : made.load_all()) {
    EXPECT_EQ(service.status.state, ServiceState::Enabled) << id;
    EXPECT_EQ(service.status.problems, Texts{}) << id;
  }
  const auto chain = std::dynamic_pointer_cast<Chain>(made.load_all().at("a").instance);
  EXPECT_EQ(chain->text(), "first second third");
}

TEST_F(ServiceLoaderTest, AServiceOutlivesItsLoader) {
  add("a", "root", {{"Next", "b"}, {"Text", "first"}});
  add("b", "root", {{"Text", "second"}});
  std::shared_ptr<Chain> chain;
  {
    auto made = loader();
    chain = std::dynamic_pointer_cast<Chain>(made.load_all().at("a").instance);
  }
  EXPECT_EQ(chain->text(), "first second");
}

TEST_F(ServiceLoaderTest, WhatIsWrongWithAReferenceIsNamed) {
  add("ghost", "root", {}, "ENABLED", "org.x.Unheard");
  add("off", "root", {{"Text", "x"}}, "DISABLED");
  add("broken", "root", {{"Text", "broken"}});
  add("bare", "root", {});
  add("inner", "inner", {{"Text", "x"}});
  add("one", "root", {{"Text", "x"}, {"Next", "two"}});
  add("two", "root", {{"Text", "x"}, {"Next", "one"}});
  add("self", "root", {{"Text", "x"}, {"Next", "self"}});
  add("other", "root", {{"Text", "x"}, {"Other", "inner"}});
  EXPECT_EQ(problems("ghost"), (Texts{"controller service 'ghost': type org.x.Unheard (b) is not implemented"}));
  EXPECT_EQ(problems("broken"), (Texts{"it is broken"}));
  EXPECT_EQ(problems("bare"), (Texts{"Link 'bare', property 'Text': is required"}));
  EXPECT_EQ(problems("self"), (Texts{"Link 'self', property 'Next': controller service 'self' refers to itself"}));
  // The second of a circle finds the first in the making.
  EXPECT_EQ(problems("two"), (Texts{"Link 'two', property 'Next': controller service 'one' refers to itself"}));
  EXPECT_EQ(problems("one"), (Texts{"Link 'one', property 'Next': controller service 'two' is invalid"}));

  struct Case {
    std::string_view group, id, api, expected;
  };
  for (const Case& c : std::to_array<Case>({
           {"inner", "ghost", Chain::kApi, "controller service 'ghost' is invalid"},
           {"inner", "off", Chain::kApi, "controller service 'off' is disabled"},
           {"root", "broken", Chain::kApi, "controller service 'broken' could not be enabled"},
           {"root", "nothing", Chain::kApi, "no controller service of this group or those above has the id nothing"},
           {"root", "inner", Chain::kApi, "no controller service of this group or those above has the id inner"},
           {"beside", "inner", Chain::kApi, "no controller service of this group or those above has the id inner"},
           {"inner", "inner", OtherApi::kApi, "controller service 'inner' (Link) is no Other"},
           {"inner", "inner", Chain::kApi, ""},
       })) {
    auto made = loader();
    const auto found = made.lookup(std::string(c.group))(std::string(c.id), c.api);
    EXPECT_EQ(found ? "" : found.error().message, c.expected) << c.group << " " << c.id;
  }
}

}  // namespace
}  // namespace flow
