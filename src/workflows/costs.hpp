#pragma once
// What the tasks of a job are expected to cost: a class (what decides the cost of one unit of work), the work, and
// figures by formula that stand until runs of the class were measured (jobs/measured.hpp). The same functions serve the
// plan, which adds tasks, and the forecast, which only counts them.

#include <optional>
#include <string>
#include <vector>

#include <pier/jobs/queue.hpp>
#include <pier/media/facts.hpp>
#include <pier/transcode/plan.hpp>

#include "task_kind.hpp"

namespace pier::workflows::impl {

struct Demand {
  std::string cost_class;
  double work = 0;            // pictures (by how densely they are coded), seconds of sound, megabytes: by kind
  double cost = 0;            // roughly CPU seconds
  uint64_t memory_bytes = 0;  // 0: little
  uint64_t writes_bytes = 0;
};
void apply(const Demand& demand, jobs::NewTask& task);
json::object to_json(const Demand& demand);
Demand demand_from_json(const json::object& object);

/// Bits a picture sample takes in the source, as a power of 2. About 0 where nothing says it.
double density_of(const media::VideoFacts& video);

/// Where pictures come from, as far as it decides what they cost.
struct SourceCost {
  std::string cost_class;  // source_class()
  double density = 0;
};
SourceCost source_cost(const media::VideoFacts& video);

/// Codec, raster and depth of the main picture track, and how densely it is coded: "hevc 3840x2160 10 bit hlg ~-3",
/// where a picture sample takes about 2 to the power of -3 bits. Much coded means much to encode again.
std::string source_class(const media::VideoFacts& video);
/// Of a class or source_class(): what stands before the density, and the density; 0 when there is none.
struct ClassParts {
  std::string_view before;
  int density = 0;
};
ClassParts parts_of_class(std::string_view cost_class);

/// So many pictures lie between the points: as the facts count them, else by duration and rate.
double programme_pictures(const media::Facts& facts, const Points& points);

Demand probe_demand(uint64_t bytes);
Demand copy_demand(uint64_t bytes);
/// Of a master in one piece; of a part of it; of what is read of a long one besides its pictures; of putting its parts
/// together.
Demand analyse_demand(const media::Facts& facts, double pictures);
Demand part_demand(const media::Facts& facts, double pictures);
Demand scan_demand(const media::Facts& facts, double pictures);
Demand merge_demand(const media::Facts& facts, double pictures);
/// Steps that handle rows and small objects: judge, plan, publish.
Demand small_demand(double pictures);

using RungGroups = std::vector<std::vector<size_t>>;
/// Rungs that are encoded from one decode: all, unless together they want more memory than a task should; then the
/// chunk is decoded once more for each further group (8K). The first rendition is a group of its own, before the
/// others.
RungGroups rung_groups(const transcode::ChunkSpec& chunk, std::optional<size_t> first);
/// Candidates of steering that are tried together.
RungGroups trial_groups(const transcode::ChunkSpec& chunk);
/// Tracks that are verified together: all, but the first rendition before the others.
RungGroups verify_groups(const transcode::ChunkSpec& chunk, std::optional<size_t> first);
transcode::ChunkSpec with_rungs(const transcode::ChunkSpec& chunk, const std::vector<size_t>& group);
/// `complexity`: of its pictures, 1 is the programme's mean.
Demand encode_demand(const transcode::ChunkSpec& chunk, const SourceCost& source, double complexity);
/// Of the first pictures of a chunk, once, and a few of them before.
Demand calibrate_demand(const transcode::ChunkSpec& chunk, size_t pictures, const SourceCost& source,
                        double complexity);
/// Of a sample with the candidates of one group.
Demand trial_demand(const transcode::ChunkSpec& sample, const SourceCost& source);
Demand verify_demand(const transcode::ChunkSpec& chunk, const SourceCost& source, double complexity);
Demand assemble_demand(const transcode::PlannedRung& rung, double pictures, double seconds);
Demand sound_demand(const transcode::SoundSpec& sound, const SourceCost& source);
Demand verify_sound_demand(const transcode::SoundSpec& sound);
/// Of a subtitle file; `seconds`: of the programme.
Demand text_demand(double seconds);
Demand verify_text_demand(double seconds);
/// The same of captions, for which the master is read; to make and to verify them.
Demand captions_demand(double seconds, uint64_t master_bytes);

Demand check_demand(const std::string& codec, int64_t width, int64_t height, int64_t samples, uint64_t bytes);
Demand fixity_demand(uint64_t bytes);

}  // namespace pier::workflows::impl
