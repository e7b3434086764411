#include "s3/s3_store.hpp"

#include <limits>

#include <pier/core/log.hpp>

#include "s3/s3_objects.hpp"

namespace pier::storage::impl {
namespace {

constexpr std::chrono::seconds kLongestPresign{7 * 24 * 3600};

class S3Store final : public ObjectStore {
 public:
  explicit S3Store(std::shared_ptr<S3Shared> shared) : x_shared(std::move(shared)) {}

  Result<std::unique_ptr<ObjectWriter>> create(const ObjectKey& key, std::optional<uint64_t> declared) override;
  Result<std::unique_ptr<ObjectReader>> open(const ObjectKey& key) override { return open_s3_reader(x_shared, key); }
  Result<ObjectStat> head(const ObjectKey& key) override;
  Result<void> list(std::string_view prefix, const std::function<bool(const ObjectStat&)>& visit) override;
  Result<void> remove(const ObjectKey& key) override;
  Result<uint64_t> remove_unfinished(WallTime before) override;
  Result<void> erase(std::string_view organisation) override;
  Result<uint64_t> free_bytes() override { return std::numeric_limits<uint64_t>::max(); }
  Result<std::string> presign_get(const ObjectKey& key, std::chrono::seconds valid) override;
  Result<std::string> claim(const std::string& owner) override;
  std::string describe() const override { return place().describe(); }

 private:
  const S3Place& place() const { return x_shared->client.place(); }
  bool is_free(const std::string& whole);
  Result<std::vector<ListedUpload>> all_uploads(const std::string& prefix);

