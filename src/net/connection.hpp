#pragma once
// One connection: reads requests, has them answered, writes the answers; one coroutine, all on one I/O thread.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <pier/core/concurrency.hpp>
#include <pier/core/file.hpp>
#include <pier/core/metrics.hpp>
#include <pier/net/server.hpp>

#include "request_reader.hpp"

namespace pier::net::impl {

namespace asio = boost::asio;

using Executor = asio::io_context::executor_type;
template <typename T>
using Awaitable = asio::awaitable<T, Executor>;
using Descriptor = asio::posix::basic_stream_descriptor<Executor>;
using SteadyTimer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;
using SteadyTime = std::chrono::steady_clock::time_point;
inline constexpr auto kAwait = asio::as_tuple(asio::use_awaitable_t<Executor>{});

class Connection;

/// What all connections of a server share. Outlives them.
struct Shared {
  ServerOptions options;
  Handlers handlers;
  std::atomic<bool> stopping{false};
  std::atomic<size_t> connections{0};
  std::mutex mutex;
  std::condition_variable changed;  // a connection ended
  ThreadPool* pool = nullptr;
};

/// An I/O thread and its connections; everything but `io` belongs to that thread alone.
struct IoThread {
  explicit IoThread(Shared& s) : shared(s), tick(io) {}
  Shared& shared;
  asio::io_context io{1};
  std::list<Connection*> connections;
  SteadyTimer tick;
  std::string date;  // Date header, renewed by the tick
  std::map<std::pair<std::string_view, int>, Metrics::Counter*> request_counters;
  std::map<std::string_view, std::pair<Metrics::Counter*, Metrics::Histogram*>> group_meters;

  /// Every quarter of a second: deadlines, date.
  void start_tick();
  void count(std::string_view group, int status, uint64_t bytes, double seconds);
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(IoThread& thread, UniqueFd fd, std::string remote, bool over_unix, bool refused);
  ~Connection();

  Awaitable<void> run();

  /// The rest only on the I/O thread.
  void check_deadline(SteadyTime now);
  /// Closes when between two requests, else soon.
  void stop_gently();
  void cut();

 private:
  enum class Read { kRequest, kRefused, kEnd };

  void set_deadline(std::chrono::milliseconds from_now);
  void clear_deadline() { x_deadline = SteadyTime::max(); }
  Awaitable<bool> wait_readable();
  Awaitable<bool> wait_writable();
  Awaitable<Read> read_request();
  Awaitable<bool> receive();
  Awaitable<Response> answer(Request& request);
  Awaitable<bool> on_pool(std::function<void()> work);
  Awaitable<bool> send(Response& response, const Request& request, bool keep_alive);
  Awaitable<bool> send_bytes(std::string_view bytes, bool more);
  Awaitable<bool> send_file(FileRange range);
  Awaitable<bool> send_events(const EventStream& stream);
  Awaitable<bool> send_chunk(std::string_view text);
  Awaitable<void> pause(std::chrono::milliseconds time);
  Awaitable<void> linger();
  bool peer_is_gone() const;
  int fd() { return x_socket.native_handle(); }

  IoThread& x_thread;
  Shared& x_shared;
  Descriptor x_socket;
  SteadyTimer x_wake;
  const std::string x_remote;
  const bool x_over_unix, x_refused;
  SteadyTime x_deadline = SteadyTime::max();
  SteadyTime x_started;  // of the request being answered
  bool x_idle = true;    // between two requests
  bool x_cut = false;
  bool x_timed_out = false;
  std::string x_input;  // received, not yet taken
  std::unique_ptr<RequestReader> x_reader;
  uint64_t x_sent = 0;  // bytes of the answer under way
  std::list<Connection*>::iterator x_place;
};

}  // namespace pier::net::impl
