#pragma once
// Rungs that ask for a quality instead of a setting of the encoder. What reaches it with the least bits, a large raster
// coded roughly or a small one coded finely, depends on the title: trials tell, encodes of a few pictures of its shots
// at every raster in question and at three settings. See docs/adr/0026.
//
// Quality is XPSNR in dB (Helmrich et al., ICASSP 2020; module quality), the mean of pictures, at the source's raster,
// to which pictures are brought as colour::Converter scales them (Lanczos).

#include <span>
#include <string>
#include <vector>

#include <pier/transcode/plan.hpp>

namespace pier::transcode {

/// Every form a steered rung of the ladder may take: a rung for each codec, colour form and raster, with the best
/// setting any of them may have. Without rungs: nothing is steered. `only`: as PlanRequest::only_rungs.
Ladder steering_candidates(const Ladder& ladder, std::span<const std::string> only);

/// The first pictures of a chunk, and how many pictures of the programme they stand for.
struct TrialSample {
  size_t chunk = 0;  // its place in PublishPlan::chunks
  size_t pictures = 0;
  int64_t stands_for = 0;
};
/// Spread over the programme's chunks, which begin near shots: about a tenth of its pictures, at most two hundred
/// samples of 25 (of a programme of less than 200 pictures one of an eighth, ten at least). `plan`: of the candidates.
std::vector<TrialSample> trial_samples(const PublishPlan& plan);

/// A sample coded at one setting: mean bits of its key pictures and of others, and its quality.
struct TrialPoint {
  double crf = 0;
  double key_bits = 0, other_bits = 0;
  double quality = 0;
};
using TrialPoints = std::vector<TrialPoint>;  // of one candidate, best setting first
json::array to_json(const TrialPoints& points);
Result<TrialPoints> trial_points_from_json(const json::value& value);

/// Encodes a sample (see first_pictures()) for its rungs, which are candidates, with a quick preset, decodes what came
/// out and measures it. Result by rung. Errors as encode_chunk().
Result<std::vector<TrialPoints>> run_trial(const media::Source& source, const ChunkSpec& sample,
                                           const Progress& progress);

/// What a steered rung became.
struct SteeredRung {
  std::string rung;
  int height = 0;
  double crf = 0;
  double asked = 0, expected = 0;  // quality
  double expected_rate = 0;        // bit/s
};
struct SteeredLadder {
  Ladder ladder;  // with rasters and settings in place of qualities, as far as rungs are needed
  std::vector<SteeredRung> rungs;
  std::vector<LeftOut> left_out;
};
/// `plan`: of the candidates. `trials`: by sample, then as its picture rungs. For each rung the raster and setting that
/// reach its quality with the least bits, below its cap; where none does, the best there is. A rung whose bits are not
/// 20 % below those of the next better one is left out: nobody would switch to it.
Result<SteeredLadder> steer(const Ladder& ladder, const PublishPlan& plan, std::span<const TrialSample> samples,
                            std::span<const std::vector<TrialPoints>> trials);

json::object to_json(const SteeredRung& rung);

}  // namespace pier::transcode
