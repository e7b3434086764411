#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>
#include <unistd.h>

#include <pier/analysis/analyse.hpp>
#include <pier/analysis/report.hpp>
#include <pier/media/decode.hpp>

namespace pier::analysis {
namespace {

namespace fs = std::filesystem;

/// Clips made by the ffmpeg program once for all tests of this file.
class Analyse : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    x_folder = fs::temp_directory_path() / ("pier-analysis-test-" + std::to_string(getpid()));
    fs::create_directories(x_folder);
    // 2 s of HLG, black in frames 20 to 29; sound with 1.2 s of silence in the middle.
    ffmpeg(
        "-f lavfi -i testsrc2=s=320x180:r=25:d=2 -f lavfi -i "
        "'aevalsrc=0.1*sin(2*PI*1000*t)*(1-between(t\\,0.4\\,1.6))|0.1*sin(2*PI*1000*t)*(1-between(t\\,0.4\\,1.6))"
        ":s=48000:d=2' -vf \"drawbox=c=black:t=fill:enable='between(n,20,29)',format=yuv420p10le\" -c:v libx265 "
        "-preset ultrafast -x265-params "
        "log-level=error:keyint=10:colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc:range=limited "
        "-c:a pcm_s16le",
        "clip.mov");
  }
  static void TearDownTestSuite() { fs::remove_all(x_folder); }

  static void ffmpeg(const std::string& arguments, const std::string& name) {
    const std::string command = "ffmpeg -nostdin -v error -y " + arguments + " " + (x_folder / name).string();
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
  }

  static Result<AnalysisResult> run(const std::string& name, const AnalysisOptions& options,
                                    media::Facts* facts = nullptr) {
    PIER_TRY(const auto source, media::open_source((x_folder / name).string()));
    PIER_TRY(auto probed, media::probe(source));
    if (facts != nullptr) *facts = probed;
    return analyse(source, probed, options);
  }

  static const Finding* find(const AnalysisResult& result, const std::string& kind) {
    for (const Finding& finding : result.findings) {
      if (finding.kind == kind) return &finding;
    }
    return nullptr;
  }

  static inline fs::path x_folder;
};

TEST_F(Analyse, FindsWhatWasPlantedAndCountsExactly) {
  media::Facts facts;
  const auto result = run("clip.mov", {.threads = 2}, &facts);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->frames.frames.size(), 50U);
  EXPECT_EQ(result->programme_frames, 50);
  EXPECT_EQ(result->damaged_packets, 0);
  ASSERT_EQ(result->audio.size(), 1U);
  EXPECT_EQ(result->audio[0].samples, 96000);
  EXPECT_EQ(result->audio[0].programme_samples, 96000);
  const Finding* black = find(*result, "black");
  ASSERT_NE(black, nullptr);
  EXPECT_EQ(black->first_frame, 20);
  EXPECT_EQ(black->last_frame, 29);
  const Finding* silence = find(*result, "silence");
  ASSERT_NE(silence, nullptr);
  EXPECT_NEAR(silence->time.start.value(), 0.4, 0.011);
  EXPECT_EQ(result->measures.at("luminance").at("scale").as_string(), "hlg_display_1000");

  const auto profile = load_profile("screen-any", {std::string(PIER_SOURCE_DIR) + "/profiles"});
  ASSERT_TRUE(profile);
  const auto report = judge(facts, &*result, *profile);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->verdict, Verdict::kPass) << describe(*report, "en");
}

TEST_F(Analyse, SameAnswerAtAnyThreadCount) {
  const auto text = [&](int threads) {
    const auto result = run("clip.mov", {.threads = threads});
    return result ? json::serialize(to_json(*result)) + to_hex(to_bytes(result->frames)) : result.error().message;
  };
  const std::string one = text(1);
  EXPECT_EQ(text(2), one);
  EXPECT_EQ(text(8), one);
}

TEST_F(Analyse, FrameTableEqualsADecodeOfAPart) {
  const auto result = run("clip.mov", {});
  ASSERT_TRUE(result) << result.error().message;
  const auto source = media::open_source((x_folder / "clip.mov").string());
  const auto& frames = result->frames.frames;
  auto range = media::FrameRange::open(*source, result->video_stream, frames[13].pts, frames[27].pts, {}, 2);
  ASSERT_TRUE(range) << range.error().message;
  for (size_t i = 13; i < 27; ++i) {
    const auto frame = range->next();
    ASSERT_TRUE(frame && *frame) << i;
    EXPECT_EQ((*frame)->pts, frames[i].pts);
    EXPECT_EQ(fingerprint((*frame)->picture.view()), frames[i].fingerprint) << i;
  }
}

TEST_F(Analyse, ProgrammeRangeLeavesTheBlackOut) {
  const auto whole = run("clip.mov", {});
  ASSERT_TRUE(whole);
  AnalysisOptions options;
  options.in_pts = whole->frames.frames[30].pts;
  const auto result = run("clip.mov", options);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->programme_frames, 20);
  EXPECT_EQ(result->frames, whole->frames);
  EXPECT_EQ(find(*result, "black"), nullptr);
  EXPECT_EQ(result->audio.at(0).programme_samples, 96000 - 30 * 1920);
}

TEST_F(Analyse, ProgressRunsToTheEndAndCancelStops) {
  double last = 0;
  AnalysisOptions options;
  options.on_progress = [&](double share, int64_t) {
    EXPECT_GE(share, last);
    last = share;
    return true;
  };
  ASSERT_TRUE(run("clip.mov", options));
  EXPECT_EQ(last, 1.0);
  options.on_progress = [](double, int64_t) { return false; };
  const auto cancelled = run("clip.mov", options);
  ASSERT_FALSE(cancelled);
  EXPECT_EQ(cancelled.error().code, ErrorCode::kCancelled);
}

TEST_F(Analyse, WrongStreamsAndEmptyRangesAreRefused) {
  for (const AnalysisOptions& options :
       {AnalysisOptions{.video_stream = 7}, AnalysisOptions{.audio_streams = std::vector<int>{0}},
        AnalysisOptions{.in_pts = 100, .out_pts = 100}}) {
    const auto result = run("clip.mov", options);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument) << result.error().message;
  }
}

TEST_F(Analyse, TruncatedFileGivesWhatIsThere) {
  ffmpeg("-f lavfi -i testsrc2=s=320x180:r=25:d=2 -c:v libx264 -preset ultrafast -f mpegts", "whole.ts");
  fs::copy_file(x_folder / "whole.ts", x_folder / "cut.ts", fs::copy_options::overwrite_existing);
  fs::resize_file(x_folder / "cut.ts", fs::file_size(x_folder / "whole.ts") / 2);
  const auto result = run("cut.ts", {});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_GT(result->frames.frames.size(), 5U);
  EXPECT_LT(result->frames.frames.size(), 50U);
}

TEST_F(Analyse, SoundAloneIsAnalysed) {
  ffmpeg("-f lavfi -i sine=f=1000:d=1:r=48000 -c:a pcm_s16le", "sound.wav");
  const auto result = run("sound.wav", {});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->video_stream, -1);
  EXPECT_EQ(result->audio.at(0).samples, 48000);
  EXPECT_TRUE(result->measures.at("loudness").at("streams").at(0).at("integrated_lufs").is_double());
}

}  // namespace
}  // namespace pier::analysis
