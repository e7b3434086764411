#pragma once
// Whether a track file keeps to ST 377-1, ST 2067-5, ST 422, ST 382 and ST 2067-21, clause by clause. The file is read
// by code of its own, not by the writer's.

#include <string>
#include <vector>

#include <pier/core/result.hpp>

namespace pier::imf {

struct NotConform {
  std::string clause;  // "ST 377-1 clause 12"
  std::string what;    // for people: what is there, what had to be
};

struct Conformance {
  std::vector<NotConform> faults;    // empty: none of `checked` is broken
  std::vector<std::string> checked;  // clauses that were looked at
};

/// Reads headers, partitions, index tables and the head of the first picture; of the essence no more. Hostile input is
/// told: kInputDamaged, kTooLarge.
Result<Conformance> check_track_file(int fd);

}  // namespace pier::imf
