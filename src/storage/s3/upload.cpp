#include "s3/upload.hpp"

#include <algorithm>

#include <openssl/evp.h>

#include <pier/core/log.hpp>

namespace pier::storage::impl {
namespace {

constexpr size_t kPartsInFlight = 3;
constexpr size_t kReadBytes = size_t{1} << 20U;
/// The service joins thousands of parts before it answers.
constexpr std::chrono::minutes kJoinPatience{5};

struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { ::EVP_MD_CTX_free(context); }
};

}  // namespace

RequestBody Part::body() const {
  if (own_file) return {{}, own_file.get(), 0, size};
  if (file >= 0) return {{}, file, offset, size};
  return {memory, -1, 0, size};
}

Result<std::string> content_md5(const RequestBody& body) {
  const std::unique_ptr<EVP_MD_CTX, FreeDigest> context(::EVP_MD_CTX_new());
  if (!context || ::EVP_DigestInit_ex(context.get(), ::EVP_md5(), nullptr) != 1) {
    return fail(ErrorCode::kInternal, "libcrypto has no MD5, which S3 asks for");
  }
  Bytes buffer(body.file >= 0 ? kReadBytes : 0);
  for (uint64_t done = 0; done < body.size;) {
    const auto want = static_cast<size_t>(std::min<uint64_t>(kReadBytes, body.size - done));
    ByteView piece;
    if (body.file >= 0) {
      PIER_TRY(const size_t got, pier::read_at(body.file, body.offset + done, std::span(buffer).first(want)));
      if (got != want) return fail(ErrorCode::kTruncated, "a spool file became shorter while it was sent");
      piece = ByteView(buffer).first(want);
    } else {
      piece = body.memory.subspan(done, want);
    }
    ::EVP_DigestUpdate(context.get(), piece.data(), piece.size());
    done += want;
  }
  Md5 digest{};
  ::EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(digest.data()), nullptr);
  return to_base64(ByteView(digest));
}

Result<std::unique_ptr<Upload>> Upload::start(S3Client& client, const std::string& key, const std::string& writer,
                                              bool replace) {
  S3Request request;
  request.method = "POST";
  request.key = key;
  request.query = {{"uploads", ""}};
  request.headers = {{std::string(kWriterHeader), writer}};
  PIER_TRY(const HttpAnswer answer, client.expect(request, "cannot begin the upload of object " + key));
  PIER_TRY(std::string id, read_upload_id(answer.body));
  std::unique_ptr<Upload> upload(new Upload(client, key, writer, std::move(id)));
  upload->x_replace = replace;
  return upload;
}

Upload::Upload(S3Client& client, std::string key, std::string writer, std::string id)
    : x_client(client),
      x_key(std::move(key)),
      x_writer(std::move(writer)),
      x_id(std::move(id)),
      x_pool(std::make_unique<ThreadPool>(kPartsInFlight, 1)) {}

Upload::~Upload() {
  x_cancelled = true;
  x_pool.reset();
  // An abort beside an attempt to join that may still be under way can leave an object that is listed but gone.
  if (x_completed || x_joining) return;
  const auto aborted = x_client.abort_upload(x_key, x_id);
  if (!aborted) log::error("an unfinished upload stays until it is swept", aborted.error());
}

Result<void> Upload::add(Part part) {
  const auto failed = x_state.with([](const State& state) { return state.error; });
  if (failed) return Failure(*failed);
  const uint64_t number = ++x_parts;
  x_state.with([&](State& state) { state.etags.resize(number); });
  auto shared = std::make_shared<const Part>(std::move(part));
  x_pool->submit([this, number, shared = std::move(shared)] { send_part(number, *shared); });
  return {};
}

void Upload::send_part(uint64_t number, const Part& part) {
  if (x_cancelled || x_state.with([](const State& state) { return state.error.has_value(); })) return;
  auto etag = put_part(number, part.body());
  x_state.with([&](State& state) {
    if (etag) {
      state.etags[number - 1] = std::move(*etag);
    } else if (!state.error) {
      state.error = std::move(etag.error());
    }
  });
}

Result<std::string> Upload::put_part(uint64_t number, const RequestBody& body) {
  PIER_TRY(const std::string md5_text, content_md5(body));
  S3Request request;
  request.method = "PUT";
  request.key = x_key;
  request.query = {{"partNumber", std::to_string(number)}, {"uploadId", x_id}};
  request.headers = {{"content-md5", md5_text}};
  request.body = body;
  request.payload = kUnsignedPayload;
  request.cancelled = &x_cancelled;
  std::string etag;
  // A part that arrived is never sent again: RADOS Gateway would keep both.
  request.was_done = [&]() -> Result<bool> {
    PIER_TRY(const auto known, recorded(number, body.size));
    if (known) etag = *known;
    return known.has_value();
  };
  const std::string what = "cannot write part " + std::to_string(number) + " of object " + x_key;
  PIER_TRY(const HttpAnswer answer, x_client.expect(request, what));
  if (etag.empty()) etag = answer.header("etag");
  if (etag.empty()) return fail(ErrorCode::kIo, what + ": the service gave no ETag");
  return etag;
}

Result<std::optional<std::string>> Upload::recorded(uint64_t number, uint64_t size) {
  S3Request request;
  request.method = "GET";
  request.key = x_key;
  request.query = {{"uploadId", x_id}, {"part-number-marker", std::to_string(number - 1)}, {"max-parts", "1"}};
  request.cancelled = &x_cancelled;
  PIER_TRY(const HttpAnswer answer, x_client.expect(request, "cannot look for parts of object " + x_key));
  PIER_TRY(const auto parts, read_parts(answer.body));
  for (const ListedPart& part : parts) {
    if (part.number == number && part.size == size) return std::optional(part.etag);
  }
  return std::optional<std::string>();
}

Result<void> Upload::complete(uint64_t size) {
  x_pool.reset();  // waits for all parts
  const auto failed = x_state.with([](const State& state) { return state.error; });
  if (failed) return Failure(*failed);
  PIER_CHECK(join(size));
  x_completed = true;
  return {};
}

Result<void> Upload::join(uint64_t size) {
  const std::string xml = x_state.with([](const State& state) { return complete_body(state.etags); });
  S3Request request;
  request.method = "POST";
  request.key = x_key;
  request.query = {{"uploadId", x_id}};
  request.headers = {{"content-type", "application/xml"}};
  if (!x_replace) request.headers.emplace_back("if-none-match", "*");
  request.body = {as_bytes(xml), -1, 0, xml.size()};
  request.payload = to_hex(sha256(as_bytes(xml)));
  request.stall = kJoinPatience;
  bool found = false;
  request.was_done = [&]() -> Result<bool> {
    PIER_TRY(found, x_client.is_written(x_key, size, x_writer));
    return found;
  };
  // The status may be 200 and the body an error, sent after the service began to answer.
  request.is_good = [](const HttpAnswer& answer) { return is_complete_result(answer.body); };
  x_joining = true;
  PIER_TRY(const HttpAnswer answer, x_client.send(request));
  x_joining = false;
  if (answer.status < 300) return {};
  // "No such upload" may mean that an attempt whose answer was lost has joined it.
  PIER_TRY(const bool written, x_client.is_written(x_key, size, x_writer));
  if (written) return {};
  if (answer.status == 412) {
    return fail(ErrorCode::kAlreadyExists, "object " + x_key + " is already there in " + x_client.place().describe());
  }
  return Failure(x_client.error_of(answer, "cannot finish the upload of object " + x_key));
}

}  // namespace pier::storage::impl
