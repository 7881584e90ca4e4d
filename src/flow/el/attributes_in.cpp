#include "flow/el/attributes_in.h"

#include "base/overloaded.h"
#include "flow/el/tree.h"

namespace flow::el {
namespace {

class Names {
 public:
  void collect(const NodePtr& node) {
    if (node == nullptr) return;
    std::visit(base::Overloaded{
                   [](const Constant&) {},
                   [&](const Attribute& attribute) { add(attribute.name); },
                   [&](const Call& call) {
                     collect(call.subject);
                     collect(call.arguments);
                   },
                   [&](const Cast& cast) { collect(cast.operand); },
                   [&](const Joined& joined) { collect(joined.parts); },
                   [&](const Evaluated& evaluated) { collect(evaluated.text); },
                   [](const Several&) {},
                   [&](const ForEach& each) {
                     if (each.selection == Selection::Names)
                       for (const auto& name : each.arguments) add(name);
                     else
                       collect(each.arguments);
                     collect(each.body);
                     collect(each.separator);
                   },
               },
               node->node);
  }
  std::set<std::string> take() { return std::move(found_); }

 private:
  void collect(const std::vector<NodePtr>& nodes) {
    for (const auto& node : nodes) collect(node);
  }
  /// A name that is itself an expression reads others.
  void add(const NodePtr& name) {
    if (const auto* constant = std::get_if<Constant>(&name->node))
      found_.insert(to_text(constant->value));
    else
      collect(name);
  }

  std::set<std::string> found_;
};

}  // namespace

std::set<std::string> attributes_in(std::string_view text) {
  const auto pieces = parse(text, [](std::string_view) { return std::string{}; });
  if (!pieces) return {};
  Names names;
  for (const auto& piece : *pieces) names.collect(piece.expression);
  return names.take();
}

}  // namespace flow::el
