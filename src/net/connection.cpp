#include "connection.hpp"

#include <array>
#include <cerrno>

#include <sys/socket.h>

#include <pier/core/log.hpp>

#include "event_text.hpp"
#include "response_head.hpp"
#include "send_file.hpp"

namespace pier::net::impl {
namespace {

constexpr auto kHeartbeat = std::chrono::seconds(15);
constexpr size_t kReadSize = 16U << 10U;

Response guarded(const std::function<Response(const Request&)>& handle, const Request& request) {
  try {
    return handle(request);
  } catch (const std::exception& e) {
    log::error("http.handler", {{"target", request.target}, {"exception", e.what()}});
    return problem_response(500, "internal", "the server made a mistake; its log says more");
  }
}

Response overload() {
  Response response = problem_response(503, "overloaded", "the server has all hands full; try again in a moment");
  response.group = "refused";
  return response;
}

std::string chunk_of(std::string_view text) {
  char size[20];
  const int digits = std::snprintf(size, sizeof(size), "%zx\r\n", text.size());
  std::string out(size, static_cast<size_t>(digits));
  out += text;
  out += "\r\n";
  return out;
}

}  // namespace

Connection::Connection(IoThread& thread, UniqueFd fd, std::string remote, bool over_unix, bool refused)
    : x_thread(thread),
      x_shared(thread.shared),
      x_socket(thread.io.get_executor(), fd.release()),
      x_wake(thread.io.get_executor()),
      x_remote(std::move(remote)),
      x_over_unix(over_unix),
      x_refused(refused) {
  x_place = thread.connections.insert(thread.connections.end(), this);
}

Connection::~Connection() {
  x_thread.connections.erase(x_place);
  const std::lock_guard lock(x_shared.mutex);
  x_shared.connections--;
  x_shared.changed.notify_all();
}

void Connection::set_deadline(std::chrono::milliseconds from_now) {
  x_deadline = std::chrono::steady_clock::now() + from_now;
}

void Connection::check_deadline(SteadyTime now) {
  if (now < x_deadline) return;
  x_timed_out = true;
  clear_deadline();
  // Waits end, the connection may still be written to: a slow request is told so.
  x_socket.cancel();
}

void Connection::cut() {
  x_cut = true;
  ::shutdown(fd(), SHUT_RDWR);
  x_socket.cancel();
  x_wake.cancel();
}

void Connection::stop_gently() {
  x_wake.cancel();
  if (x_idle) cut();
}

Awaitable<bool> Connection::wait_readable() {
  if (x_cut || x_timed_out) co_return false;
  const auto [code] = co_await x_socket.async_wait(Descriptor::wait_read, kAwait);
  co_return !code && !x_cut && !x_timed_out;
}

Awaitable<bool> Connection::wait_writable() {
  if (x_cut) co_return false;
  set_deadline(x_shared.options.write_timeout);
  const auto [code] = co_await x_socket.async_wait(Descriptor::wait_write, kAwait);
  clear_deadline();
  co_return !code && !x_cut && !x_timed_out;
}

Awaitable<void> Connection::pause(std::chrono::milliseconds time) {
  x_wake.expires_after(time);
  co_await x_wake.async_wait(kAwait);
}

/// Appends what came to x_input. False: nothing more will come.
Awaitable<bool> Connection::receive() {
  while (true) {
    const bool ready = co_await wait_readable();
    if (!ready) co_return false;
    const size_t before = x_input.size();
    x_input.resize(before + kReadSize);
    const ssize_t count = ::recv(fd(), x_input.data() + before, kReadSize, MSG_DONTWAIT);
    x_input.resize(before + (count > 0 ? static_cast<size_t>(count) : 0));
    if (count > 0) co_return true;
    if (count == 0 || (errno != EAGAIN && errno != EINTR)) co_return false;
  }
}

Awaitable<Connection::Read> Connection::read_request() {
  x_reader = std::make_unique<RequestReader>(x_shared.options.header_limit);
  x_timed_out = false;
  x_idle = true;
  set_deadline(x_shared.options.idle_timeout);
  while (true) {
    // RFC 9112 section 2.2: an empty line before the request line is passed over.
    while (x_idle && x_input.starts_with("\r\n")) x_input.erase(0, 2);
    if (!x_input.empty()) {
      if (x_idle) set_deadline(x_shared.options.header_timeout);
      x_idle = false;
      x_input.erase(0, x_reader->feed(x_input));
    }
    const RequestReader::State state = x_reader->state();
    if (state == RequestReader::State::kDone) co_return Read::kRequest;
    if (state == RequestReader::State::kFailed) co_return Read::kRefused;
    if (state == RequestReader::State::kHeadDone) {
      const bool asks = static_cast<bool>(x_shared.handlers.body_limit);
      x_reader->set_body_limit(asks ? x_shared.handlers.body_limit(x_reader->head()) : x_shared.options.body_limit);
      set_deadline(x_shared.options.body_timeout);
      if (x_reader->state() == RequestReader::State::kBody && x_reader->expects_continue()) {
        const bool told = co_await send_bytes("HTTP/1.1 100 Continue\r\n\r\n", false);
        if (!told) co_return Read::kEnd;
        set_deadline(x_shared.options.body_timeout);
      }
      continue;
    }
    if (x_idle && x_shared.stopping) co_return Read::kEnd;
    const bool more = co_await receive();
    if (!more) co_return x_timed_out && !x_idle ? Read::kRefused : Read::kEnd;
  }
}

/// Runs `work` on the CPU pool and comes back. False: the pool is full.
Awaitable<bool> Connection::on_pool(std::function<void()> work) {
  bool done = false;
  // The job owns nothing of the connection: the suspended coroutine does, and it ends on its own thread.
  std::function<void()> job = [this, &done, work = std::move(work)] {
    work();
    asio::post(x_thread.io, [this, &done] {
      done = true;
      x_wake.cancel();
    });
  };
  const bool taken = x_shared.pool->try_submit(std::move(job));
  if (!taken) co_return false;
  while (!done) {
    x_wake.expires_at(SteadyTime::max());
    co_await x_wake.async_wait(kAwait);
  }
  co_return true;
}

Awaitable<Response> Connection::answer(Request& request) {
  clear_deadline();
  if (x_refused) co_return overload();
  if (x_shared.handlers.quick) {
    std::optional<Response> ready;
    Response fallback = guarded(
        [&](const Request& r) {
          ready = x_shared.handlers.quick(r);
          return Response();
        },
        request);
    if (ready) co_return std::move(*ready);
    if (fallback.status != 200) co_return fallback;
  }
  Response response;
  std::function<void()> work = [&] { response = guarded(x_shared.handlers.handle, request); };
  const bool taken = co_await on_pool(std::move(work));
  if (!taken) co_return overload();
  co_return response;
}

Awaitable<bool> Connection::send_bytes(std::string_view bytes, bool more) {
  const int flags = MSG_NOSIGNAL | MSG_DONTWAIT | (more ? MSG_MORE : 0);
  while (!bytes.empty()) {
    const ssize_t count = ::send(fd(), bytes.data(), bytes.size(), flags);
    if (count >= 0) {
      bytes.remove_prefix(static_cast<size_t>(count));
      x_sent += static_cast<uint64_t>(count);
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) co_return false;
    const bool writable = co_await wait_writable();
    if (!writable) co_return false;
  }
  co_return true;
}

Awaitable<bool> Connection::send_file(FileRange range) {
  uint64_t looked_at = range.offset;  // everything before is in memory
  while (range.length > 0) {
    if (range.offset >= looked_at) {
      const uint64_t window = std::min(range.length, kFileWindow);
      if (!is_cached(range.fd, range.offset, window)) {
        std::function<void()> work = [&range, window] { read_ahead(range.fd, range.offset, window); };
        const bool read = co_await on_pool(std::move(work));
        if (!read) {
          co_await pause(std::chrono::milliseconds(5));
          if (x_cut) co_return false;
          continue;
        }
      }
      looked_at = range.offset + window;
    }
    const uint64_t before = range.length;
    const Sent sent = send_some(fd(), range);
    x_sent += before - range.length;
    if (sent == Sent::kFailed) co_return false;
    if (sent == Sent::kWouldBlock) {
      const bool writable = co_await wait_writable();
      if (!writable) co_return false;
    }
  }
  co_return true;
}

Awaitable<bool> Connection::send_chunk(std::string_view text) {
  if (x_reader->is_http_1_0()) co_return co_await send_bytes(text, false);
  const std::string chunk = chunk_of(text);
  co_return co_await send_bytes(chunk, false);
}

bool Connection::peer_is_gone() const {
  char byte = 0;
  const int socket = const_cast<Descriptor&>(x_socket).native_handle();
  const ssize_t count = ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR);
}

