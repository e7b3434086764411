#pragma once
// A local master, opened to make files of it; and one file made.

#include <pier/deliver/output_file.hpp>
#include <pier/deliver/plan.hpp>

#include "local_parts.hpp"

namespace pier::workflows::impl {

struct OpenedMaster {
  json::object facts;
  json::object reference;  // media::to_json(SourceReference) where it was asked for, else empty
  media::Source source;
};
Result<OpenedMaster> open_master_file(sandbox::Spawner& spawner, const LocalInput& input, bool identify,
                                      const LocalProgress& progress);

struct Programme {
  std::string in, out;
};
/// Writes into `output`, which the caller publishes. The answer of the task `deliver`.
Result<json::object> make_output(sandbox::Spawner& spawner, OpenedMaster master, const deliver::Wish& wish,
                                 const Programme& programme, const deliver::OutputFile& output,
                                 const LocalProgress& progress);

}  // namespace pier::workflows::impl
