#include "flow/processors/cryptographic_hash_content.h"

#include "flow/content/digest.h"
#include "flow/engine/processor.h"
#include "flow/engine/session.h"
#include "flow/processors/failure.h"

namespace flow {
namespace {

constexpr Allowed kAlgorithms[] = {{"MD2", {}, false}, {"MD5"},       {"SHA-1"},       {"SHA-224"},     {"SHA-256"},
                                   {"SHA-384"},        {"SHA-512"},   {"SHA-512/224"}, {"SHA-512/256"}, {"SHA3-224"},
                                   {"SHA3-256"},       {"SHA3-384"},  {"SHA3-512"},    {"BLAKE2-160"},  {"BLAKE2-256"},
                                   {"BLAKE2-384"},     {"BLAKE2-512"}};
constexpr Property kProperties[] = {
    {.name = "Fail When Content Empty",
     .old_name = "fail_when_empty",
     .help = "Else the digest of nothing is set",
     .fallback = "false",
     .required = true,
     .kind = Property::Kind::Boolean},
    {.name = "Hash Algorithm",
     .old_name = "hash_algorithm",
     .help = "The attribute is content_<algorithm>",
     .fallback = "SHA-256",
     .required = true,
     .allowed = kAlgorithms},
};
constexpr Relationship kRelationships[] = {{"success"}, {"failure", true}};

class CryptographicHashContent final : public Processor {
 public:
  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    auto* file = session.get();
    if (file == nullptr) return {};
    if (file->size() == 0 && configuration.flag("Fail When Content Empty")) {
      send_to_failure(configuration, session, *file, "the content is empty");
      return {};
    }
    const auto algorithm = configuration.text_or("Hash Algorithm", "SHA-256");
    auto reader = session.read(*file);
    TRY(auto digest, hex_digest(algorithm, reader));
    session.put_attribute(*file, "content_" + algorithm, std::move(digest));
    session.transfer(*file, "success");
    return {};
  }
};

}  // namespace

const Description kCryptographicHashContent{
    .type = "org.apache.nifi.processors.standard.CryptographicHashContent",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Sets the attribute content_<algorithm> to a digest of the content.",
    .properties = kProperties,
    .relationships = kRelationships,
    .batches = true,
    .make = [] { return std::unique_ptr<Processor>(new CryptographicHashContent); },
};

}  // namespace flow
