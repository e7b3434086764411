#include <cstdlib>

#include "drop/drops.hpp"
#include "s3/credentials.hpp"
#include "s3/part_plan.hpp"
#include "s3/upload.hpp"

namespace pier::storage::impl {
namespace {

/// The mark of the writer is the digest of the file: an object that carries it is this file.
class S3Drop final : public FileDrop {
 public:
  S3Drop(S3Place place, Credentials credentials, std::string ca_file)
      : x_client(std::move(place), std::move(credentials), StoreOptions{}, std::move(ca_file)) {}

  Result<std::optional<uint64_t>> size_of(const std::string& name) override {
    const auto head = x_client.head(key_of(name), "cannot look for " + place_of(name));
    if (head) return head->size;
    if (head.error().code == ErrorCode::kNotFound) return std::nullopt;
    return Failure(head.error());
  }

  Result<void> put(const DroppedFile& file, bool replace) override {
    PIER_TRY(const bool there, x_client.is_written(key_of(file.name), file.size, file.sha256));
    if (there) return {};
    PIER_TRY(const std::optional<uint64_t> other, size_of(file.name));
    if (other && !replace) return taken(file.name);
    PIER_TRY(const PartPlan plan, PartPlan::make(file.size));
    PIER_TRY(const uint64_t parts, plan.parts_for(file.size));
    PIER_CHECK(parts == 0 ? put_whole(file, replace) : put_parts(file, plan, replace));
    PIER_TRY(const bool written, x_client.is_written(key_of(file.name), file.size, file.sha256));
    if (written) return {};
    return fail(ErrorCode::kVerifyFailed, place_of(file.name) + " was written, and another file stands there");
  }

  std::string place_of(const std::string& name) const override {
    return "s3://" + x_client.place().bucket + "/" + key_of(name);
  }

 private:
  std::string key_of(const std::string& name) const { return x_client.place().prefix + name; }
  Failure taken(const std::string& name) const {
    return fail(ErrorCode::kAlreadyExists, place_of(name) + " is there already; it stays as it is");
  }

  Result<void> put_whole(const DroppedFile& file, bool replace) {
    const RequestBody body{{}, file.fd, 0, file.size};
    PIER_TRY(const std::string md5_text, content_md5(body));
    S3Request request;
    request.method = "PUT";
    request.key = key_of(file.name);
    request.headers = {{"content-md5", md5_text}, {std::string(kWriterHeader), file.sha256}};
    if (!replace) request.headers.emplace_back("if-none-match", "*");
    request.body = body;
    request.payload = file.sha256;
    request.was_done = [&] { return x_client.is_written(request.key, file.size, file.sha256); };
    PIER_TRY(const HttpAnswer answer, x_client.send(request));
    if (answer.status < 300) return {};
    if (answer.status == 412) return taken(file.name);
    return Failure(x_client.error_of(answer, "cannot write " + place_of(file.name)));
  }

  Result<void> put_parts(const DroppedFile& file, const PartPlan& plan, bool replace) {
    PIER_TRY(const auto upload, Upload::start(x_client, key_of(file.name), file.sha256, replace));
    PIER_TRY(const uint64_t part_size, plan.size_of(1));
    for (uint64_t done = 0; done < file.size;) {
      Part part;
      part.file = file.fd;
      part.offset = done;
      part.size = std::min(part_size, file.size - done);
      done += part.size;
      PIER_CHECK(upload->add(std::move(part)));
    }
    return upload->complete(file.size);
  }

  S3Client x_client;
};

}  // namespace

Result<std::unique_ptr<FileDrop>> open_s3_drop(const std::string& url) {
  PIER_TRY(S3Place place, parse_s3_url(url));
  PIER_TRY(Credentials credentials, find_credentials());
  const char* ca_file = std::getenv("AWS_CA_BUNDLE");
  return std::make_unique<S3Drop>(std::move(place), std::move(credentials), ca_file == nullptr ? "" : ca_file);
}

}  // namespace pier::storage::impl
