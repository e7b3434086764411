#include <gtest/gtest.h>
#include <sys/stat.h>

#include <pier/core/file.hpp>
#include <pier/reports/signature.hpp>

#include "test_document.hpp"

namespace pier::reports {
namespace {

TEST(Signature, HoldsForTheBytesAndForNothingElse) {
  const test::Folder folder;
  const auto key = SigningKey::open_or_make(folder.path("keys/k.pem"));
  ASSERT_TRUE(key) << key.error().message;
  std::string text = "the bytes of a report";
  const auto signature = key->sign(as_bytes(text));
  ASSERT_TRUE(signature);
  EXPECT_TRUE(verifies(*signature, as_bytes(text)));
  for (char& byte : text) {
    byte ^= 1;
    EXPECT_FALSE(verifies(*signature, as_bytes(text)));
    byte ^= 1;
  }
  EXPECT_FALSE(verifies(*signature, as_bytes(text + " ")));
}

TEST(Signature, OfAnotherKeyDoesNotHold) {
  const test::Folder folder;
  const auto one = SigningKey::open_or_make(folder.path("a/k.pem"));
  const auto two = SigningKey::open_or_make(folder.path("b/k.pem"));
  ASSERT_TRUE(one && two);
  EXPECT_NE(one->public_key(), two->public_key());
  auto signature = one->sign(as_bytes("text"));
  ASSERT_TRUE(signature);
  signature->public_key = two->public_key();
  EXPECT_FALSE(verifies(*signature, as_bytes("text")));
}

TEST(Signature, KeyIsMadeOnceForItsOwnerOnly) {
  const test::Folder folder;
  const std::string path = folder.path("keys/k.pem");
  const auto first = SigningKey::open_or_make(path);
  const auto again = SigningKey::open_or_make(path);
  ASSERT_TRUE(first && again);
  EXPECT_EQ(first->public_key(), again->public_key());
  struct stat state{};
  ASSERT_EQ(::stat(path.c_str(), &state), 0);
  EXPECT_EQ(state.st_mode & 0777U, 0600U);
  ASSERT_EQ(::chmod(path.c_str(), 0644), 0);
  EXPECT_EQ(SigningKey::open_or_make(path).error().code, ErrorCode::kPermission);
}

TEST(Signature, FileThatIsNoKeyIsNotReplaced) {
  const test::Folder folder;
  const std::string path = folder.path("k.pem");
  ASSERT_TRUE(replace_file(path, as_bytes("no key\n")));
  ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
  EXPECT_EQ(SigningKey::open_or_make(path).error().code, ErrorCode::kInputDamaged);
  EXPECT_EQ(read_file(path).value(), "no key\n");
}

TEST(Signature, DocumentReadsBackAndRefusesOtherLengths) {
  const test::Folder folder;
  const auto key = SigningKey::open_or_make(folder.path("k.pem"));
  ASSERT_TRUE(key);
  const auto signature = key->sign(as_bytes("text"));
  ASSERT_TRUE(signature);
  const std::string path = folder.path("r.sig");
  ASSERT_TRUE(replace_file(path, as_bytes(pretty_json(to_json(*signature)))));
  const auto read = read_signature(path);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_TRUE(verifies(*read, as_bytes("text")));
  json::object shorter = to_json(*signature);
  shorter["public_key"] = to_base64(as_bytes("short"));
  EXPECT_EQ(signature_from_json(shorter).error().code, ErrorCode::kInputDamaged);
  EXPECT_FALSE(signature_from_json(json::value(nullptr)));
}

TEST(Signature, PublicKeyIsTakenAsPeoplePassItOn) {
  const test::Folder folder;
  const auto key = SigningKey::open_or_make(folder.path("k.pem"));
  ASSERT_TRUE(key);
  EXPECT_EQ(read_public_key(to_base64(key->public_key())).value(), key->public_key());
  EXPECT_EQ(read_public_key(to_hex(ByteView(key->public_key()))).value(), key->public_key());
  const std::string path = folder.path("r.sig");
  ASSERT_TRUE(replace_file(path, as_bytes(json::serialize(to_json(*key->sign(as_bytes("x")))))));
  EXPECT_EQ(read_public_key(path).value(), key->public_key());
  EXPECT_FALSE(read_public_key(folder.path("absent")));
}

// RFC 8032 section 7.1, test 2: what others signed is understood in the same way.
TEST(Signature, AgreesWithTheStandardsVector) {
  Signature signature;
  signature.public_key = from_hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c").value();
  signature.value = from_hex(
                        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")
                        .value();
  EXPECT_TRUE(verifies(signature, as_bytes("\x72")));
  EXPECT_FALSE(verifies(signature, as_bytes("\x73")));
}

}  // namespace
}  // namespace pier::reports
