#include "store/s3/documents/versioning.h"

#include "store/s3/documents/xml_reader.h"
#include "store/s3/xml.h"

namespace store::s3 {

S3Result<Versioning> parse_versioning(std::string_view xml) {
  TRY(const auto document, XmlDocument::parse(xml, "VersioningConfiguration"));
  const auto root = document.root();
  if (const auto mfa = root.text_of("MfaDelete"); mfa && *mfa != "Disabled")
    return *mfa == "Enabled" ? refuse(501, "NotImplemented", "MfaDelete is not implemented.")
                             : malformed_xml("MfaDelete is neither Enabled nor Disabled");
  const auto status = root.text_of("Status");
  if (!status)
    return refuse(400, "IllegalVersioningConfigurationException", "The Versioning element must be specified");
  if (*status == "Enabled") return Versioning::Enabled;
  if (*status == "Suspended") return Versioning::Suspended;
  return malformed_xml("Status is neither Enabled nor Suspended");
}

std::string print_versioning(Versioning versioning) {
  XmlWriter xml("VersioningConfiguration");
  switch (versioning) {
    case Versioning::Never: break;
    case Versioning::Enabled: xml.text("Status", "Enabled"); break;
    case Versioning::Suspended: xml.text("Status", "Suspended"); break;
  }
  return xml.take();
}

}  // namespace store::s3