Awaitable<bool> Connection::send_events(const EventStream& stream) {
  SteadyTime last_sent = std::chrono::steady_clock::now();
  EventStream::Batch batch;
  while (!batch.last) {
    if (x_cut || peer_is_gone()) co_return false;
    batch = {};
    std::function<void()> work = [&] {
      try {
        batch = stream.poll();
      } catch (const std::exception& e) {
        log::error("http.events", {{"exception", e.what()}});
        batch.last = true;
      }
    };
    co_await on_pool(std::move(work));
    if (x_shared.stopping) batch.last = true;
    std::string text;
    for (const ServerEvent& event : batch.events) text += write_event(event);
    const SteadyTime now = std::chrono::steady_clock::now();
    if (text.empty() && now - last_sent >= kHeartbeat) text = ":\n\n";
    if (!text.empty()) {
      const bool sent = co_await send_chunk(text);
      if (!sent) co_return false;
      last_sent = now;
    }
    if (!batch.last) co_await pause(stream.interval);
  }
  if (x_reader->is_http_1_0()) co_return true;
  co_return co_await send_bytes("0\r\n\r\n", false);
}

Awaitable<bool> Connection::send(Response& response, const Request& request, bool keep_alive) {
  x_sent = 0;
  const HeadFacts facts{keep_alive, x_reader->is_http_1_0(), x_thread.date};
  std::string head = write_head(response, facts);
  const bool bare = request.method == "HEAD" || !has_body(response.status);
  const std::string* text = std::get_if<std::string>(&response.body);
  if (const auto* shared = std::get_if<std::shared_ptr<const std::string>>(&response.body)) text = shared->get();
  const bool joined = !bare && text != nullptr && text->size() <= kReadSize;
  if (joined) head += *text;
  const bool alone =
      bare || joined || std::holds_alternative<EventStream>(response.body) || body_length(response.body) == uint64_t{0};
  const bool sent_head = co_await send_bytes(head, !alone);
  if (!sent_head) co_return false;
  if (bare || joined) co_return true;
  if (text != nullptr) co_return co_await send_bytes(*text, false);
  if (const auto* file = std::get_if<FileRange>(&response.body)) co_return co_await send_file(*file);
  if (const auto* stream = std::get_if<EventStream>(&response.body)) co_return co_await send_events(*stream);
  co_return true;
}

