#include <cerrno>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <pier/core/log.hpp>
#include <pier/net/server.hpp>

#include "connection.hpp"
#include "response_head.hpp"

namespace pier::net {
namespace impl {
namespace {

using WorkGuard = asio::executor_work_guard<Executor>;

/// Beyond the limit, this many connections still get a 503 in words; the rest are closed.
constexpr size_t kRefusals = 64;

int io_thread_count(int wanted) {
  if (wanted > 0) return wanted;
  const int half = static_cast<int>(std::thread::hardware_concurrency()) / 2;
  return half < 1 ? 1 : half > 4 ? 4 : half;
}

size_t cpu_thread_count(int wanted) {
  if (wanted > 0) return static_cast<size_t>(wanted);
  const size_t cores = std::thread::hardware_concurrency();
  return cores < 2 ? 2 : cores;
}

void log_escape(const std::exception_ptr& exception) {
  try {
    if (exception) std::rethrow_exception(exception);
  } catch (const std::exception& e) {
    log::error("http.connection", {{"exception", e.what()}});
  }
}

}  // namespace

void IoThread::start_tick() {
  date = http_date(std::time(nullptr));
  tick.expires_after(std::chrono::milliseconds(250));
  tick.async_wait([this](const boost::system::error_code& code) {
    if (code) return;
    const SteadyTime now = std::chrono::steady_clock::now();
    for (Connection* connection : connections) connection->check_deadline(now);
    start_tick();
  });
}

/// A listening socket; lives on the first I/O thread.
struct Acceptor {
  Acceptor(IoThread& thread, UniqueFd fd, bool is_unix)
      : socket(thread.io.get_executor(), fd.release()), pause(thread.io.get_executor()), over_unix(is_unix) {}
  Descriptor socket;
  SteadyTimer pause;
  const bool over_unix;
};

}  // namespace impl

using impl::Acceptor;
using impl::Awaitable;
using impl::Connection;
using impl::IoThread;
using impl::kAwait;

struct Server::Impl {
  impl::Shared shared;
  std::vector<Endpoint> endpoints;
  std::vector<std::unique_ptr<IoThread>> io;
  std::vector<impl::WorkGuard> guards;
  std::vector<std::jthread> threads;
  std::vector<std::shared_ptr<Acceptor>> acceptors;
  std::unique_ptr<ThreadPool> pool;
  size_t next_thread = 0;
  std::mutex stop_mutex;
  bool stopped = false;
  Metrics::Gauge* gauge = nullptr;

