// What only S3 has: large objects in parts, leftovers, ranges, addresses, refusals; against RADOS Gateway.

#include "s3/s3_store.hpp"

#include <csignal>
#include <thread>

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <pier/core/file.hpp>

#include "s3/gateway.hpp"
#include "s3/part_plan.hpp"
#include "scratch.hpp"

namespace pier::storage::impl {
namespace {

using namespace std::chrono_literals;

constexpr size_t kMiB = size_t{1} << 20U;

Bytes pattern(size_t size, unsigned seed) {
  Bytes bytes(size);
  uint64_t state = seed * 0x9e3779b97f4a7c15U + 1;
  for (std::byte& byte : bytes) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    byte = static_cast<std::byte>(state >> 56U);
  }
  return bytes;
}

class S3StoreTest : public testing::Test {
 protected:
  void SetUp() override {
    auto gateway = test::Gateway::find();
    ASSERT_TRUE(gateway) << gateway.error().message;
    x_gateway = *gateway;
    x_place = x_gateway.place(aws_encode(test::new_prefix(), true));
    x_options = test::quick_options(x_scratch.path());
    auto store = open_s3_store(x_place, x_gateway.credentials, x_options, "");
    ASSERT_TRUE(store) << store.error().message;
    x_store = std::move(*store);
    x_client = std::make_unique<S3Client>(x_place, x_gateway.credentials, x_options, "");
  }
  std::vector<ListedUpload> uploads() { return x_client->uploads(x_place.prefix, "", "")->uploads; }

  test::Scratch x_scratch;
  test::Gateway x_gateway;
  S3Place x_place;
  StoreOptions x_options;
  std::unique_ptr<ObjectStore> x_store;
  std::unique_ptr<S3Client> x_client;
};

TEST_F(S3StoreTest, ALargeObjectGoesInParts) {
  const ObjectKey key = *new_key("default", "master");
  const Bytes bytes = pattern(40 * kMiB + 12345, 1);
  for (const auto declared : {std::optional<uint64_t>(), std::optional<uint64_t>(bytes.size())}) {
    ASSERT_TRUE(x_store->remove(key));
    auto writer = x_store->create(key, declared);
    ASSERT_TRUE(writer) << writer.error().message;
    for (size_t at = 0; at < bytes.size(); at += 3'000'000) {
      ASSERT_TRUE((*writer)->write(ByteView(bytes).subspan(at, std::min<size_t>(3'000'000, bytes.size() - at))));
    }
    EXPECT_EQ(x_store->head(key).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(uploads().size(), 1U);
    EXPECT_EQ((*writer)->fd(), -1);  // too late: parts are gone
    EXPECT_FALSE((*writer)->write(bytes));
    writer->reset();
    EXPECT_TRUE(uploads().empty());

    writer = x_store->create(key, declared);
    ASSERT_TRUE(writer && (*writer)->write(bytes));
    const auto info = (*writer)->commit();
    ASSERT_TRUE(info) << info.error().message << info.error().detail;
    EXPECT_EQ(info->size, bytes.size());
    EXPECT_EQ(info->sha256, sha256(bytes));
    EXPECT_TRUE(verify(*x_store, *info));
    EXPECT_NE(x_client->head(x_place.prefix + to_string(key), "")->etag.find("-3\""), std::string::npos);
    EXPECT_EQ(x_store->create(key).error().code, ErrorCode::kAlreadyExists);
  }
}

TEST_F(S3StoreTest, AFileOfAChildGoesInParts) {
  const ObjectKey key = *new_key("default", "track");
  const Bytes bytes = pattern(33 * kMiB, 2);
  auto writer = x_store->create(key);
  ASSERT_TRUE(writer);
  ASSERT_GE((*writer)->fd(), 0);
  ASSERT_TRUE(write_all((*writer)->fd(), bytes));
  const auto info = (*writer)->commit();
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_EQ(info->sha256, sha256(bytes));
  EXPECT_TRUE(verify(*x_store, *info));
  EXPECT_TRUE(std::filesystem::is_empty(x_scratch.path()));
}

TEST_F(S3StoreTest, TwoProgramsCannotBothMakeAnObject) {
  auto other = open_s3_store(x_place, x_gateway.credentials, x_options, "");
  ASSERT_TRUE(other);
  for (const size_t size : {size_t{1000}, 17 * kMiB}) {
    const ObjectKey key = *new_key("default", "chunk");
    auto first = x_store->create(key);
    auto second = (*other)->create(key);
    ASSERT_TRUE(first && second);
    const Bytes mine = pattern(size, 3);
    ASSERT_TRUE((*first)->write(mine));
    ASSERT_TRUE((*second)->write(pattern(size, 4)));
    const auto info = (*first)->commit();
    ASSERT_TRUE(info) << info.error().message;
    EXPECT_EQ((*second)->commit().error().code, ErrorCode::kAlreadyExists);
    EXPECT_TRUE(verify(*x_store, *info));
  }
  EXPECT_TRUE(uploads().empty());
}

TEST_F(S3StoreTest, AKilledWritersPartsAreNoObjectAndAreSwept) {
  const ObjectKey key = *new_key("default", "master");
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto store = open_s3_store(x_place, x_gateway.credentials, x_options, "");
    if (!store) ::_exit(1);
    auto writer = (*store)->create(key);
    if (!writer || !(*writer)->write(pattern(50 * kMiB, 5))) ::_exit(2);
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << "exit code " << WEXITSTATUS(status);
  EXPECT_EQ(x_store->head(key).error().code, ErrorCode::kNotFound);
  size_t seen = 0;
  EXPECT_TRUE(x_store->list("", [&](const ObjectStat&) { return ++seen > 0; }));
  EXPECT_EQ(seen, 0U);
  const auto left = uploads();
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(*x_store->remove_unfinished(left[0].initiated), 0U);  // one that is not old enough stays
  EXPECT_EQ(*x_store->remove_unfinished(left[0].initiated + 1), 1U);
  EXPECT_TRUE(uploads().empty());
  EXPECT_TRUE(put(*x_store, key, pattern(10, 6)));
}

TEST_F(S3StoreTest, EraseTakesUnfinishedUploadsOfOneOrganisationOnly) {
  auto mine = x_store->create(*new_key("default", "master"));
  auto theirs = x_store->create(*new_key("other", "master"));
  ASSERT_TRUE(mine && theirs);
  ASSERT_TRUE((*mine)->write(pattern(17 * kMiB, 7)));
  ASSERT_TRUE((*theirs)->write(pattern(17 * kMiB, 8)));
  ASSERT_EQ(uploads().size(), 2U);
  EXPECT_TRUE(x_store->erase("default"));
  EXPECT_EQ(uploads().size(), 1U);
  EXPECT_FALSE((*mine)->commit());
  EXPECT_TRUE((*theirs)->commit());
}

TEST_F(S3StoreTest, ManyObjectsComeInPagesAndAreErased) {
  constexpr size_t kCount = 1100;
  std::vector<std::jthread> threads;
  for (size_t thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (size_t i = thread; i < kCount; i += 4) {
        EXPECT_TRUE(test::put_raw(*x_client, to_string(*new_key("default", "chunk")), {}));
      }
    });
  }
  threads.clear();
  size_t seen = 0;
  EXPECT_TRUE(x_store->list("default/", [&](const ObjectStat&) { return ++seen > 0; }));
  EXPECT_EQ(seen, kCount);
  EXPECT_TRUE(x_store->erase("default"));
  EXPECT_TRUE(x_client->versions(x_place.prefix)->objects.empty());
}

