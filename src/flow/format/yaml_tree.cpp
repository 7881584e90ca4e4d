#include "flow/format/yaml_tree.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <sstream>

#include "flow/format/problems.h"
#include "flow/format/utf8.h"
#include "flow/format/yaml_writer.h"

namespace flow {
namespace {

namespace json = boost::json;

constexpr std::size_t kPartsMax = 5'000'000;  // aliases can make a small text large
constexpr int kDepthMax = 200;

class Converter {
 public:
  Converter(YamlTree& tree, PlainScalars plain) : tree_(tree), plain_(plain) {}

  json::value convert(const YAML::Node& node, const std::string& path, int depth) {
    if (++parts_ > kPartsMax || depth > kDepthMax)
      throw YAML::RepresentationException(node.Mark(), "the document is too large or nests too deeply");
    tree_.lines.emplace(path, static_cast<std::size_t>(node.Mark().line) + 1);
    switch (node.Type()) {
      case YAML::NodeType::Undefined:
      case YAML::NodeType::Null: return nullptr;
      case YAML::NodeType::Scalar:
        if (plain_ == PlainScalars::Typed && node.Tag() == "?")
          if (auto typed = plain_scalar(node.Scalar())) return *std::move(typed);
        return json::value(node.Scalar());
      case YAML::NodeType::Sequence: {
        json::array list;
        for (const auto& entry : node) list.push_back(convert(entry, path_below(path, list.size()), depth + 1));
        return list;
      }
      case YAML::NodeType::Map: {
        json::object map;
        for (const auto& entry : node) {
          if (!entry.first.IsScalar()) throw YAML::RepresentationException(entry.first.Mark(), "a name must be a text");
          const auto& name = entry.first.Scalar();
          if (map.contains(name)) continue;  // the first counts, as for MiNiFi
          const auto below = path_below(path, name);
          tree_.lines.emplace(below, static_cast<std::size_t>(entry.first.Mark().line) + 1);
          map[name] = convert(entry.second, below, depth + 1);
        }
        return map;
      }
    }
    return nullptr;
  }

 private:
  YamlTree& tree_;
  const PlainScalars plain_;
  std::size_t parts_ = 0;
};

/// Sees only where documents begin. At what begins none, a comma say, yaml-cpp 0.7 makes empty documents for ever and
/// takes all memory: each must begin behind the one before.
class Beginnings final : public YAML::EventHandler {
 public:
  static void check(const std::string& text) {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    Beginnings beginnings;
    while (parser.HandleNextDocument(beginnings)) {
    }
  }
  void OnDocumentStart(const YAML::Mark& mark) override {
    if (mark.pos == last_) throw YAML::ParserException(mark, "this begins no document");
    last_ = mark.pos;
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}

 private:
  int last_ = -1;
};

}  // namespace

base::Result<std::vector<YamlTree>> parse_yaml(const std::string& text, std::string_view file, PlainScalars plain) {
  TRY_VOID(check_utf8(text, file));
  try {
    Beginnings::check(text);
    std::vector<YamlTree> trees;
    for (const auto& document : YAML::LoadAll(text)) {
      auto& tree = trees.emplace_back();
      tree.value = Converter(tree, plain).convert(document, "$", 0);
    }
    return trees;
  } catch (const YAML::Exception& error) {
    return base::fail(base::ErrorKind::Syntax,
                      fmt::format("{}:{}: not valid YAML: {}", file, error.mark.line + 1, error.msg));
  }
}

}  // namespace flow