  Result<void> listen();
  void start_threads();
  Awaitable<void> accept(std::shared_ptr<Acceptor> acceptor);
  void take(UniqueFd fd, const sockaddr_storage& address, bool over_unix);
  void on_all(void (Connection::*action)());
  bool wait_for_none(std::chrono::milliseconds time);
  void stop(std::chrono::milliseconds patience);
};

Result<void> Server::Impl::listen() {
  std::vector<UniqueFd> sockets;
  for (const Endpoint& endpoint : shared.options.endpoints) {
    PIER_TRY(UniqueFd fd, listen_on(endpoint, 1024));
    if (endpoint.unix_path.empty()) {
      PIER_TRY(Endpoint real, local_endpoint(fd.get()));
      endpoints.push_back(std::move(real));
    } else {
      endpoints.push_back(endpoint);
    }
    sockets.push_back(std::move(fd));
  }
  for (size_t i = 0; i < sockets.size(); i++) {
    acceptors.push_back(
        std::make_shared<Acceptor>(*io.front(), std::move(sockets[i]), !endpoints[i].unix_path.empty()));
  }
  return {};
}

void Server::Impl::start_threads() {
  pool = std::make_unique<ThreadPool>(impl::cpu_thread_count(shared.options.cpu_threads), shared.options.cpu_queue);
  shared.pool = pool.get();
  for (const auto& acceptor : acceptors) {
    impl::asio::co_spawn(io.front()->io.get_executor(), accept(acceptor),
                         [](const std::exception_ptr& exception) { impl::log_escape(exception); });
  }
  for (const auto& thread : io) {
    thread->start_tick();
    guards.emplace_back(thread->io.get_executor());
    threads.emplace_back([context = &thread->io] { context->run(); });
  }
}

Awaitable<void> Server::Impl::accept(std::shared_ptr<Acceptor> acceptor) {
  while (!shared.stopping) {
    sockaddr_storage address{};
    socklen_t length = sizeof(address);
    const int fd = ::accept4(acceptor->socket.native_handle(), reinterpret_cast<sockaddr*>(&address), &length,
                             SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      take(UniqueFd(fd), address, acceptor->over_unix);
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      log::warn("http.accept", {{"error", errno_error(errno, "accept a connection").message}});
      acceptor->pause.expires_after(std::chrono::milliseconds(100));
      co_await acceptor->pause.async_wait(kAwait);
    } else if (errno == EAGAIN) {
      const auto [code] = co_await acceptor->socket.async_wait(impl::Descriptor::wait_read, kAwait);
      if (code) break;
    }
  }
  acceptor->socket.close();
}

void Server::Impl::take(UniqueFd fd, const sockaddr_storage& address, bool over_unix) {
  const size_t count = shared.connections.load();
  const bool refused = count >= shared.options.max_connections;
  if (count >= shared.options.max_connections + impl::kRefusals) return;
  const int on = 1;
  if (!over_unix) ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  shared.connections++;
  IoThread& thread = *io[next_thread++ % io.size()];
  auto start = [&thread, raw = fd.release(), remote = address_text(address), over_unix, refused]() mutable {
    auto connection = std::make_shared<Connection>(thread, UniqueFd(raw), std::move(remote), over_unix, refused);
    impl::asio::co_spawn(thread.io.get_executor(), connection->run(),
                         [connection](const std::exception_ptr& exception) { impl::log_escape(exception); });
  };
  impl::asio::post(thread.io, std::move(start));
}

void Server::Impl::on_all(void (Connection::*action)()) {
  for (const auto& thread : io) {
    impl::asio::post(thread->io, [context = thread.get(), action] {
      for (Connection* connection : context->connections) (connection->*action)();
    });
  }
}

bool Server::Impl::wait_for_none(std::chrono::milliseconds time) {
  std::unique_lock lock(shared.mutex);
  return shared.changed.wait_for(lock, time, [this] { return shared.connections == 0; });
}

void Server::Impl::stop(std::chrono::milliseconds patience) {
  const std::lock_guard lock(stop_mutex);
  if (stopped) return;
  stopped = true;
  shared.stopping = true;
  impl::asio::post(io.front()->io, [this] {
    for (const auto& acceptor : acceptors) {
      if (acceptor->socket.is_open()) acceptor->socket.cancel();
      acceptor->pause.cancel();
    }
  });
  on_all(&Connection::stop_gently);
  if (!wait_for_none(patience)) {
    on_all(&Connection::cut);
    wait_for_none(std::chrono::milliseconds(200));
  }
  pool.reset();  // waits for handlers that run
  if (!wait_for_none(std::chrono::milliseconds(5000))) log::warn("http.stop", {{"left", "connections"}});
  guards.clear();
  for (const auto& thread : io) thread->io.stop();
  threads.clear();
  // A loop that stopped first keeps the coroutine and with it the socket: nobody may be queued for a server that is
  // gone.
  for (const auto& acceptor : acceptors) acceptor->socket.close();
  acceptors.clear();
  for (const Endpoint& endpoint : endpoints) {
    if (!endpoint.unix_path.empty()) ::unlink(endpoint.unix_path.c_str());
  }
}

Server::Server(std::unique_ptr<Impl> impl) : x_impl(std::move(impl)) {}

Server::~Server() {
  x_impl->stop(std::chrono::milliseconds(0));
}

Result<std::unique_ptr<Server>> Server::start(const ServerOptions& options, Handlers handlers) {
  auto impl = std::make_unique<Impl>();
  impl->shared.options = options;
  impl->shared.handlers = std::move(handlers);
  for (int i = 0; i < impl::io_thread_count(options.io_threads); i++) {
    impl->io.push_back(std::make_unique<IoThread>(impl->shared));
  }
  PIER_CHECK(impl->listen());
  impl->start_threads();
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

const std::vector<Endpoint>& Server::endpoints() const {
  return x_impl->endpoints;
}

size_t Server::connections() const {
  return x_impl->shared.connections.load();
}

void Server::stop(std::chrono::milliseconds patience) {
  x_impl->stop(patience);
}

}  // namespace pier::net