/// After a refusal the client may still be sending: closing at once would reset the connection and lose our answer.
Awaitable<void> Connection::linger() {
  ::shutdown(fd(), SHUT_WR);
  x_timed_out = false;
  x_idle = true;
  set_deadline(std::chrono::milliseconds(x_shared.stopping ? 250 : 1000));
  for (int i = 0; i < 64; i++) {
    x_input.clear();
    const bool more = co_await receive();
    if (!more) break;
  }
  clear_deadline();
}

Awaitable<void> Connection::run() {
  const auto self = shared_from_this();
  while (true) {
    const Read read = co_await read_request();
    if (read == Read::kEnd) break;
    x_started = std::chrono::steady_clock::now();
    Request request;
    Response response;
    if (read == Read::kRefused) {
      response =
          x_timed_out ? problem_response(408, "timeout", "the request took too long to arrive") : x_reader->failure();
      response.group = "refused";
      x_timed_out = false;
    } else {
      request = x_reader->take();
      request.remote = x_remote;
      request.over_unix_socket = x_over_unix;
      response = co_await answer(request);
    }
    const bool stream_1_0 = x_reader->is_http_1_0() && std::holds_alternative<EventStream>(response.body);
    const bool keep =
        read == Read::kRequest && x_reader->keep_alive() && !x_refused && !x_shared.stopping && !stream_1_0;
    const bool sent = co_await send(response, request, keep);
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - x_started;
    x_thread.count(response.group, response.status, x_sent, time.count());
    if (!sent) break;
    if (!keep) {
      if (read == Read::kRefused || !x_input.empty()) co_await linger();
      break;
    }
  }
}

void IoThread::count(std::string_view group, int status, uint64_t bytes, double seconds) {
  Metrics* metrics = shared.options.metrics;
  if (metrics == nullptr) return;
  const std::string name(group);
  auto& counter = request_counters[{group, status}];
  if (counter == nullptr) {
    counter = &metrics->counter("pier_http_requests_total", "Requests answered, by group of addresses and status.",
                                {{"group", name}, {"status", std::to_string(status)}});
  }
  auto& [volume, time] = group_meters[group];
  if (volume == nullptr) {
    volume = &metrics->counter("pier_http_sent_bytes_total", "Bytes sent, heads included.", {{"group", name}});
    time = &metrics->histogram("pier_http_seconds", "From the last byte of a request to the last byte of its answer.",
                               {0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30}, {{"group", name}});
  }
  counter->add();
  volume->add(bytes);
  time->observe(seconds);
}

}  // namespace pier::net::impl
