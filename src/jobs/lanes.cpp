#include "lanes.hpp"

#include <algorithm>
#include <limits>

namespace pier::jobs::impl {
namespace {

constexpr std::string_view kOrder = "t.priority DESC, t.job_id, t.cost DESC, t.id";

// Parameters of both statements: 1 time, 2 free memory, 3 names and 4 jobs to pass over, then kinds; behind them
// in_order() has the offered tags, first_free() the lane.
constexpr size_t kFirstKind = 5;

std::string place(size_t number) {
  return "$" + std::to_string(number);
}

/// What a ready task `t` must be like.
std::string let_through_sql(size_t kinds) {
  std::string chosen;
  for (size_t i = 0; i < kinds; ++i) chosen += (i == 0 ? " AND t.kind IN (" : ", ") + place(kFirstKind + i);
  if (kinds > 0) chosen += ")";
  return "t.state = 'ready' AND t.run_at <= $1 AND t.memory_bytes <= $2" + chosen +
         " AND ($4 = '' OR $4 NOT LIKE '%|' || t.job_id || '|%') AND (t.name = '' OR ($3 NOT LIKE '%|' || t.name || "
         "'|%' AND NOT EXISTS (SELECT 1 FROM tasks r WHERE"
         " r.organisation = t.organisation AND r.name = t.name AND r.name <> '' AND r.state = 'running')))";
}

/// True in SQL when every tag of `column` is among kMaxTags parameters, from $`first` on: they are cut out of it.
std::string tags_offered_sql(std::string_view column, size_t first) {
  std::string rest = "',' || replace(" + std::string(column) + ", ',', ',,') || ','";
  for (size_t i = 0; i < kMaxTags; ++i) rest = "replace(" + rest + ", " + place(first + i) + ", '')";
  return "(" + std::string(column) + " = '' OR " + rest + " = '')";
}

std::string first_free_sql(const Transaction& tx, size_t kinds) {
  return "SELECT t.id, t.organisation, t.name, (SELECT j.state FROM jobs j WHERE j.id = t.job_id) FROM tasks t WHERE"
         " t.organisation = " +
         place(kFirstKind + kinds) + " AND t.tags = " + place(kFirstKind + kinds + 1) + " AND " +
         let_through_sql(kinds) + " ORDER BY " + std::string(kOrder) + " LIMIT 1" +
         tx.locking(database::RowLock::kUpdate, "t", database::IfHeld::kSkip);
}

}  // namespace

// `lanes` goes from the first task of a lane to that of the next one along the index, never over the tasks between
// them. (A comparison of pairs would say it shorter, but SQLite looks only for the first of a pair in an index.) CROSS
// JOIN keeps SQLite to the order in which the tables stand.
std::string in_order_sql(size_t kinds) {
  const std::string order(kOrder);
  const std::string ready = "(SELECT t.id FROM tasks t WHERE t.state = 'ready'";
  const std::string next =
      "coalesce(" + ready + " AND t.organisation = l.organisation AND t.tags > l.tags ORDER BY t.tags, " + order +
      " LIMIT 1), " + ready + " AND t.organisation > l.organisation ORDER BY t.organisation, t.tags, " + order +
      " LIMIT 1))";
  return "WITH RECURSIVE lanes (organisation, tags, next) AS (SELECT l.organisation, l.tags, " + next +
         " FROM tasks l WHERE l.id = " + ready + " ORDER BY t.organisation, t.tags, " + order +
         " LIMIT 1) UNION ALL SELECT l.organisation, l.tags, " + next +
         " FROM lanes n CROSS JOIN tasks l WHERE l.id = n.next)"
         " SELECT n.organisation, n.tags FROM lanes n CROSS JOIN organisations o CROSS JOIN tasks c WHERE " +
         tags_offered_sql("n.tags", kFirstKind + kinds) +
         " AND o.id = n.organisation AND c.id = (SELECT t.id FROM tasks t WHERE t.organisation = n.organisation"
         " AND t.tags = n.tags AND " +
         let_through_sql(kinds) + " ORDER BY " + order +
         " LIMIT 1)"
         " ORDER BY (SELECT count(*) FROM tasks r WHERE r.organisation = n.organisation AND r.state = 'running')"
         " / o.weight, c.priority DESC, c.job_id, c.cost DESC, c.id";
}

Result<Lanes> Lanes::of(Transaction& tx, const ClaimFilter& filter) {
  if (filter.tags.size() > kMaxTags)
    return fail(ErrorCode::kInvalidArgument, "a worker offers at most " + std::to_string(kMaxTags) + " tags");
  Lanes lanes(tx, filter);
  lanes.x_cut.resize(kMaxTags);  // an empty one cuts nothing
  std::ranges::transform(filter.tags, lanes.x_cut.begin(), [](const std::string& tag) { return "," + tag + ","; });
  for (const std::string& job : filter.refused) lanes.x_refused += "|" + job + "|";
  return lanes;
}

std::vector<database::Param> Lanes::params(const std::string& passed_over) const {
  const uint64_t memory = std::min<uint64_t>(x_filter.memory_free, std::numeric_limits<int64_t>::max());
  std::vector<database::Param> params{x_tx.now(), memory, passed_over, x_refused};
  params.insert(params.end(), x_filter.kinds.begin(), x_filter.kinds.end());
  return params;
}

Result<std::vector<Lane>> Lanes::in_order() {
  static const std::string kAnyPassed;
  std::vector<database::Param> all = params(kAnyPassed);
  all.insert(all.end(), x_cut.begin(), x_cut.end());
  PIER_TRY(const auto rows, x_tx.all(in_order_sql(x_filter.kinds.size()), all));
  std::vector<Lane> lanes;
  lanes.reserve(rows.size());
  for (const auto& row : rows) lanes.push_back({row.text(0), row.text(1)});
  return lanes;
}

Result<std::optional<Candidate>> Lanes::first_free(const Lane& lane, const std::string& passed_over) {
  std::vector<database::Param> all = params(passed_over);
  all.emplace_back(lane.organisation);
  all.emplace_back(lane.tags);
  PIER_TRY(const auto rows, x_tx.all(first_free_sql(x_tx, x_filter.kinds.size()), all));
  if (rows.empty()) return std::optional<Candidate>();
  const auto& row = rows.front();
  return std::optional(Candidate{row.text(0), row.text(1), row.text(2), row.text(3) == "queued"});
}

}  // namespace pier::jobs::impl