  const std::shared_ptr<S3Shared> x_shared;
};

/// Takes the key for a writer of this store.
bool S3Store::is_free(const std::string& whole) {
  return x_shared->writing.with([&](auto& keys) { return keys.emplace(whole, 1).second; });
}

Result<std::unique_ptr<ObjectWriter>> S3Store::create(const ObjectKey& key, std::optional<uint64_t> declared) {
  PIER_CHECK(check_key(key));
  PIER_TRY(const PartPlan plan, PartPlan::make(declared));
  const std::string whole = x_shared->whole(key);
  const auto taken = x_shared->client.head(whole, "cannot write object " + to_string(key));
  if (!taken && taken.error().code != ErrorCode::kNotFound) return Failure(taken.error());
  if (taken || !is_free(whole)) {
    return fail(ErrorCode::kAlreadyExists, "object " + to_string(key) + " is already there in " + describe());
  }
  return make_s3_writer(x_shared, key, plan);
}

Result<ObjectStat> S3Store::head(const ObjectKey& key) {
  PIER_CHECK(check_key(key));
  PIER_TRY(const ObjectHead head, x_shared->client.head(x_shared->whole(key), "cannot find object " + to_string(key)));
  return ObjectStat{key, head.size, head.modified};
}

Result<void> S3Store::list(std::string_view prefix, const std::function<bool(const ObjectStat&)>& visit) {
  const std::string& base = place().prefix;
  std::string token;
  do {
    PIER_TRY(const ObjectPage page, x_shared->client.list(base + std::string(prefix), token));
    for (const ListedObject& object : page.objects) {
      if (!object.key.starts_with(base)) continue;
      const auto key = parse_key(std::string_view(object.key).substr(base.size()));
      if (key && !visit({*key, object.size, object.modified})) return {};
    }
    if (page.next == token && !token.empty()) {
      return fail(ErrorCode::kIo, "the list of " + describe() + " does not come to an end");
    }
    token = page.next;
  } while (!token.empty());
  return {};
}

Result<void> S3Store::remove(const ObjectKey& key) {
  PIER_CHECK(check_key(key));
  return x_shared->client.remove(x_shared->whole(key), "cannot remove object " + to_string(key));
}

Result<std::vector<ListedUpload>> S3Store::all_uploads(const std::string& prefix) {
  std::vector<ListedUpload> all;
  std::string after_key, after_id;
  do {
    PIER_TRY(UploadPage page, x_shared->client.uploads(prefix, after_key, after_id));
    for (ListedUpload& upload : page.uploads) {
      if (upload.key.starts_with(prefix)) all.push_back(std::move(upload));
    }
    if (!page.next_key.empty() && page.next_key == after_key && page.next_id == after_id) {
      return fail(ErrorCode::kIo, "the list of uploads of " + describe() + " does not come to an end");
    }
    after_key = page.next_key;
    after_id = page.next_id;
  } while (!after_key.empty());
  return all;
}

Result<uint64_t> S3Store::remove_unfinished(WallTime before) {
  PIER_TRY(const auto uploads, all_uploads(place().prefix));
  uint64_t removed = 0;
  for (const ListedUpload& upload : uploads) {
    // The bucket may serve others too: only what has the form of our keys is ours.
    if (upload.initiated >= before || !parse_key(std::string_view(upload.key).substr(place().prefix.size()))) continue;
    PIER_CHECK(x_shared->client.abort_upload(upload.key, upload.id));
    ++removed;
  }
  return removed;
}

Result<void> S3Store::erase(std::string_view organisation) {
  if (!is_organisation_id(organisation)) {
    return fail(ErrorCode::kInvalidArgument, "\"" + display_text(organisation) + "\" is no organisation");
  }
  const std::string prefix = place().prefix + std::string(organisation) + "/";
  PIER_TRY(const auto uploads, all_uploads(prefix));
  for (const ListedUpload& upload : uploads) PIER_CHECK(x_shared->client.abort_upload(upload.key, upload.id));
  while (true) {
    // Each round begins at the front: what was listed before is gone.
    PIER_TRY(VersionPage page, x_shared->client.versions(prefix));
    std::erase_if(page.objects, [&](const ListedObject& object) { return !object.key.starts_with(prefix); });
    if (page.objects.empty()) return {};
    PIER_CHECK(x_shared->client.remove_all(page.objects));
    if (!page.more) return {};
  }
}

Result<std::string> S3Store::claim(const std::string& owner) {
  const std::string what = "cannot mark the store";
  S3Request ask;
  ask.method = "GET";
  ask.key = place().prefix + kOwnerMark;
  PIER_TRY(HttpAnswer mark, x_shared->client.send(ask));
  if (mark.status == 404) {
    S3Request put;
    put.method = "PUT";
    put.key = ask.key;
    put.headers = {{"if-none-match", "*"}};
    put.body = {as_bytes(owner), -1, 0, owner.size()};
    put.payload = to_hex(sha256(as_bytes(owner)));
    PIER_TRY(const HttpAnswer made, x_shared->client.send(put));
    // 412: another was faster, or our own first attempt, whose answer was lost.
    if (made.status >= 300 && made.status != 412) return Failure(x_shared->client.error_of(made, what));
    PIER_TRY(mark, x_shared->client.send(ask));
  }
  if (mark.status >= 300) return Failure(x_shared->client.error_of(mark, what));
  return display_text(mark.body.substr(0, 4096));
}

Result<std::string> S3Store::presign_get(const ObjectKey& key, std::chrono::seconds valid) {
  PIER_CHECK(check_key(key));
  if (valid < std::chrono::seconds(1) || valid > kLongestPresign) {
    return fail(ErrorCode::kInvalidArgument, "an address is valid for 1 second to 7 days");
  }
  return x_shared->client.presign_get(x_shared->whole(key), valid);
}

}  // namespace

Result<std::unique_ptr<ObjectStore>> open_s3_store(S3Place place, Credentials credentials, const StoreOptions& options,
                                                   std::string ca_file) {
  auto shared = std::make_shared<S3Shared>(std::move(place), std::move(credentials), options, std::move(ca_file));
  PIER_TRY(const std::string versioning, shared->client.versioning());
  if (!versioning.empty()) {
    log::warn("the bucket keeps versions: what is removed still takes space; a life-cycle rule can expire it",
              {{"store", shared->client.place().describe()}});
  }
  return std::make_unique<S3Store>(std::move(shared));
}

}  // namespace pier::storage::impl
