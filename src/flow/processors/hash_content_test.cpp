#include <gtest/gtest.h>

#include "flow/processors/processor_test.h"

namespace flow {
namespace {

/// From the sums of coreutils and openssl over "hello" and over nothing.
TEST(CryptographicHashContentTest, Digests) {
  struct Case {
    std::string algorithm, content, expected;
  };
  for (const auto& c : std::to_array<Case>({
           {"MD5", "hello", "5d41402abc4b2a76b9719d911017c592"},
           {"SHA-1", "hello", "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"},
           {"SHA-224", "", "d14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f"},
           {"SHA-256", "hello", "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"},
           {"SHA-256", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
           {"SHA-384", "",
            "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b"},
           {"SHA-512/256", "", "c672b8d1ef56ed28ab87c3622c5114069bdd3ad7b8f9737498d0c01ecef0967a"},
           {"SHA3-256", "", "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a"},
           {"BLAKE2-256", "", "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"},
           {"BLAKE2-160", "hello", "b5531c7037f06c9f2947132a6a77202c308e8939"},
           {"BLAKE2-512", "hello",
            "e4cfa39a3d37be31c59609e807970799caa68a19bfaa15135f165085e01d41a65ba1e1b146aeb6bd0092b49eac214c103ccfa3a365"
            "954b"
            "bbe52f74a2b3620c94"},
       })) {
    ProcessorRun run("CryptographicHashContent", {{"hash_algorithm", c.algorithm}}, {.given = {{c.content}}});
    EXPECT_EQ(run.problems(), Texts{}) << c.algorithm;
    run.until_idle();
    EXPECT_EQ(run.only("success").at("content_" + c.algorithm), c.expected) << c.algorithm;
  }
}

TEST(CryptographicHashContentTest, LongContentIsTheSameInPieces) {
  const std::string content(1'000'003, 'a');
  ProcessorRun run("CryptographicHashContent", {{"Hash Algorithm", "BLAKE2-384"}}, {.given = {{content}}});
  run.until_idle();
  EXPECT_EQ(run.only("success").at("content_BLAKE2-384"),
            "eb35fe791dfac227c080a815ff6d76cda9a8b25359f1d33d101bfd1c2b708b20cb2e123e2ab3f57a185e87fd75a347ac");
}

TEST(CryptographicHashContentTest, EmptyContentMayFail) {
  ProcessorRun run("CryptographicHashContent", {{"fail_when_empty", "true"}}, {.given = {{""}, {"a"}}});
  run.until_idle();
  EXPECT_EQ(run.only("failure").content, "");
  EXPECT_EQ(run.only("success").content, "a");
  EXPECT_EQ(ProcessorRun("CryptographicHashContent", {{"Hash Algorithm", "MD2"}}).problems(),
            (Texts{"CryptographicHashContent 'subject', property 'Hash Algorithm': 'MD2' is not supported"}));
}

TEST(HashContentTest, SetsAnAttribute) {
  ProcessorRun run("HashContent", {}, {.given = {{"hello"}}});
  run.until_idle();
  EXPECT_EQ(run.only("success").at("hash.value"), "5d41402abc4b2a76b9719d911017c592");
  ProcessorRun sha("HashContent", {{"Hash Attribute Name", "digest"}, {"Hash Algorithm", "SHA-256"}},
                   {.given = {{""}}});
  sha.until_idle();
  EXPECT_TRUE(sha.only("success").at("digest").starts_with("e3b0c442"));
}

/// From Python's hashlib over "hello".
TEST(HashContentTest, EachAlgorithm) {
  struct Case {
    std::string algorithm, expected;
  };
  for (const auto& c : std::to_array<Case>({
           {"SHA", "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"},
           {"SHA-1", "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"},
           {"SHA-224", "ea09ae9cc6768c50fcee903ed054556e5bfc8347907f12598aa24193"},
           {"SHA-384",
            "59e1748777448c69de6b800d7a33bbfb9ff1b463e44354c3553bcdb9c666fa90125a3c79f90397bdf5f6a13de828684f"},
           {"SHA-512",
            "9b71d224bd62f3785d96d46ad3ea3d73319bfbc2890caadae2dff72519673ca72323c3d99ba5c11d7c7acc6e14b8c5da0c"
            "4663475c2e5c3adef46f73bcdec043"},
           {"SHA-512/224", "fe8509ed1fb7dcefc27e6ac1a80eddbec4cb3d2c6fe565244374061c"},
           {"SHA-512/256", "e30d87cfa2a75db545eac4d61baf970366a8357c7f72fa95b52d0accb698f13a"},
           {"SHA3-224", "b87f88c72702fff1748e58b87e9141a42c0dbedc29a78cb0d4a5cd81"},
           {"SHA3-256", "3338be694f50c5f338814986cdf0686453a888b84f424d792af4b9202398f392"},
           {"SHA3-384",
            "720aea11019ef06440fbf05d87aa24680a2153df3907b23631e7177ce620fa1330ff07c0fddee54699a4c3ee0ee9d887"},
           {"SHA3-512",
            "75d527c368f2efe848ecf6b073a36767800805e9eef2b1857d5f984f036eb6df891d75f72d9b154518c1cd58835286d1da"
            "9a38deba3de98b5a53e5ed78a84976"},
       })) {
    ProcessorRun run("HashContent", {{"Hash Algorithm", c.algorithm}}, {.given = {{"hello"}}});
    run.until_idle();
    EXPECT_EQ(run.only("success").at("hash.value"), c.expected) << c.algorithm;
    if (c.algorithm == "SHA") continue;
    ProcessorRun cryptographic("CryptographicHashContent", {{"Hash Algorithm", c.algorithm}}, {.given = {{"hello"}}});
    cryptographic.until_idle();
    EXPECT_EQ(cryptographic.only("success").at("content_" + c.algorithm), c.expected) << c.algorithm;
  }
}

}  // namespace
}  // namespace flow
