// Numbers of the worked examples in the S3 reference: "Authenticating Requests: Using the Authorization Header" and
// "Using Query Parameters".

#include "s3/aws_signature.hpp"

#include <gtest/gtest.h>

namespace pier::storage::impl {
namespace {

const Credentials kExample{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""};
const SigningScope kScope{"us-east-1", 1'369'353'600'000'000};
const std::string kEmpty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

SignedRequest example(std::string_view method, std::string_view path, std::string_view query, Fields headers,
                      std::string_view payload) {
  headers.emplace_back("host", "examplebucket.s3.amazonaws.com");
  return {method, path, query, std::move(headers), payload};
}

std::string signature_of(const Fields& headers) {
  const std::string& text = headers.back().second;
  return text.substr(text.find("Signature=") + 10);
}

TEST(AwsSignature, GetOfARange) {
  const Fields headers =
      sign_headers(example("GET", "/test.txt", "", {{"range", "bytes=0-9"}}, kEmpty), kExample, kScope);
  EXPECT_EQ(headers.back().first, "authorization");
  EXPECT_EQ(headers.back().second,
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST(AwsSignature, PutOfANameThatIsEncoded) {
  const std::string payload = to_hex(sha256(as_bytes("Welcome to Amazon S3.")));
  const std::string path = "/" + aws_encode("test$file.text", true);
  const Fields more{{"date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}};
  EXPECT_EQ(signature_of(sign_headers(example("PUT", path, "", more, payload), kExample, kScope)),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

TEST(AwsSignature, QueriesWithAndWithoutValues) {
  EXPECT_EQ(signature_of(
                sign_headers(example("GET", "/", canonical_query({{"lifecycle", ""}}), {}, kEmpty), kExample, kScope)),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
  const std::string query = canonical_query({{"prefix", "J"}, {"max-keys", "2"}});
  EXPECT_EQ(query, "max-keys=2&prefix=J");
  EXPECT_EQ(signature_of(sign_headers(example("GET", "/", query, {}, kEmpty), kExample, kScope)),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST(AwsSignature, Presigned) {
  const std::string query = sign_query(example("GET", "/test.txt", "", {}, {}), {}, kExample, kScope, 86400);
  EXPECT_EQ(query,
            "X-Amz-Algorithm=AWS4-HMAC-SHA256"
            "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
            "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
            "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

TEST(AwsSignature, CanonicalRequestAsTheReferenceWritesIt) {
  const Fields headers{{"x-amz-date", "20130524T000000Z"},
                       {"host", "examplebucket.s3.amazonaws.com"},
                       {"x-amz-content-sha256", kEmpty},
                       {"range", "  bytes=0-9  "}};
  const std::string text = canonical_request({"GET", "/test.txt", "", headers, kEmpty});
  EXPECT_EQ(text,
            "GET\n/test.txt\n\nhost:examplebucket.s3.amazonaws.com\nrange:bytes=0-9\nx-amz-content-sha256:" + kEmpty +
                "\nx-amz-date:20130524T000000Z\n\nhost;range;x-amz-content-sha256;x-amz-date\n" + kEmpty);
  EXPECT_EQ(to_hex(sha256(as_bytes(text))), "7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972");
}

TEST(AwsSignature, EncodesAllButUnreservedCharacters) {
  EXPECT_EQ(aws_encode("a b+c%/~-._", true), "a%20b%2Bc%25/~-._");
  EXPECT_EQ(aws_encode("a/b", false), "a%2Fb");
  EXPECT_EQ(aws_encode("栈桥", true), "%E6%A0%88%E6%A1%A5");
  EXPECT_EQ(aws_encode("!'()*=&?#", false), "%21%27%28%29%2A%3D%26%3F%23");
  EXPECT_EQ(canonical_query({{"b", "2"}, {"a", "x y"}, {"a", "+"}, {"A", ""}}), "A=&a=%2B&a=x%20y&b=2");
  EXPECT_EQ(canonical_query({}), "");
}

TEST(AwsSignature, TheSessionTokenIsSigned) {
  Credentials temporary = kExample;
  temporary.session_token = "token/+=";
  const Fields headers = sign_headers(example("GET", "/test.txt", "", {}, kEmpty), temporary, kScope);
  EXPECT_NE(headers.back().second.find(";x-amz-security-token,"), std::string::npos);
  EXPECT_NE(signature_of(headers),
            signature_of(sign_headers(example("GET", "/test.txt", "", {}, kEmpty), kExample, kScope)));
  const std::string query = sign_query(example("GET", "/test.txt", "", {}, {}), {}, temporary, kScope, 60);
  EXPECT_NE(query.find("&X-Amz-Security-Token=token%2F%2B%3D&"), std::string::npos) << query;
}

TEST(AwsSignature, DigestsOfTheStandards) {
  // RFC 4231 test case 2; RFC 1321 appendix A.5.
  EXPECT_EQ(to_hex(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(to_hex(ByteView(md5(as_bytes("message digest")))), "f96b697d7cb7938d525a2f31aaf161d0");
  EXPECT_EQ(to_hex(ByteView(md5({}))), "d41d8cd98f00b204e9800998ecf8427e");
}

}  // namespace
}  // namespace pier::storage::impl
