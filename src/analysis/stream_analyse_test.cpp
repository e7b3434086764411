// The analyzers of streams and metadata over clips of real encoders.

#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>
#include <unistd.h>

#include <pier/analysis/analyse.hpp>

namespace pier::analysis {
namespace {

namespace fs = std::filesystem;

class Streams : public testing::Test {
 protected:
  void SetUp() override {
    x_folder = fs::temp_directory_path() / ("pier-streams-test-" + std::to_string(getpid()));
    fs::create_directories(x_folder);
  }
  void TearDown() override { fs::remove_all(x_folder); }

  Result<AnalysisResult> run(const std::string& arguments, const std::string& name, int frames = 50) {
    const std::string path = (x_folder / name).string();
    const std::string command = "ffmpeg -nostdin -v error -y -f lavfi -i testsrc2=s=128x72:r=25 -frames:v " +
                                std::to_string(frames) + " " + arguments + " " + path;
    if (std::system(command.c_str()) != 0) return fail(ErrorCode::kInternal, command);
    return analyse_file(path);
  }
  static Result<AnalysisResult> analyse_file(const std::string& path) {
    PIER_TRY(const auto source, media::open_source(path));
    PIER_TRY(const auto facts, media::probe(source));
    return analyse(source, facts, {});
  }
  static std::vector<std::string> kinds(const AnalysisResult& result) {
    std::vector<std::string> found;
    for (const Finding& finding : result.findings) {
      for (const char* ours : {"gop", "hrd", "metadata", "timecode", "edits"}) {
        if (finding.kind.starts_with(ours)) found.push_back(finding.kind);
      }
    }
    return found;
  }
  fs::path x_folder;
};

using Kinds = std::vector<std::string>;
constexpr const char* kHevc =
    "-pix_fmt yuv420p10le -c:v libx265 -preset ultrafast -x265-params "
    "log-level=none:keyint=10:min-keyint=10:scenecut=0:bframes=3:b-adapt=0:repeat-headers=1:";
constexpr const char* kHdr =
    "colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:"
    "master-display='G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)':max-cll='900,300'";

TEST_F(Streams, GoodHevcWithBufferingMessages) {
  for (const char* name : {"clip.ts", "clip.mp4"}) {
    const auto result =
        run(std::string(kHevc) + "open-gop=0:hrd=1:bitrate=300:vbv-maxrate=400:vbv-bufsize=400:" + kHdr, name);
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(kinds(*result), Kinds{}) << name;
    const json::object& hrd = result->measures.at("hrd").as_object();
    EXPECT_EQ(hrd.at("model").as_string(), "messages") << json::serialize(hrd);
    EXPECT_EQ(hrd.at("judged_access_units").as_int64(), 50);
    const json::object& gop = result->measures.at("gop").as_object();
    EXPECT_TRUE(gop.at("closed").as_bool());
    EXPECT_EQ(gop.at("groups").as_int64(), 5);
    EXPECT_EQ(gop.at("length_pictures").at("max").as_double(), 10);
    EXPECT_EQ(result->measures.at("metadata").at("content_light").at("times").as_int64(), 5);
    const auto& video = result->measures.at("bitrate").at("streams").at(0);
    EXPECT_NEAR(video.at("seconds").as_double(), 2, 1e-6);
    EXPECT_GT(video.at("average_kbps").as_double(), 50);
  }
}

TEST_F(Streams, OpenGopsCutAtTheirHead) {
  const auto whole = run(std::string(kHevc) + "open-gop=1", "whole.hevc");
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_EQ(kinds(*whole), Kinds{});
  EXPECT_FALSE(whole->measures.at("gop").at("closed").as_bool());
  // From the middle on: bytes before a later access point are gone.
  const std::string path = (x_folder / "whole.hevc").string();
  const std::string cut = (x_folder / "cut.hevc").string();
  std::string bytes;
  {
    std::FILE* file = std::fopen(path.c_str(), "rb");
    ASSERT_NE(file, nullptr);
    for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) bytes.push_back(static_cast<char>(c));
    std::fclose(file);
  }
  const std::string vps("\x00\x00\x01\x40\x01", 5);  // parameter sets begin every access point
  const size_t second = bytes.find(vps, bytes.find(vps) + 1);
  ASSERT_NE(second, std::string::npos);
  std::FILE* file = std::fopen(cut.c_str(), "wb");
  ASSERT_NE(file, nullptr);
  std::fwrite(bytes.data() + second - 1, 1, bytes.size() - second + 1, file);
  std::fclose(file);
  const auto result = analyse_file(cut);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(kinds(*result), Kinds{"gop.start"});
  EXPECT_EQ(result->measures.at("gop").at("leading_pictures_lost").as_int64(), 1);
}

TEST_F(Streams, MetadataThatChangesInOneStream) {
  const std::string first = (x_folder / "a.hevc").string(), second = (x_folder / "b.hevc").string();
  ASSERT_TRUE(run(std::string(kHevc) + "open-gop=0:" + kHdr, "a.hevc", 20));
  std::string other = kHdr;
  other.replace(other.find("900,300"), 7, "950,300");
  ASSERT_TRUE(run(std::string(kHevc) + "open-gop=0:" + other, "b.hevc", 20));
  const std::string joined = (x_folder / "joined.hevc").string();
  ASSERT_EQ(std::system(("cat " + first + " " + second + " > " + joined).c_str()), 0);
  const auto result = analyse_file(joined);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(kinds(*result), Kinds{"metadata.changed.content_light"});
  for (const Finding& finding : result->findings) {
    if (finding.kind.starts_with("metadata")) {
      EXPECT_EQ(finding.first_frame, 20);
    }
  }
}

TEST_F(Streams, EditListThatCuts) {
  const std::string whole = (x_folder / "whole.mov").string(), cut = (x_folder / "cut.mov").string();
  ASSERT_TRUE(run(std::string(kHevc) + "open-gop=0", "whole.mov"));
  // A copy that begins inside a group keeps its head behind an edit list.
  ASSERT_EQ(std::system(("ffmpeg -nostdin -v error -y -ss 0.6 -i " + whole + " -c copy " + cut).c_str()), 0);
  const auto before = analyse_file(whole);
  ASSERT_TRUE(before);
  EXPECT_EQ(kinds(*before), Kinds{});
  const auto result = analyse_file(cut);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(kinds(*result), Kinds{"edits.trims"});
  EXPECT_NEAR(result->measures.at("edits").at("streams").at(0).at("cut_start_seconds").as_double(), 0.2, 0.021);
}

TEST_F(Streams, AvcAndAv1AndIntra) {
  const auto avc =
      run("-pix_fmt yuv420p -c:v libx264 -preset ultrafast -b:v 300k -maxrate 400k -bufsize 400k -x264-params "
          "keyint=10:min-keyint=10:scenecut=0:nal-hrd=vbr:bframes=2:b-adapt=0",
          "clip.mp4");
  ASSERT_TRUE(avc) << avc.error().message;
  EXPECT_EQ(kinds(*avc), Kinds{});
  EXPECT_EQ(avc->measures.at("hrd").at("model").as_string(), "messages");
  const auto av1 = run("-pix_fmt yuv420p10le -c:v libsvtav1 -preset 12 -g 10", "clip.mkv", 20);
  ASSERT_TRUE(av1) << av1.error().message;
  EXPECT_EQ(kinds(*av1), Kinds{});
  EXPECT_EQ(av1->measures.at("hrd").at("not_judged").as_string(), "the codec has no buffer model here");
  const auto intra = run("-pix_fmt yuv422p10le -c:v prores_ks", "clip.mov", 5);
  ASSERT_TRUE(intra) << intra.error().message;
  EXPECT_EQ(kinds(*intra), Kinds{});
  EXPECT_EQ(intra->measures.at("gop").at("length_pictures").at("max").as_double(), 1);
}

TEST_F(Streams, SameAnswerAtAnyThreadCount) {
  ASSERT_TRUE(run(std::string(kHevc) + "open-gop=1:" + kHdr, "clip.mp4", 30));
  const auto source = media::open_source((x_folder / "clip.mp4").string());
  ASSERT_TRUE(source);
  const auto facts = media::probe(*source);
  ASSERT_TRUE(facts);
  const auto text = [&](int threads) {
    const auto result = analyse(*source, *facts, {.threads = threads});
    return result ? json::serialize(to_json(*result)) : result.error().message;
  };
  EXPECT_EQ(text(1), text(8));
}

}  // namespace
}  // namespace pier::analysis