TEST_F(S3StoreTest, ReadsAnywhereFromManyThreads) {
  const ObjectKey key = *new_key("default", "master");
  const Bytes bytes = pattern(11 * kMiB + 77, 9);
  ASSERT_TRUE(put(*x_store, key, bytes));
  const auto reader = x_store->open(key);
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_EQ((*reader)->fd(), -1);
  EXPECT_EQ((*reader)->size(), bytes.size());
  std::vector<std::jthread> threads;
  for (uint64_t thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      uint64_t state = thread + 1;
      for (int i = 0; i < 30; ++i) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        const uint64_t offset = (state >> 20U) % (bytes.size() + 1000);
        Bytes out(1 + (state >> 50U) * (i % 5 == 0 ? 400 : 1));
        const auto got = (*reader)->read_at(offset, out);
        const size_t expected = offset >= bytes.size() ? 0 : std::min<size_t>(out.size(), bytes.size() - offset);
        ASSERT_TRUE(got) << got.error().message;
        ASSERT_EQ(*got, expected);
        ASSERT_TRUE(std::equal(out.begin(), out.begin() + static_cast<ptrdiff_t>(expected),
                               bytes.begin() + static_cast<ptrdiff_t>(std::min(offset, uint64_t{bytes.size()}))));
      }
    });
  }
  threads.clear();
  EXPECT_EQ(*(*reader)->read_at(bytes.size(), std::span<std::byte>()), 0U);
}

TEST_F(S3StoreTest, AReplacedObjectIsAnErrorAndNeverAMixture) {
  const ObjectKey key = *new_key("default", "master");
  ASSERT_TRUE(put(*x_store, key, pattern(3 * kMiB, 10)));
  const auto reader = x_store->open(key);
  ASSERT_TRUE(reader);
  ASSERT_TRUE(test::put_raw(*x_client, to_string(key), pattern(3 * kMiB, 11)));
  Bytes out(1000);
  EXPECT_EQ((*reader)->read_at(2 * kMiB, out).error().code, ErrorCode::kVerifyFailed);
  ASSERT_TRUE(x_store->remove(key));
  EXPECT_EQ((*reader)->read_at(kMiB, out).error().code, ErrorCode::kNotFound);
}

