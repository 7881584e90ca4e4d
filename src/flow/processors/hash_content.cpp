#include "flow/processors/hash_content.h"

#include "flow/content/digest.h"
#include "flow/engine/processor.h"
#include "flow/engine/session.h"

namespace flow {
namespace {

constexpr Allowed kAlgorithms[] = {{"MD2", {}, false}, {"MD5"},      {"SHA"},      {"SHA-1"},       {"SHA-224"},
                                   {"SHA-256"},        {"SHA-384"},  {"SHA-512"},  {"SHA-512/224"}, {"SHA-512/256"},
                                   {"SHA3-224"},       {"SHA3-256"}, {"SHA3-384"}, {"SHA3-512"}};
constexpr Property kProperties[] = {
    {.name = "Hash Attribute Name", .help = "Where the digest goes", .fallback = "hash.value", .required = true},
    {.name = "Hash Algorithm", .fallback = "MD5", .required = true, .allowed = kAlgorithms},
};
constexpr Relationship kRelationships[] = {{"success"}, {"failure", true}};

class HashContent final : public Processor {
 public:
  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    auto* file = session.get();
    if (file == nullptr) return {};
    auto reader = session.read(*file);
    TRY(auto digest, hex_digest(configuration.text_or("Hash Algorithm", "MD5"), reader));
    session.put_attribute(*file, configuration.text_or("Hash Attribute Name", "hash.value"), std::move(digest));
    session.transfer(*file, "success");
    return {};
  }
};

}  // namespace

const Description kHashContent{
    .type = "org.apache.nifi.processors.standard.HashContent",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Sets an attribute to a digest of the content.",
    .properties = kProperties,
    .relationships = kRelationships,
    .batches = true,
    .make = [] { return std::unique_ptr<Processor>(new HashContent); },
};

}  // namespace flow
