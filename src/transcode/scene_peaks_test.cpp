#include "scene_peaks.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <set>

#include <gtest/gtest.h>
#include <unistd.h>

#include <pier/media/facts.hpp>
#include <pier/transcode/plan.hpp>

#include "fan_out.hpp"

namespace pier::transcode::impl {
namespace {

const Rational kTick{1, 25};

/// Scenes of so many pictures and so much light each, one behind the other.
std::vector<Scene> scenes_of(const std::vector<std::pair<int64_t, double>>& list) {
  std::vector<Scene> scenes;
  int64_t pts = 0;
  for (const auto& [pictures, nits] : list) {
    scenes.push_back({pts, pts + pictures, nits});
    pts += pictures;
  }
  return scenes;
}

TEST(ScenePeaks, RisesAtOnceAndFallsOnlyByHalf) {
  const auto peaks = scene_peaks(scenes_of({{50, 300}, {50, 950}, {50, 520}, {50, 390}, {50, 900}}), 4000, kTick);
  EXPECT_EQ(peaks, (std::vector<PeakFrom>{{0, 400}, {50, 1000}, {150, 400}, {200, 1000}}));
}

TEST(ScenePeaks, AShortSceneLowersNothingAndAnyRaises) {
  EXPECT_EQ(scene_peaks(scenes_of({{50, 1900}, {24, 100}, {50, 1900}}), 4000, kTick),
            (std::vector<PeakFrom>{{0, 2000}}));
  EXPECT_EQ(scene_peaks(scenes_of({{50, 100}, {3, 1900}, {20, 100}, {50, 100}}), 4000, kTick),
            (std::vector<PeakFrom>{{0, 400}, {50, 2000}, {73, 400}}));
}

TEST(ScenePeaks, NeverAboveThatOfTheProgramme) {
  EXPECT_EQ(scene_peaks(scenes_of({{50, 5000}, {50, 12000}}), 1200, kTick), (std::vector<PeakFrom>{{0, 1200}}));
  EXPECT_EQ(scene_peaks(scenes_of({{50, 9000}, {50, 20000}}), 10000, kTick), (std::vector<PeakFrom>{{0, 10000}}));
  EXPECT_TRUE(scene_peaks({}, 1000, kTick).empty());
}

TEST(ScenePeaks, AChunkHasThoseThatCountInIt) {
  const std::vector<PeakFrom> peaks{{0, 400}, {50, 1000}, {150, 400}};
  EXPECT_EQ(peaks_within(peaks, 60, 100), (std::vector<PeakFrom>{{60, 1000}}));
  EXPECT_EQ(peaks_within(peaks, 40, 150), (std::vector<PeakFrom>{{40, 400}, {50, 1000}}));
  EXPECT_EQ(peaks_within(peaks, 150, 200), (std::vector<PeakFrom>{{150, 400}}));
  EXPECT_TRUE(peaks_within({}, 0, 10).empty());
}

analysis::AnalysisResult with_shots(const std::string& list, int count) {
  analysis::AnalysisResult result;
  result.frames.time_base = kTick;
  result.measures =
      parse_json(R"({"shots": {"count": )" + std::to_string(count) +
                 R"(, "listed": 3, "columns": ["start_seconds", "end_seconds", "begins_with", "max_nits_99_99"],
                    "list": )" +
                 list + "}}")
          ->as_object();
  return result;
}

TEST(ScenePeaks, ShotsThatFlowIntoEachOtherAreOneScene) {
  const std::string list = R"([[0, 2, "start", 100], [2, 4, "dissolve", 700], [4, 6, "cut", 50]])";
  const auto found = scenes(with_shots(list, 3));
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].end_pts, 100);
  EXPECT_EQ(found[0].nits, 700);
  EXPECT_EQ(found[1].nits, 50);
  EXPECT_TRUE(scenes(with_shots(list, 4)).empty()) << "one shot is not listed";
  EXPECT_TRUE(scenes(with_shots(R"([[0, 2, "start", 100], [2, 4, "cut", 0], [4, 6, "cut", 5]])", 3)).empty());
}

/// Luma codes of the pictures of a rung: of each the one in the middle.
class Middles final : public RungSink {
 public:
  explicit Middles(std::map<int64_t, int>& codes) : x_codes(codes) {}
  Result<void> take(const Picture& picture, const PlannedFrame& frame,
                    std::span<const media::DynamicPayload> /*dynamic*/) override {
    const PictureView& view = picture.view();
    x_codes[frame.source_pts] = view.planes[0].row<uint8_t>(view.height / 2)[view.width / 2];
    return {};
  }
  Result<void> finish() override { return {}; }