TEST_F(S3StoreTest, AnAddressIsReadWithoutKeysAndEnds) {
  const ObjectKey key = *new_key("default", "text");
  ASSERT_TRUE(put(*x_store, key, as_bytes("hello")));
  const auto address = x_store->presign_get(key, 60s);
  ASSERT_TRUE(address);
  EXPECT_EQ(address->find(x_gateway.credentials.secret_key), std::string::npos);
  HttpTransfer plain(2s, "");
  HttpRequest request;
  request.method = "GET";
  request.url = *address;
  const auto answer = plain.exchange(request);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 200) << answer->body;
  EXPECT_EQ(answer->body, "hello");
  request.url.back() = request.url.back() == '0' ? '1' : '0';
  EXPECT_EQ(plain.exchange(request)->status, 403);
  request.url = *x_store->presign_get(key, 1s);
  std::this_thread::sleep_for(2100ms);
  EXPECT_EQ(plain.exchange(request)->status, 403);
  EXPECT_EQ(x_store->presign_get(key, 0s).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(x_store->presign_get(key, 8 * 24h).error().code, ErrorCode::kInvalidArgument);
}

TEST_F(S3StoreTest, TheServiceChecksTheDigests) {
  const Bytes bytes = pattern(1000, 12);
  S3Request request;
  request.method = "PUT";
  request.key = x_place.prefix + "damaged";
  request.body = {bytes, -1, 0, bytes.size()};
  request.payload = to_hex(sha256(pattern(1000, 13)));
  EXPECT_EQ(x_client->expect(request, "put").error().code, ErrorCode::kVerifyFailed);
  request.payload = to_hex(sha256(bytes));
  request.headers = {{"content-md5", to_base64(ByteView(md5({})))}};
  EXPECT_EQ(x_client->expect(request, "put").error().code, ErrorCode::kVerifyFailed);
  // Parts carry their MD5 only.
  request.payload = kUnsignedPayload;
  EXPECT_EQ(x_client->expect(request, "put").error().code, ErrorCode::kVerifyFailed);
  request.headers = {{"content-md5", to_base64(ByteView(md5(bytes)))}};
  EXPECT_TRUE(x_client->expect(request, "put"));
}

TEST_F(S3StoreTest, RefusalsSayWhatToDoAndNoSecret) {
  Credentials wrong = x_gateway.credentials;
  wrong.secret_key = "not-the-secret";
  const auto refused = open_s3_store(x_place, wrong, x_options, "");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kPermission);
  EXPECT_NE(refused.error().message.find("AWS_SECRET_ACCESS_KEY"), std::string::npos) << refused.error().message;
  for (const std::string& text : {refused.error().message, refused.error().detail, x_store->describe()}) {
    EXPECT_EQ(text.find(wrong.secret_key), std::string::npos) << text;
    EXPECT_EQ(text.find(x_gateway.credentials.secret_key), std::string::npos) << text;
  }
  wrong.access_key = "NOBODY";
  EXPECT_NE(open_s3_store(x_place, wrong, x_options, "").error().message.find("AWS_ACCESS_KEY_ID"), std::string::npos);

  const S3Place nowhere = x_gateway.place_at(x_gateway.endpoint, "no-such-bucket", "");
  const auto missing = open_s3_store(nowhere, x_gateway.credentials, x_options, "");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_NE(missing.error().message.find("no bucket no-such-bucket"), std::string::npos) << missing.error().message;
}

TEST_F(S3StoreTest, TlsIsVerified) {
  const S3Place secure = x_gateway.place_at(x_gateway.tls_endpoint, x_gateway.bucket, "tls");
  const auto untrusted = open_s3_store(secure, x_gateway.credentials, x_options, "");
  ASSERT_FALSE(untrusted);
  EXPECT_EQ(untrusted.error().code, ErrorCode::kPermission);
  EXPECT_NE(untrusted.error().message.find("AWS_CA_BUNDLE"), std::string::npos) << untrusted.error().message;
  auto trusted = open_s3_store(secure, x_gateway.credentials, x_options, x_gateway.ca);
  ASSERT_TRUE(trusted) << trusted.error().message;
  const auto info = put(**trusted, *new_key("default", "chunk"), pattern(100'000, 14));
  ASSERT_TRUE(info);
  EXPECT_TRUE(verify(**trusted, *info));
  EXPECT_TRUE((*trusted)->remove(info->key));
}

TEST_F(S3StoreTest, AFullSpoolDirectorySaysSo) {
  const ObjectKey key = *new_key("default", "track");
  StoreOptions nowhere = x_options;
  nowhere.spool_directory = x_scratch.path() + "/none";
  auto store = open_s3_store(x_place, x_gateway.credentials, nowhere, "");
  ASSERT_TRUE(store);
  auto writer = (*store)->create(key);
  ASSERT_TRUE(writer);
  EXPECT_EQ((*writer)->fd(), -1);
  const auto failed = (*writer)->commit();
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().message.find(nowhere.spool_directory), std::string::npos) << failed.error().message;
  EXPECT_EQ(x_store->head(key).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(x_store->create(key, kMostParts * kLargestPart + 1).error().code, ErrorCode::kTooLarge);
}

}  // namespace
}  // namespace pier::storage::impl
