#include "s3/http_transfer.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <curl/curl.h>

#include <pier/core/file.hpp>

namespace pier::storage::impl {
namespace {

constexpr size_t kIdleConnections = 32;
constexpr long kBufferBytes = 512L << 10U;
constexpr size_t kMostHeaders = 200;
constexpr uint64_t kAskedFirst = uint64_t{1} << 20U;  // bodies for which "Expect: 100-continue" pays

using SteadyTime = std::chrono::steady_clock::time_point;

struct FreeList {
  void operator()(curl_slist* list) const { ::curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, FreeList>;

/// State of one exchange, as libcurl's callbacks see it.
struct Exchange {
  const HttpRequest& request;
  CURL* curl = nullptr;
  HttpAnswer answer;
  uint64_t sent = 0;
  size_t received = 0;
  bool too_large = false;
  bool stalled = false;
  bool read_failed = false;
  curl_off_t moved = 0;
  SteadyTime last_move = std::chrono::steady_clock::now();
};

size_t on_send(char* out, size_t size, size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const RequestBody& body = exchange.request.body;
  const auto want = static_cast<size_t>(std::min<uint64_t>(size * count, body.size - exchange.sent));
  if (want == 0) return 0;
  if (body.file < 0) {
    std::memcpy(out, body.memory.data() + exchange.sent, want);
  } else {
    const std::span<std::byte> room(reinterpret_cast<std::byte*>(out), want);
    const auto got = pier::read_at(body.file, body.offset + exchange.sent, room);
    if (!got || *got != want) {
      exchange.read_failed = true;
      return CURL_READFUNC_ABORT;
    }
  }
  exchange.sent += want;
  return want;
}

size_t on_header(char* data, size_t size, size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const size_t bytes = size * count;
  std::string_view line(data, bytes);
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) exchange.answer.headers.clear();  // after "100 Continue" comes the real head
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return bytes;
  if (exchange.answer.headers.size() == kMostHeaders) return 0;
  std::string name(line.substr(0, colon));
  std::ranges::transform(name, name.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  line.remove_prefix(colon + 1);
  while (line.starts_with(' ') || line.starts_with('\t')) line.remove_prefix(1);
  while (line.ends_with(' ') || line.ends_with('\t')) line.remove_suffix(1);
  exchange.answer.headers.emplace_back(std::move(name), line);
  return bytes;
}

size_t on_receive(char* data, size_t size, size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const size_t bytes = size * count;
  long status = 0;
  ::curl_easy_getinfo(exchange.curl, CURLINFO_RESPONSE_CODE, &status);
  if (status == 206 && !exchange.request.out.empty()) {
    if (bytes > exchange.request.out.size() - exchange.received) {
      exchange.too_large = true;
      return 0;
    }
    std::memcpy(exchange.request.out.data() + exchange.received, data, bytes);
    exchange.received += bytes;
    return bytes;
  }
  if (exchange.answer.body.size() + bytes > exchange.request.answer_limit) {
    exchange.too_large = true;
    return 0;
  }
  exchange.answer.body.append(data, bytes);
  return bytes;
}

/// Called about once a second and at every move.
int on_progress(void* user, curl_off_t, curl_off_t down, curl_off_t, curl_off_t up) {
  auto& exchange = *static_cast<Exchange*>(user);
  if (exchange.request.cancelled != nullptr && exchange.request.cancelled->load()) return 1;
  const SteadyTime now = std::chrono::steady_clock::now();
  if (down + up != exchange.moved) {
    exchange.moved = down + up;
    exchange.last_move = now;
  }
  exchange.stalled = now - exchange.last_move > exchange.request.stall;
  return exchange.stalled ? 1 : 0;
}

HeaderList header_list(const Fields& headers, uint64_t body_size) {
  curl_slist* list = nullptr;
  if (body_size < kAskedFirst) list = ::curl_slist_append(list, "Expect:");
  for (const auto& [name, value] : headers) {
    std::string line = name;
    line.append(value.empty() ? ";" : ": ").append(value);  // libcurl's way of an empty value
    list = ::curl_slist_append(list, line.c_str());
  }
  return HeaderList(list);
}

Error transfer_error(CURLcode code, const Exchange& exchange, const char* text) {
  const std::string where = exchange.request.url.substr(0, exchange.request.url.find('/', 8));
  const std::string detail = *text != '\0' ? text : ::curl_easy_strerror(code);
  if (exchange.too_large) return {ErrorCode::kTooLarge, where + " sent a larger answer than was asked for", detail};
  if (exchange.read_failed) {
    return {ErrorCode::kInternal, "the bytes to send to " + where + " can no longer be read from their spool file", ""};
  }
  switch (code) {
    case CURLE_ABORTED_BY_CALLBACK:
      if (exchange.stalled) return {ErrorCode::kTimeout, where + " does not move on: no byte for too long", detail};
      return {ErrorCode::kCancelled, "the transfer was stopped", {}};
    case CURLE_OPERATION_TIMEDOUT:
      return {ErrorCode::kTimeout, where + " does not answer", detail};
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      return {ErrorCode::kPermission,
              "the certificate of " + where +
                  " is not trusted here; install its authority or name the file in AWS_CA_BUNDLE: " + detail,
              {}};
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_OUT_OF_MEMORY:
    case CURLE_FAILED_INIT:
      return {ErrorCode::kInternal, "cannot ask " + where + ": " + detail, {}};
    default:
      return {ErrorCode::kIo, "cannot reach " + where + " or keep the connection: " + detail, {}};
  }
}

}  // namespace

struct HttpTransfer::Handle {
  Handle() : curl(::curl_easy_init()) {}
  ~Handle() { ::curl_easy_cleanup(curl); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  CURL* curl;
};

namespace {

void set_request(CURL* curl, const HttpRequest& request) {
  ::curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  if (request.method == "HEAD") {
    ::curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  } else if (request.method == "PUT" || request.method == "POST") {
    ::curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    ::curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request.body.size));
    ::curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  } else {
    ::curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
}

void set_callbacks(CURL* curl, Exchange& exchange) {
  // No seek function: a body that went over a dead connection is not sent again behind our back.
  ::curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_send);
  ::curl_easy_setopt(curl, CURLOPT_READDATA, &exchange);
  ::curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
  ::curl_easy_setopt(curl, CURLOPT_HEADERDATA, &exchange);
  ::curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_receive);
  ::curl_easy_setopt(curl, CURLOPT_WRITEDATA, &exchange);
  ::curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
  ::curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &exchange);
  ::curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
}

void set_manners(CURL* curl, const HttpRequest& request, std::chrono::milliseconds connect_timeout,
                 const std::string& ca_file) {
  ::curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  ::curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  ::curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  ::curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);  // what was signed is what is sent
  ::curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connect_timeout.count()));
  ::curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, kBufferBytes);
  ::curl_easy_setopt(curl, CURLOPT_UPLOAD_BUFFERSIZE, kBufferBytes);
  ::curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
  ::curl_easy_setopt(curl, CURLOPT_USERAGENT, "pier");
  if (!ca_file.empty()) ::curl_easy_setopt(curl, CURLOPT_CAINFO, ca_file.c_str());
  // An endpoint of plain http stands in the own network: proxies of the environment are for https.
  if (request.url.starts_with("http://")) ::curl_easy_setopt(curl, CURLOPT_PROXY, "");
}

}  // namespace