 private:
  std::map<int64_t, int>& x_codes;
};

/// Three scenes of 1.2 s in PQ: 150, 900 and 150 cd/m2 beside a patch of 100 cd/m2 in their middle.
class ThreeScenes {
 public:
  ThreeScenes() {
    x_path = (std::filesystem::temp_directory_path() / ("pier-scenes-" + std::to_string(::getpid()) + ".mov")).string();
    std::string inputs;
    for (const int code : {543, 712, 543}) {
      inputs += " -f lavfi -i nullsrc=s=128x64:r=25:d=1.2,format=yuv420p10le,geq=lum=\"'if(between(X,48,80),509," +
                std::to_string(code) + "+mod(X,2))'\":cb=512:cr=512";
    }
    const std::string command =
        "ffmpeg -nostdin -v error -y" + inputs +
        " -filter_complex '[0][1][2]concat=n=3,setparams=range=tv:color_primaries=bt2020:color_trc=smpte2084:"
        "colorspace=bt2020nc' -color_range tv -color_primaries bt2020 -color_trc smpte2084 -colorspace bt2020nc "
        "-c:v ffv1 " +
        x_path;
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
  }
  ~ThreeScenes() { std::filesystem::remove(x_path); }

  /// Middles of the SDR rung, by pts, and how the scenes were planned.
  Result<std::map<int64_t, int>> convert(bool by_scenes, std::vector<PeakFrom>& peaks) const {
    PIER_TRY(const media::Source source, media::open_source(x_path));
    PIER_TRY(const media::Facts facts, media::probe(source));
    PIER_TRY(const analysis::AnalysisResult analysed, analysis::analyse(source, facts));
    PlanRequest request;
    PIER_TRY(request.ladder, load_ladder(PIER_SOURCE_DIR "/ladders", "tiny"));
    request.ladder.scene_peaks = by_scenes;
    request.only_rungs = {"avc-360-sdr"};
    for (Rung& rung : request.ladder.rungs) rung.max_bitrate = 50'000'000;
    PIER_TRY(const PublishPlan plan, plan_publication(facts, analysed, request));
    peaks = plan.peaks;
    std::map<int64_t, int> codes;
    for (const ChunkSpec& chunk : plan.chunks) {
      PIER_TRY(const json::value text, parse_json(json::serialize(to_json(chunk))));
      PIER_TRY(const ChunkSpec read, chunk_from_json(text));
      std::vector<std::unique_ptr<RungSink>> sinks;
      sinks.push_back(std::make_unique<Middles>(codes));
      PIER_CHECK(fan_out(source, read, sinks, {}));
    }
    return codes;
  }

 private:
  std::string x_path;
};

TEST(ScenePeaks, EveryPictureOfASceneIsMappedAlikeAndTheProgrammesPeakIsTheControl) {
  const ThreeScenes clip;
  std::vector<PeakFrom> peaks, none;
  const auto scened = clip.convert(true, peaks), whole = clip.convert(false, none);
  ASSERT_TRUE(scened) << scened.error().message;
  ASSERT_TRUE(whole) << whole.error().message;
  ASSERT_EQ(peaks.size(), 3U);
  EXPECT_EQ(peaks[0].nits, 400);
  EXPECT_NEAR(peaks[1].nits, 900, 15) << "of the programme: less than 1000";
  EXPECT_EQ(peaks[2].nits, 400);
  EXPECT_TRUE(none.empty());
  ASSERT_EQ(scened->size(), 90U);
  std::set<int> of_scene[3], of_programme;
  size_t place = 0;
  for (const auto& [pts, code] : *scened) of_scene[place++ / 30].insert(code);
  for (const auto& [pts, code] : *whole) of_programme.insert(code);
  for (const std::set<int>& codes : of_scene) EXPECT_EQ(codes.size(), 1U) << "one light, one code, from cut to cut";
  EXPECT_EQ(of_scene[0], of_scene[2]);
  EXPECT_EQ(of_scene[1], of_programme);
  EXPECT_GT(*of_scene[0].begin(), *of_scene[1].begin() + 8) << "less to make room for leaves the patch brighter";
}

}  // namespace
}  // namespace pier::transcode::impl
