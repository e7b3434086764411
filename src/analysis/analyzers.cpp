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

namespace {

template <typename T>
AnalyzerEntry entry(std::string_view name) {
  const auto copy = [](const Analyzer& analyzer) -> std::unique_ptr<Analyzer> {
    return std::make_unique<T>(dynamic_cast<const T&>(analyzer));
  };
  return {name, T::make, copy};
}

}  // namespace

const std::vector<AnalyzerEntry>& analyzer_registry() {
  static const std::vector<AnalyzerEntry> kEntries{
      entry<BlackAnalyzer>("black"),
      entry<FreezeAnalyzer>("freeze"),
      entry<LevelsAnalyzer>("levels"),
      entry<GamutAnalyzer>("gamut"),
      entry<LuminanceAnalyzer>("luminance"),
      entry<FlashAnalyzer>("flash"),
      entry<ShotsAnalyzer>("shots"),
      entry<ActiveAnalyzer>("active"),
      entry<HdrUseAnalyzer>("hdr_use"),
      {"loudness", LoudnessAnalyzer::make, nullptr},
      entry<BarsAnalyzer>("bars"),
      entry<SilenceAnalyzer>("silence"),
      entry<ClippingAnalyzer>("clipping"),
      entry<PhaseAnalyzer>("phase"),
      {"channels", ChannelsAnalyzer::make, nullptr},
      entry<AudioGapAnalyzer>("audio_gap"),
      entry<AvLengthAnalyzer>("av_length"),
      entry<BitrateAnalyzer>("bitrate"),
      entry<GopAnalyzer>("gop"),
      entry<HrdAnalyzer>("hrd"),
      entry<MetadataAnalyzer>("metadata"),
      entry<TimecodeAnalyzer>("timecode"),
      entry<EditsAnalyzer>("edits"),
      entry<CadenceAnalyzer>("cadence"),
      entry<ResolutionAnalyzer>("resolution"),
      entry<BlockinessAnalyzer>("blockiness"),
      entry<BandingAnalyzer>("banding"),
      entry<BlurAnalyzer>("blur"),
      entry<DropoutAnalyzer>("dropout"),
      entry<BurntInAnalyzer>("burnt_in"),
  };
  return kEntries;
}

}  // namespace pier::analysis
