#include <algorithm>
#include <charconv>
#include <cstring>
#include <list>

#include "s3/s3_objects.hpp"

namespace pier::storage::impl {
namespace {

constexpr uint64_t kHeadBytes = uint64_t{64} << 10U;        // fetched with open(): many objects are no larger
constexpr uint64_t kSmallestWindow = uint64_t{256} << 10U;  // of a read somewhere
constexpr uint64_t kLargestWindow = uint64_t{4} << 20U;     // of reads in sequence
constexpr size_t kWindows = 4;

/// Bytes of the object in memory.
struct Window {
  uint64_t offset = 0;
  Bytes bytes;
  uint64_t end() const { return offset + bytes.size(); }
  bool holds(uint64_t at) const { return at >= offset && at < end(); }
};
using SharedWindow = std::shared_ptr<const Window>;

class S3Reader final : public ObjectReader {
 public:
  S3Reader(std::shared_ptr<S3Shared> shared, ObjectKey key, uint64_t size, std::string etag, Bytes head)
      : x_shared(std::move(shared)),
        x_key(std::move(key)),
        x_size(size),
        x_etag(std::move(etag)),
        x_head(std::make_shared<const Window>(Window{0, std::move(head)})) {}

  const ObjectKey& key() const override { return x_key; }
  uint64_t size() const override { return x_size; }
  int fd() const override { return -1; }
  Result<size_t> read_at(uint64_t offset, std::span<std::byte> out) const override;

 private:
  struct Cache {
    std::list<SharedWindow> windows;  // the last used first
    uint64_t next = 0;                // where a read in sequence would go on
    uint64_t length = kSmallestWindow;
  };
  SharedWindow find(uint64_t offset) const;
  uint64_t plan(uint64_t offset, uint64_t wanted) const;
  Result<void> fetch(uint64_t offset, std::span<std::byte> out) const;

  const std::shared_ptr<S3Shared> x_shared;
  const ObjectKey x_key;
  const uint64_t x_size;
  const std::string x_etag;
  const SharedWindow x_head;
  mutable Guarded<Cache> x_cache;
};

SharedWindow S3Reader::find(uint64_t offset) const {
  if (x_head->holds(offset)) return x_head;
  return x_cache.with([&](Cache& cache) -> SharedWindow {
    for (auto it = cache.windows.begin(); it != cache.windows.end(); ++it) {
      if (!(*it)->holds(offset)) continue;
      cache.windows.splice(cache.windows.begin(), cache.windows, it);
      return cache.windows.front();
    }
    return nullptr;
  });
}

/// Length of the window to fetch at `offset`: reads in sequence fetch more each time.
uint64_t S3Reader::plan(uint64_t offset, uint64_t wanted) const {
  return x_cache.with([&](Cache& cache) {
    const bool in_sequence = offset == cache.next || offset == x_head->end();
    cache.length = in_sequence ? std::min(cache.length * 2, kLargestWindow) : kSmallestWindow;
    const uint64_t length = std::min(std::max(cache.length, wanted), x_size - offset);
    cache.next = offset + length;
    return length;
  });
}

Result<size_t> S3Reader::read_at(uint64_t offset, std::span<std::byte> out) const {
  if (offset >= x_size) return size_t{0};
  out = out.first(std::min<uint64_t>(out.size(), x_size - offset));
  size_t done = 0;
  while (done < out.size()) {
    const uint64_t at = offset + done;
    const auto rest = out.subspan(done);
    SharedWindow window = find(at);
    if (!window && rest.size() >= kLargestWindow) {
      PIER_CHECK(fetch(at, rest));
      return out.size();
    }
    if (!window) {
      auto fresh = std::make_shared<Window>(Window{at, Bytes(plan(at, rest.size()))});
      PIER_CHECK(fetch(at, fresh->bytes));
      window = fresh;
      x_cache.with([&](Cache& cache) {
        cache.windows.push_front(window);
        if (cache.windows.size() > kWindows) cache.windows.pop_back();
      });
    }
    const size_t count = std::min<uint64_t>(rest.size(), window->end() - at);
    std::memcpy(rest.data(), window->bytes.data() + (at - window->offset), count);
    done += count;
  }
  return done;
}

/// Fills `out` or fails. The tag of the bytes is a condition: another object at this key is not mixed in.
Result<void> S3Reader::fetch(uint64_t offset, std::span<std::byte> out) const {
  S3Request request;
  request.method = "GET";
  request.key = x_shared->whole(x_key);
  request.headers = {{"if-match", x_etag}};
  request.out = out;
  request.offset = offset;
  size_t received = 0;
  request.received = &received;
  const std::string what = "cannot read object " + to_string(x_key);
  PIER_TRY(const HttpAnswer answer, x_shared->client.send(request));
  if (answer.status == 412) {
    return fail(ErrorCode::kVerifyFailed, what + ": it was replaced by another while it was read");
  }
  if (answer.status >= 300) return Failure(x_shared->client.error_of(answer, what));
  if (answer.status != 206)
    return fail(ErrorCode::kIo, what + ": the service does not answer with the range asked for");
  if (received == out.size()) return {};
  return fail(ErrorCode::kTruncated, what + ": the service sent fewer bytes than the object has");
}

/// "bytes 0-65535/123456" -> 123456
Result<uint64_t> total_of(std::string_view range, size_t received) {
  const size_t slash = range.rfind('/');
  uint64_t total = 0;
  if (range.starts_with("bytes 0-") && slash != std::string_view::npos) {
    std::from_chars(range.data() + slash + 1, range.data() + range.size(), total);
  }
  if (total == 0 || received != std::min(total, kHeadBytes)) {
    return fail(ErrorCode::kIo, "the S3 service does not say how long the object is");
  }
  return total;
}

}  // namespace

Result<std::unique_ptr<ObjectReader>> open_s3_reader(std::shared_ptr<S3Shared> shared, const ObjectKey& key) {
  PIER_CHECK(check_key(key));
  const std::string whole = shared->whole(key);
  const std::string what = "cannot open object " + to_string(key);
  Bytes head(kHeadBytes);
  size_t received = 0;
  S3Request request;
  request.method = "GET";
  request.key = whole;
  request.out = head;
  request.received = &received;
  PIER_TRY(const HttpAnswer answer, shared->client.send(request));
  if (answer.status == 416 || (answer.status == 200 && answer.body.empty())) {
    // An empty object has no range.
    PIER_TRY(const ObjectHead empty, shared->client.head(whole, what));
    if (empty.size != 0) return fail(ErrorCode::kIo, what + ": the service refuses ranges");
    return std::make_unique<S3Reader>(std::move(shared), key, 0, empty.etag, Bytes());
  }
  if (answer.status >= 300) return Failure(shared->client.error_of(answer, what));
  if (answer.status != 206)
    return fail(ErrorCode::kIo, what + ": the service does not answer with the range asked for");
  PIER_TRY(const uint64_t size, total_of(answer.header("content-range"), received));
  std::string etag(answer.header("etag"));
  if (etag.empty()) return fail(ErrorCode::kIo, what + ": the service gave no ETag");
  head.resize(received);
  head.shrink_to_fit();
  return std::make_unique<S3Reader>(std::move(shared), key, size, std::move(etag), std::move(head));
}

}  // namespace pier::storage::impl
