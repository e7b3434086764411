#pragma once
// Clips made in memory for tests: a moving, detailed picture without faults in SDR, HLG or PQ, into which a test plants
// one fault.

#include <functional>
#include <string>

#include <pier/analysis/analyse.hpp>
#include <pier/analysis/analyzer.hpp>

namespace pier::analysis {
struct PassOptions;
}

namespace pier::analysis::test {

enum class Kind { kSdr, kHlg, kPq };
std::string name(Kind kind);

struct ClipSpec {
  Kind kind = Kind::kSdr;
  int width = 320, height = 180;
  int bit_depth = 10;
  int frames = 60;
  int fps = 50;
  Chroma chroma = Chroma::k420;
  int threads = 2;
};

using Plant = std::function<void(MutablePictureView& picture, int frame)>;

ColourInfo colour_of(Kind kind);
/// Code of the first plane whose display light as a neutral is nearest to `nits`.
int luma_code(const ClipSpec& spec, double nits);
/// The fault-free picture: 1 to about 90 cd/m2, everything moves.
Picture picture_of(const ClipSpec& spec, int frame);
/// Every sample of a rectangle of the first plane (chroma under it neutral).
void fill(MutablePictureView& picture, int x, int y, int width, int height, int code);
/// The whole picture, neutral.
void fill(MutablePictureView& picture, int code);
/// Every sample of one plane.
void fill_plane(MutablePictureView& picture, int plane, int code);
void set_sample(MutablePictureView& picture, int plane, int x, int y, int code);

media::Frame frame_of(const ClipSpec& spec, int index, const Plant& plant = {});
PassOptions options_of(const ClipSpec& spec);
/// The whole clip through a pass.
AnalysisResult analyse_clip(const ClipSpec& spec, const Plant& plant = {});

std::vector<Finding> of_kind(const AnalysisResult& result, const std::string& kind);

/// `seconds` of a sine in every channel.
struct Tone {
  double hertz = 1000, amplitude = 0.1, phase = 0;
};
media::AudioBlock tone_block(const Tone& tone, int sample_rate, int channels, int64_t first, int64_t samples);

}  // namespace pier::analysis::test
