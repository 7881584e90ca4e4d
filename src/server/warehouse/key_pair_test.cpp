#include "server/warehouse/key_pair.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>
#include <memory>

#include "store/checksum.h"

namespace server::warehouse {
namespace {

constexpr base::Instant kNow{1'700'000'000'000'000'000};

/// A client with a private key.
class Client {
 public:
  Client() : key_(EVP_RSA_gen(2048), &EVP_PKEY_free) {}

  std::string public_key() const {
    unsigned char* bytes = nullptr;
    const int length = i2d_PUBKEY(key_.get(), &bytes);
    const std::string der(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(length));
    OPENSSL_free(bytes);
    return store::to_base64(der);
  }

  std::string token(const std::string& header, const std::string& payload) const {
    const auto text = url_base64(header) + "." + url_base64(payload);
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    std::string signature(256, '\0');
    std::size_t length = signature.size();
    EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get());
    EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &length,
                   reinterpret_cast<const unsigned char*>(text.data()), text.size());
    return text + "." + url_base64(signature);
  }

  std::string token(std::int64_t issued, std::int64_t expires, const std::string& user = "ACCOUNT.JO.DOE@X") const {
    return token(R"({"alg":"RS256","typ":"JWT"})", R"({"iss":")" + user + "." + *fingerprint_of(public_key()) +
                                                       R"(","sub":")" + user + R"(","iat":)" + std::to_string(issued) +
                                                       R"(,"exp":)" + std::to_string(expires) + "}");
  }

 private:
  static std::string url_base64(std::string_view raw) {
    auto text = store::to_base64(raw);
    std::ranges::replace(text, '+', '-');
    std::ranges::replace(text, '/', '_');
    return text.substr(0, text.find('='));
  }
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
};

base::Status check(const std::string& token, const std::vector<std::string>& keys) {
  TRY(const auto read, read_key_pair_token(token));
  return verify(read, keys, kNow);
}

TEST(KeyPairTest, TakesTheUserBehindTheAccount) {
  const Client client;
  const auto read = read_key_pair_token(client.token(1'700'000'000, 1'700'000'060));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->user, "JO.DOE@X");
}

TEST(KeyPairTest, ChecksKeyAndTimes) {
  const Client client, other;
  const std::string key = client.public_key();
  const std::string pem =
      "-----BEGIN PUBLIC KEY-----\n" + key.substr(0, 64) + "\r\n" + key.substr(64) + "\n-----END PUBLIC KEY-----\n";
  const auto good = client.token(1'700'000'000, 1'700'000'060);
  EXPECT_TRUE(check(good, {key}));
  EXPECT_TRUE(check(good, {other.public_key(), pem}));
  EXPECT_TRUE(check(client.token(1'700'000'000'000, 1'700'000'120'000), {key}));  // milliseconds, as Node writes them
  EXPECT_FALSE(check(good, {}));
  EXPECT_FALSE(check(good, {other.public_key()}));
  struct Case {
    std::int64_t issued, expires;
    bool valid;
  };
  for (const auto& c :
       std::to_array<Case>({{1'699'999'880, 1'699'999'941, true},   // expired within the leeway
                            {1'699'999'880, 1'699'999'939, false},  // and beyond it
                            {1'700'000'059, 1'700'000'100, true},   // issued by a clock that is a little ahead
                            {1'700'000'061, 1'700'000'100, false},
                            {1'699'999'000, 1'700'002'600, true},  // an hour
                            {1'699'999'000, 1'700'002'601, false}}))
    EXPECT_EQ(check(client.token(c.issued, c.expires), {key}).has_value(), c.valid) << c.issued << " " << c.expires;
}

TEST(KeyPairTest, RefusesForgeries) {
  const Client client, other;
  const std::string key = client.public_key(), print = *fingerprint_of(key);
  const std::string payload = R"({"iss":"A.B.)" + print + R"(","sub":"A.B","iat":1700000000,"exp":1700000060})";
  ASSERT_TRUE(check(client.token(R"({"alg":"RS256"})", payload), {key}));
  EXPECT_FALSE(check(other.token(R"({"alg":"RS256"})", payload), {key}));  // signed by somebody else
  for (const char* algorithm : {"none", "HS256", "RS512", "ES256", ""})
    EXPECT_FALSE(check(client.token(std::string(R"({"alg":")") + algorithm + "\"}", payload), {key})) << algorithm;
  EXPECT_FALSE(check(client.token(R"({"alg":"RS256"})",
                                  R"({"iss":"A.B.)" + print + R"(","sub":"A.C","iat":1700000000,"exp":1700000060})"),
                     {key}));
  EXPECT_FALSE(check(
      client.token(R"({"alg":"RS256"})", R"({"iss":"A.B","sub":"A.B","iat":1700000000,"exp":1700000060})"), {key}));
  EXPECT_FALSE(check(client.token(R"({"alg":"RS256"})", R"({"iss":"A.B.)" + print + R"(","sub":"A.B"})"),
                     {key}));  // without times
  auto changed = client.token(R"({"alg":"RS256"})", payload);
  for (std::size_t at = 0; at + 1 < changed.size(); at += 7) {  // the last letter has bits without meaning
    auto damaged = changed;
    damaged[at] = damaged[at] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(check(damaged, {key})) << at;
  }
  for (const char* text : {"", ".", "..", "a.b", "a.b.c", "e30.e30.e30"})
    EXPECT_FALSE(read_key_pair_token(text)) << text;
  EXPECT_FALSE(fingerprint_of("no key"));
}

}  // namespace
}  // namespace server::warehouse
