// Trials of a real clip with real encoders.

#include <filesystem>

#include <gtest/gtest.h>
#include <unistd.h>

#include <pier/media/facts.hpp>
#include <pier/transcode/steering.hpp>

namespace pier::transcode {
namespace {

class Clip {
 public:
  explicit Clip(const std::string& filter) {
    const std::string name = "pier-trial-" + std::to_string(::getpid()) + ".mov";
    x_path = (std::filesystem::temp_directory_path() / name).string();
    const std::string command =
        "ffmpeg -nostdin -v error -y -f lavfi -i " + filter + " -frames:v 30 -pix_fmt yuv420p10le -c:v ffv1 " + x_path;
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
  }
  ~Clip() { std::filesystem::remove(x_path); }
  const std::string& path() const { return x_path; }

 private:
  std::string x_path;
};

Rung rung(media::Codec codec, const std::string& preset, double crf, bool sdr) {
  Rung one;
  one.name = std::string(media::to_string(codec));
  one.codec = codec;
  one.height = 360;
  one.preset = preset;
  one.crf = crf;
  one.quality = 38;
  one.bitrate = 1'000'000;
  one.max_bitrate = 20'000'000;
  one.bit_depth = sdr ? 8 : 10;
  return one;
}

struct Tried {
  PublishPlan plan;
  std::vector<TrialPoints> points;
};

Result<Tried> tried(const std::string& path, const std::vector<Rung>& rungs) {
  PIER_TRY(const media::Source source, media::open_source(path));
  PIER_TRY(const media::Facts facts, media::probe(source));
  PIER_TRY(const analysis::AnalysisResult analysed, analysis::analyse(source, facts));
  Ladder ladder;
  ladder.rasters = {360, 180};
  ladder.rungs = rungs;
  PlanRequest request;
  request.ladder = steering_candidates(ladder, {});
  Tried all;
  PIER_TRY(all.plan, plan_publication(facts, analysed, request));
  PIER_TRY(all.points, run_trial(source, first_pictures(all.plan.chunks.front(), 10), {}));
  return all;
}

TEST(Trial, BitsAndQualityFallFromSettingToSetting) {
  const Clip clip("testsrc2=s=640x360:r=25,noise=alls=6:allf=t");
  const auto all =
      tried(clip.path(), {rung(media::Codec::kHevc, "medium", 20, false), rung(media::Codec::kAvc, "medium", 21, true),
                          rung(media::Codec::kAv1, "8", 30, false)});
  ASSERT_TRUE(all) << all.error().message;
  ASSERT_EQ(all->points.size(), 6U);
  for (size_t i = 0; i < all->points.size(); i++) {
    const TrialPoints& points = all->points[i];
    ASSERT_EQ(points.size(), 3U);
    for (size_t k = 1; k < points.size(); k++) {
      EXPECT_LT(points[k].other_bits, points[k - 1].other_bits) << i << " " << k;
      EXPECT_LT(points[k].quality, points[k - 1].quality) << i << " " << k;
    }
    EXPECT_GT(points[0].quality, 20);
    EXPECT_LT(points[0].quality, 60);
  }
  EXPECT_GT(all->points[0][0].quality, all->points[1][0].quality + 2) << "half of the raster cannot hold the noise";
}

TEST(Trial, EqualTrialsGiveEqualPoints) {
  const Clip clip("testsrc2=s=640x360:r=25");
  const std::vector<Rung> rungs{rung(media::Codec::kHevc, "ultrafast", 20, false)};
  const auto one = tried(clip.path(), rungs), two = tried(clip.path(), rungs);
  ASSERT_TRUE(one && two);
  EXPECT_EQ(json::serialize(to_json(one->points[0])), json::serialize(to_json(two->points[0])));
}

TEST(Trial, NothingIsTriedWithoutPictures) {
  EXPECT_FALSE(run_trial({}, ChunkSpec(), {}));
}

}  // namespace
}  // namespace pier::transcode
