// The list of analyzers: add a line here and a folder beside.

#include <pier/analysis/analyzer.hpp>

#include "analyzers/active/active.hpp"
#include "analyzers/audio_gap/audio_gap.hpp"
#include "analyzers/av_length/av_length.hpp"
#include "analyzers/banding/banding.hpp"
#include "analyzers/bars/bars.hpp"
#include "analyzers/bitrate/bitrate.hpp"
#include "analyzers/black/black.hpp"
#include "analyzers/blockiness/blockiness.hpp"
#include "analyzers/blur/blur.hpp"
#include "analyzers/burnt_in/burnt_in.hpp"
#include "analyzers/cadence/cadence.hpp"
#include "analyzers/channels/channels.hpp"
#include "analyzers/clipping/clipping.hpp"
#include "analyzers/dropout/dropout.hpp"
#include "analyzers/edits/edits.hpp"
#include "analyzers/flash/flash.hpp"
#include "analyzers/freeze/freeze.hpp"
#include "analyzers/gamut/gamut.hpp"
#include "analyzers/gop/gop.hpp"
#include "analyzers/hdr_use/hdr_use.hpp"
#include "analyzers/hrd/hrd.hpp"
#include "analyzers/levels/levels.hpp"
#include "analyzers/loudness/loudness.hpp"
#include "analyzers/luminance/luminance.hpp"
#include "analyzers/metadata/metadata.hpp"
#include "analyzers/phase/phase.hpp"
#include "analyzers/resolution/resolution.hpp"
#include "analyzers/shots/shots.hpp"
#include "analyzers/silence/silence.hpp"
#include "analyzers/timecode/timecode.hpp"

namespace pier::analysis {

const std::vector<AnalyzerEntry>& analyzer_registry() {
  static const std::vector<AnalyzerEntry> kEntries{
      {"black", BlackAnalyzer::make},
      {"freeze", FreezeAnalyzer::make},
      {"levels", LevelsAnalyzer::make},
      {"gamut", GamutAnalyzer::make},
      {"luminance", LuminanceAnalyzer::make},
      {"flash", FlashAnalyzer::make},
      {"shots", ShotsAnalyzer::make},
      {"active", ActiveAnalyzer::make},
      {"hdr_use", HdrUseAnalyzer::make},
      {"loudness", LoudnessAnalyzer::make},
      {"bars", BarsAnalyzer::make},
      {"silence", SilenceAnalyzer::make},
      {"clipping", ClippingAnalyzer::make},
      {"phase", PhaseAnalyzer::make},
      {"channels", ChannelsAnalyzer::make},
      {"audio_gap", AudioGapAnalyzer::make},
      {"av_length", AvLengthAnalyzer::make},
      {"bitrate", BitrateAnalyzer::make},
      {"gop", GopAnalyzer::make},
      {"hrd", HrdAnalyzer::make},
      {"metadata", MetadataAnalyzer::make},
      {"timecode", TimecodeAnalyzer::make},
      {"edits", EditsAnalyzer::make},
      {"cadence", CadenceAnalyzer::make},
      {"resolution", ResolutionAnalyzer::make},
      {"blockiness", BlockinessAnalyzer::make},
      {"banding", BandingAnalyzer::make},
      {"blur", BlurAnalyzer::make},
      {"dropout", DropoutAnalyzer::make},
      {"burnt_in", BurntInAnalyzer::make},
  };
  return kEntries;
}

}  // namespace pier::analysis
