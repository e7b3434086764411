#include <chrono>
#include <random>
#include <thread>

#include <pier/database/database.hpp>

#include "lease.hpp"

namespace pier::database {
namespace {

constexpr int kTries = 8;

/// Of two that clashed one must come late enough to find the other gone: a random pause, longer each time.
void pause_after_clash(int tries) {
  thread_local std::minstd_rand random{std::random_device{}()};
  std::this_thread::sleep_for(std::chrono::milliseconds(std::uniform_int_distribution<>(1, 4 << tries)(random)));
}

}  // namespace

Session::Session(std::unique_ptr<impl::Lease> lease) : x_lease(std::move(lease)) {}
Session::Session(Session&&) noexcept = default;
Session::~Session() = default;

WallTime Session::now() const {
  return x_lease->now();
}

Result<std::optional<Row>> Session::one(std::string_view sql, Params params) {
  std::optional<Row> found;
  PIER_CHECK(x_lease->execute(sql, params, [&](const Row& row) {
    if (!found) found = row;
    return true;  // to the end: a statement with RETURNING must run through
  }));
  return found;
}

Result<std::vector<Row>> Session::all(std::string_view sql, Params params) {
  return all(sql, std::span(params.begin(), params.size()));
}

Result<std::vector<Row>> Session::all(std::string_view sql, std::span<const Param> params) {
  std::vector<Row> rows;
  PIER_CHECK(x_lease->execute(sql, params, [&](const Row& row) {
    rows.push_back(row);
    return true;
  }));
  return rows;
}

Result<void> Session::each(std::string_view sql, Params params, const std::function<bool(const Row&)>& visit) {
  return x_lease->stream(sql, std::span(params.begin(), params.size()), visit);
}

Result<int64_t> Transaction::run(std::string_view sql, Params params) {
  return run(sql, std::span(params.begin(), params.size()));
}

Result<int64_t> Transaction::run(std::string_view sql, std::span<const Param> params) {
  return x_lease->execute(sql, params, {});
}

Result<void> Transaction::commit() {
  return x_lease->commit();
}

std::string Transaction::locking(RowLock lock, std::string_view of, IfHeld held) const {
  return x_lease->locking(lock, of, held);
}

Result<void> Transaction::hold(std::string_view name) {
  PIER_CHECK(x_lease->hold(name, IfHeld::kWait));
  return {};
}

Result<bool> Transaction::try_hold(std::string_view name) {
  return x_lease->hold(name, IfHeld::kSkip);
}

bool Transaction::clashed() const {
  return x_lease->clashed();
}

Result<void> Database::write(const std::function<Result<void>(Transaction&)>& work) {
  for (int tries = 1;; ++tries) {
    Result<void> done;
    {
      PIER_TRY(Transaction tx, begin());
      done = work(tx);
      if (done) done = tx.commit();
      if (done || !tx.clashed() || tries == kTries) return done;
    }
    pause_after_clash(tries);
  }
}

}  // namespace pier::database
