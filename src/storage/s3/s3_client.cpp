#include "s3/s3_client.hpp"

#include <algorithm>
#include <charconv>
#include <random>
#include <thread>

namespace pier::storage::impl {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstWait{100};
constexpr milliseconds kLongestWait{5'000};
constexpr milliseconds kSlice{20};
constexpr int64_t kClockTolerance = 5LL * 60 * 1'000'000;
constexpr std::string_view kNoBytes = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Exponential back-off with full jitter, within a patience that begins anew with every progress.
class Backoff {
 public:
  Backoff(milliseconds patience, const std::atomic<bool>* cancelled)
      : x_patience(patience), x_cancelled(cancelled), x_begin(std::chrono::steady_clock::now()) {}

  void progressed() {
    x_begin = std::chrono::steady_clock::now();
    x_wait = kFirstWait;
  }
  /// Waits at least `least`; false when patience is used up or the work was cancelled.
  bool wait(milliseconds least) {
    thread_local std::minstd_rand random(std::random_device{}());
    const milliseconds pause(std::uniform_int_distribution<int64_t>(0, x_wait.count())(random));
    x_wait = std::min(x_wait * 2, kLongestWait);
    const auto end = std::chrono::steady_clock::now() + std::max(pause, std::min(least, kLongestWait));
    if (end - x_begin > x_patience) return false;
    while (std::chrono::steady_clock::now() < end) {
      if (x_cancelled != nullptr && x_cancelled->load()) return false;
      std::this_thread::sleep_for(kSlice);
    }
    return true;
  }

 private:
  const milliseconds x_patience;
  const std::atomic<bool>* x_cancelled;
  std::chrono::steady_clock::time_point x_begin;
  milliseconds x_wait = kFirstWait;
};

bool has_field(const Fields& fields, std::string_view name) {
  return std::ranges::any_of(fields, [&](const auto& field) { return field.first == name; });
}

bool is_passing(int status) {
  return status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
}

milliseconds retry_after(const HttpAnswer& answer) {
  const std::string_view text = answer.header("retry-after");
  uint32_t seconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  return std::chrono::seconds(std::min(seconds, 60U));
}

uint64_t number_of(std::string_view text) {
  uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

ErrorCode code_of(int status, std::string_view code) {
  if (code == "QuotaExceeded" || status == 507) return ErrorCode::kNoSpace;
  if (code == "EntityTooLarge" || status == 413) return ErrorCode::kTooLarge;
  if (code == "BadDigest" || code == "XAmzContentSHA256Mismatch") return ErrorCode::kVerifyFailed;
  if (status == 404) return ErrorCode::kNotFound;
  if (status == 401 || status == 403) return ErrorCode::kPermission;
  if (status == 409) return ErrorCode::kConflict;
  if (status == 429 || status == 503) return ErrorCode::kOverloaded;
  if (status == 301 || status == 307 || status == 400) return ErrorCode::kInvalidArgument;
  return ErrorCode::kIo;
}

/// What the person who runs Pier can do about it.
std::string remedy(const S3Place& place, const HttpAnswer& answer, std::string_view code) {
  if (code == "NoSuchBucket") return "there is no bucket " + place.bucket + "; create it first";
  if (code == "SignatureDoesNotMatch") return "the secret key does not fit the access key; check AWS_SECRET_ACCESS_KEY";
  if (code == "InvalidAccessKeyId") return "the service does not know this access key; check AWS_ACCESS_KEY_ID";
  if (code == "RequestTimeTooSkewed") return "the clocks of this machine and of the service differ too much";
  if (code == "QuotaExceeded") return "the quota of the bucket or its owner is used up; raise it or free space";
  if (code == "ExpiredToken" || code == "InvalidToken") return "the session token is no longer valid; get a new one";
  if (answer.status == 301 || answer.status == 307) {
    return "the bucket lives in region " + std::string(answer.header("x-amz-bucket-region")) +
           "; name it with region= in the store URL";
  }
  if (answer.status == 403) return "the access key may not do this; check the keys and the policy of the bucket";
  if (answer.status == 404) return "there is none";
  if (answer.status == 429 || answer.status == 503) return "the service is overloaded; try again later";
  return "the service answered with status " + std::to_string(answer.status);
}

}  // namespace

S3Client::S3Client(S3Place place, Credentials credentials, const StoreOptions& options, std::string ca_file)
    : x_place(std::move(place)),
      x_credentials(std::move(credentials)),
      x_stall(options.stall_timeout),
      x_patience(options.patience),
      x_transfer(options.connect_timeout, std::move(ca_file)) {}

WallTime S3Client::now() const {
  return Clock::system().now() + x_clock_offset.load();
}

/// A signature is valid for a quarter of an hour around the service's clock, so that clock is the one that counts.
/// True when ours was far off and now is not.
bool S3Client::learn_clock(const HttpAnswer& answer) {
  const auto date = parse_time(answer.header("date"));
  if (!date || std::abs(*date - now()) < kClockTolerance) return false;
  x_clock_offset = *date - Clock::system().now();
  return true;
}

Result<HttpAnswer> S3Client::once(const S3Request& request) {
  const std::string path = x_place.path(request.key);
  const std::string query = canonical_query(request.query);
  Fields headers = request.headers;
  headers.emplace_back("host", x_place.host);
  const size_t before = request.received != nullptr ? *request.received : 0;
  if (!request.out.empty()) {
    headers.emplace_back("range", "bytes=" + std::to_string(request.offset + before) + "-" +
                                      std::to_string(request.offset + request.out.size() - 1));
  }
  const std::string_view payload = request.payload.empty() ? kNoBytes : std::string_view(request.payload);
  HttpRequest http;
  http.method = request.method;
  http.url = x_place.url() + path + (query.empty() ? "" : "?" + query);
  http.headers =
      sign_headers({request.method, path, query, std::move(headers), payload}, x_credentials, {x_place.region, now()});
  http.body = request.body;
  http.out = request.out.subspan(before);
  size_t received = 0;
  http.received = &received;
  http.answer_limit = request.answer_limit;
  http.stall = request.stall.count() > 0 ? request.stall : x_stall;
  http.cancelled = request.cancelled;
  auto answer = x_transfer.exchange(http);
  if (request.received != nullptr) *request.received = before + received;
  return answer;
}

Result<HttpAnswer> S3Client::send(const S3Request& request) {
  const bool same_bytes = has_field(request.headers, "if-match");
  Backoff backoff(x_patience, request.cancelled);
  bool skewed = false;
  while (true) {
    if (request.received != nullptr && !same_bytes) *request.received = 0;
    const size_t before = request.received != nullptr ? *request.received : 0;
    Result<HttpAnswer> answer = once(request);
    if (!answer && answer.error().code != ErrorCode::kTimeout && answer.error().code != ErrorCode::kIo) return answer;
    if (answer && answer->status == 403 && !skewed && learn_clock(*answer)) {
      skewed = true;
      continue;
    }
    const bool refused = answer && answer->status < 300 && request.is_good && !request.is_good(*answer);
    const bool passing = answer && (is_passing(answer->status) || refused ||
                                    (answer->status == 400 && read_error(answer->body).code == "RequestTimeout"));
    if (answer && !passing) return answer;
    if (request.received != nullptr && *request.received > before) backoff.progressed();
    if (!backoff.wait(answer ? retry_after(*answer) : milliseconds(0))) {
      if (!answer) return answer;
      return Failure(error_of(*answer, request.method + " " + x_place.describe()));
    }
    if (!request.was_done) continue;
    PIER_TRY(const bool done, request.was_done());
    if (done) return HttpAnswer{200, {}, {}};
  }
}

Result<HttpAnswer> S3Client::expect(const S3Request& request, std::string_view what) {
  auto answer = send(request);
  if (!answer) return fail_in(what, answer.error());
  if (answer->status >= 300) return Failure(error_of(*answer, what));
  return answer;
}

Error S3Client::error_of(const HttpAnswer& answer, std::string_view what) const {
  const S3Error error = read_error(answer.body);
  Error out;
  out.code = code_of(answer.status, error.code);
  out.message.append(what).append(": ").append(remedy(x_place, answer, error.code));
  out.message.append(" (").append(x_place.describe()).append(")");
  out.detail =
      "status " + std::to_string(answer.status) + " " + error.code.substr(0, 100) + " " + error.message.substr(0, 300);
  return out;
}

Result<ObjectHead> S3Client::head(const std::string& key, std::string_view what) {
  S3Request request;
  request.method = "HEAD";
  request.key = key;
  PIER_TRY(const HttpAnswer answer, expect(request, what));
  ObjectHead head;
  head.size = number_of(answer.header("content-length"));
  head.modified = parse_time(answer.header("last-modified")).value_or(0);
  head.etag = answer.header("etag");
  head.writer = answer.header(kWriterHeader);
  return head;
}

Result<bool> S3Client::is_written(const std::string& key, uint64_t size, const std::string& writer) {
  const auto found = head(key, "cannot look for object " + key);
  if (!found && found.error().code == ErrorCode::kNotFound) return false;
  if (!found) return Failure(found.error());
  return found->size == size && found->writer == writer;
}

Result<ObjectPage> S3Client::list(const std::string& prefix, const std::string& token) {
  S3Request request;
  request.method = "GET";
  request.query = {{"list-type", "2"}, {"prefix", prefix}, {"encoding-type", "url"}};
  if (!token.empty()) request.query.emplace_back("continuation-token", token);
  PIER_TRY(const HttpAnswer answer, expect(request, "cannot list objects"));
  return read_object_page(answer.body);
}

Result<UploadPage> S3Client::uploads(const std::string& prefix, const std::string& after_key,
                                     const std::string& after_id) {
  S3Request request;
  request.method = "GET";
  request.query = {{"uploads", ""}, {"prefix", prefix}, {"encoding-type", "url"}};
  if (!after_key.empty()) request.query.emplace_back("key-marker", after_key);
  if (!after_id.empty()) request.query.emplace_back("upload-id-marker", after_id);
  PIER_TRY(const HttpAnswer answer, expect(request, "cannot list unfinished uploads"));
  return read_upload_page(answer.body);
}

Result<VersionPage> S3Client::versions(const std::string& prefix) {
  S3Request request;
  request.method = "GET";
  request.query = {{"versions", ""}, {"prefix", prefix}, {"encoding-type", "url"}};
  PIER_TRY(const HttpAnswer answer, expect(request, "cannot list versions of objects"));
  return read_version_page(answer.body);
}

Result<void> S3Client::remove(const std::string& key, std::string_view what) {
  S3Request request;
  request.method = "DELETE";
  request.key = key;
  PIER_TRY(const HttpAnswer answer, send(request));
  if (answer.status < 300) return {};
  // No such key: removed all the same. No such bucket is an error.
  if (answer.status == 404 && read_error(answer.body).code != "NoSuchBucket") return {};
  return Failure(error_of(answer, what));
}

Result<void> S3Client::remove_all(const std::vector<ListedObject>& objects) {
  const std::string xml = delete_body(objects);
  S3Request request;
  request.method = "POST";
  request.query = {{"delete", ""}};
  request.headers = {{"content-md5", to_base64(ByteView(md5(as_bytes(xml))))}, {"content-type", "application/xml"}};
  request.body = {as_bytes(xml), -1, 0, xml.size()};
  request.payload = to_hex(sha256(as_bytes(xml)));
  PIER_TRY(const HttpAnswer answer, expect(request, "cannot remove objects"));
  PIER_TRY(const auto errors, read_delete_errors(answer.body));
  if (errors.empty()) return {};
  return fail(ErrorCode::kIo, "cannot remove " + std::to_string(errors.size()) + " objects from " + x_place.describe() +
                                  ", the first: " + errors.front().substr(0, 300));
}

Result<void> S3Client::abort_upload(const std::string& key, const std::string& id) {
  S3Request request;
  request.method = "DELETE";
  request.key = key;
  request.query = {{"uploadId", id}};
  PIER_TRY(const HttpAnswer answer, send(request));
  if (answer.status < 300 || answer.status == 404) return {};
  return Failure(error_of(answer, "cannot abort an unfinished upload"));
}

Result<std::string> S3Client::versioning() {
  S3Request request;
  request.method = "GET";
  request.query = {{"versioning", ""}};
  PIER_TRY(const HttpAnswer answer, expect(request, "cannot open the store"));
  return read_versioning(answer.body);
}

std::string S3Client::presign_get(const std::string& key, std::chrono::seconds valid) const {
  const std::string path = x_place.path(key);
  const std::string query = sign_query({"GET", path, "", {{"host", x_place.host}}, {}}, {}, x_credentials,
                                       {x_place.region, now()}, valid.count());
  return x_place.url() + path + "?" + query;
}

}  // namespace pier::storage::impl