std::string_view HttpAnswer::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

HttpTransfer::HttpTransfer(std::chrono::milliseconds connect_timeout, std::string ca_file)
    : x_connect_timeout(connect_timeout), x_ca_file(std::move(ca_file)) {
  static const CURLcode kReady = ::curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(kReady);
}

HttpTransfer::~HttpTransfer() = default;

std::unique_ptr<HttpTransfer::Handle> HttpTransfer::take() {
  auto handle = x_idle.with([](auto& idle) {
    std::unique_ptr<Handle> last;
    if (!idle.empty()) {
      last = std::move(idle.back());
      idle.pop_back();
    }
    return last;
  });
  return handle ? std::move(handle) : std::make_unique<Handle>();
}

void HttpTransfer::give_back(std::unique_ptr<Handle> handle) {
  ::curl_easy_reset(handle->curl);  // keeps the connection
  x_idle.with([&](auto& idle) {
    if (idle.size() < kIdleConnections) idle.push_back(std::move(handle));
  });
}

Result<HttpAnswer> HttpTransfer::exchange(const HttpRequest& request) {
  std::unique_ptr<Handle> handle = take();
  CURL* const curl = handle->curl;
  if (curl == nullptr) return fail(ErrorCode::kInternal, "libcurl cannot start: out of memory");
  Exchange exchange{.request = request, .curl = curl, .answer = {}};
  std::array<char, CURL_ERROR_SIZE> text{};
  const HeaderList headers = header_list(request.headers, request.body.size);
  set_manners(curl, request, x_connect_timeout, x_ca_file);
  set_request(curl, request);
  set_callbacks(curl, exchange);
  ::curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  ::curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, text.data());
  const CURLcode code = ::curl_easy_perform(curl);
  if (request.received != nullptr) *request.received = exchange.received;
  long status = 0;
  ::curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  // A handle whose exchange broke goes with its connection.
  if (code != CURLE_OK) return Failure(transfer_error(code, exchange, text.data()));
  exchange.answer.status = static_cast<int>(status);
  give_back(std::move(handle));
  return std::move(exchange.answer);
}

}  // namespace pier::storage::impl
