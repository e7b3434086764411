#include <pier/database/database.hpp>

#include "lease.hpp"

namespace pier::database {

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
  PIER_CHECK(x_lease->execute(sql, std::span(params.begin(), params.size()), visit));
  return {};
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

Result<void> Database::write(const std::function<Result<void>(Transaction&)>& work) {
  PIER_TRY(Transaction tx, begin());
  PIER_CHECK(work(tx));
  return tx.commit();
}

}  // namespace pier::database
