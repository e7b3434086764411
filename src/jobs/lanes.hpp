#pragma once
// Which task is next: the ready tasks of one organisation that ask for the same tags stand in one lane.

#include <optional>
#include <string>
#include <vector>

#include <pier/jobs/queue.hpp>

namespace pier::jobs::impl {

struct Lane {
  std::string organisation;
  std::string tags;  // as text
};

struct Candidate {
  std::string id;
  std::string organisation;
  std::string name;
  bool job_queued = false;  // no task of its job has run yet
};

/// The query behind in_order(), for a filter with so many kinds.
std::string in_order_sql(size_t kinds);

/// What one claim is about; lives as long as its transaction. Parameters of the SQL are made once.
class Lanes {
 public:
  /// kInvalidArgument: more tags than a worker may offer.
  static Result<Lanes> of(Transaction& tx, const ClaimFilter& filter);

  /// Lanes in which a task waits that the filter lets through, in the order in which they are to be served: the
  /// organisation that runs least for its weight, then the lane's first such task by priority, age of its job and cost.
  Result<std::vector<Lane>> in_order();

  /// The first task of the lane that nobody else is looking at, held; names in `passed_over` ("|a||b|") are left out.
  Result<std::optional<Candidate>> first_free(const Lane& lane, const std::string& passed_over);

 private:
  Lanes(Transaction& tx, const ClaimFilter& filter) : x_tx(tx), x_filter(filter) {}
  std::vector<database::Param> params(const std::string& passed_over) const;

  Transaction& x_tx;
  const ClaimFilter& x_filter;
  std::vector<std::string> x_cut;  // parameters that cut the offered tags out
  std::string x_refused;           // jobs: "|a||b|"
};

}  // namespace pier::jobs::impl
