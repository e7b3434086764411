#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pier/media/facts.hpp>

#include "test_clips.hpp"

namespace pier::media {
namespace {

using clips::AvsSpec;
using clips::ffmpeg;
using clips::TempFolder;
using clips::test_picture;
using testing::Contains;
using testing::HasSubstr;

Result<Facts> probe_path(const std::string& path, const ProbeOptions& options = {}) {
  const auto source = open_source(path);
  if (!source) return Failure(source.error());
  return probe(*source, options);
}

const VideoFacts& main_video(const Facts& facts) {
  return facts.video.at(static_cast<size_t>(facts.main_video));
}

std::vector<std::string> fields_in_dispute(const VideoFacts& video) {
  std::vector<std::string> fields;
  for (const Disagreement& disagreement : video.disagreements) fields.push_back(disagreement.field);
  return fields;
}

std::vector<std::string> carriers_of(const VideoFacts& video, const std::string& field) {
  std::vector<std::string> carriers;
  for (const CarrierFact& fact : video.carriers) {
    if (fact.field == field) carriers.push_back(fact.carrier);
  }
  return carriers;
}

std::string x265(const std::string& parameters) {
  return "-pix_fmt yuv420p10le -c:v libx265 -preset ultrafast -tag:v hvc1 -x265-params log-level=none:" + parameters +
         " ";
}

const std::string kHlg = "colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc:range=limited";
const std::string kPq = "colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:range=limited";
const std::string kHdr10 = kPq +
                           ":hdr10=1:master-display=\"G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L("
                           "10000000,50)\":max-cll=\"1000,400\"";

TEST(Probe, HlgInMp4) {
  const TempFolder folder;
  const std::string path = folder.path("hlg.mp4");
  ASSERT_TRUE(ffmpeg(test_picture("size=128x72:rate=50") + x265(kHlg) +
                     "-color_primaries bt2020 -color_trc arib-std-b67 -colorspace bt2020nc " + path));
  const auto facts = probe_path(path);
  ASSERT_TRUE(facts) << facts.error().message;
  const VideoFacts& video = main_video(*facts);
  EXPECT_EQ(facts->container, "mp4");
  EXPECT_EQ(video.codec, Codec::kHevc);
  EXPECT_EQ(video.profile, "Main 10");
  EXPECT_EQ(video.width, 128);
  EXPECT_EQ(video.height, 72);
  EXPECT_EQ(video.format, (PixelFormat{10, Chroma::k420, false}));
  EXPECT_EQ(video.hdr, HdrKind::kHlg);
  EXPECT_EQ(video.colour.primaries, Primaries::kBt2020);
  EXPECT_EQ(video.colour.range, Range::kNarrow);
  EXPECT_EQ(video.frame_rate, Rational(50));
  EXPECT_FALSE(video.variable_rate);
  EXPECT_EQ(video.frames, 10);
  EXPECT_EQ(video.duration, Rational(1, 5));
  EXPECT_TRUE(video.disagreements.empty()) << video.disagreements[0].message;
  EXPECT_THAT(carriers_of(video, "transfer"), Contains("container.colr"));
  EXPECT_THAT(carriers_of(video, "transfer"), Contains("container.hvcC.sps"));
}

TEST(Probe, Hdr10InTransportStreamAndMatroska) {
  const TempFolder folder;
  for (const std::string name : {"a.ts", "a.mkv"}) {
    ASSERT_TRUE(ffmpeg(test_picture("size=128x72:rate=50", 12) + x265(kHdr10) + folder.path(name)));
    const auto facts = probe_path(folder.path(name));
    ASSERT_TRUE(facts) << facts.error().message;
    const VideoFacts& video = main_video(*facts);
    EXPECT_EQ(video.hdr, HdrKind::kHdr10) << name;
    ASSERT_TRUE(video.mastering_display) << name;
    EXPECT_EQ(*video.mastering_display,
              (MasteringDisplay{{34000, 16000}, {13250, 34500}, {7500, 3000}, {15635, 16450}, 10000000, 50}));
    EXPECT_EQ(video.content_light, (ContentLight{1000, 400})) << name;
    EXPECT_EQ(video.frame_rate, Rational(50)) << name;
    EXPECT_EQ(video.frames, 12) << name;
    EXPECT_FALSE(video.variable_rate) << name;
    EXPECT_THAT(carriers_of(video, "mastering_display"), Contains("hevc.sei.137"));
    if (name == "a.mkv") {
      EXPECT_THAT(carriers_of(video, "raster"), Contains("container.video"));
    }
    EXPECT_TRUE(video.disagreements.empty()) << video.disagreements[0].message;
  }
}

TEST(Probe, PqWithoutMasteringDisplayIsSaid) {
  const TempFolder folder;
  const std::string path = folder.path("pq.mp4");
  ASSERT_TRUE(ffmpeg(test_picture() + x265(kPq) + path));
  const auto facts = probe_path(path);
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(main_video(*facts).hdr, HdrKind::kPq);
  EXPECT_THAT(facts->warnings, Contains(HasSubstr("PQ without ST 2086 mastering display")));
}

TEST(Probe, ContainerAgainstBitstream) {
  const TempFolder folder;
  ASSERT_TRUE(ffmpeg(test_picture() + x265(kPq) + "-color_primaries bt2020 -color_trc smpte2084 -colorspace bt2020nc " +
                     folder.path("pq.mp4")));
  ASSERT_TRUE(ffmpeg("-i " + folder.path("pq.mp4") +
                     " -c copy -bsf:v hevc_metadata=transfer_characteristics=18 -color_trc smpte2084 " +
                     folder.path("lie.mp4")));
  const auto facts = probe_path(folder.path("lie.mp4"));
  ASSERT_TRUE(facts) << facts.error().message;
  const VideoFacts& video = main_video(*facts);
  EXPECT_THAT(fields_in_dispute(video), Contains("transfer"));
  EXPECT_EQ(video.hdr, HdrKind::kHlg) << "the bitstream comes first";
  const auto honest = probe_path(folder.path("pq.mp4"));
  ASSERT_TRUE(honest);
  EXPECT_TRUE(main_video(*honest).disagreements.empty());
}

TEST(Probe, ContainerLiesAboutTheRaster) {
  const TempFolder folder;
  const std::string path = folder.path("a.mp4");
  ASSERT_TRUE(ffmpeg(test_picture() + "-c:v libx264 -pix_fmt yuv420p " + path));
  std::string bytes = *read_file(path);
  const size_t entry = bytes.find("avc1", bytes.find("stsd"));
  ASSERT_NE(entry, std::string::npos);
  bytes[entry + 4 + 24] = 0x0F;  // width becomes 0x0F80
  const auto facts = probe_path(folder.write("lie.mp4", std::string_view(bytes)));
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_THAT(fields_in_dispute(main_video(*facts)), Contains("raster"));
  EXPECT_EQ(main_video(*facts).width, 128);
}

TEST(Probe, RotationAndEditList) {
  const TempFolder folder;
  ASSERT_TRUE(ffmpeg(test_picture("size=128x72:rate=25", 50) + "-c:v libx264 -g 25 -bf 0 -pix_fmt yuv420p " +
                     folder.path("a.mp4")));
  std::string turned = *read_file(folder.path("a.mp4"));
  const size_t matrix = turned.find("tkhd") + 4 + 40;
  ASSERT_LT(matrix + 36, turned.size());
  // a, b, c, d of a turn by 270 degrees clockwise: 0, -1, 1, 0.
  turned.replace(matrix, 4, std::string(4, '\0'));
  turned.replace(matrix + 4, 4, std::string("\xFF\xFF\x00\x00", 4));
  turned.replace(matrix + 12, 4, std::string("\x00\x01\x00\x00", 4));
  turned.replace(matrix + 16, 4, std::string(4, '\0'));
  folder.write("turned.mp4", std::string_view(turned));
  auto facts = probe_path(folder.path("turned.mp4"));
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(main_video(*facts).rotation, 270);
  ASSERT_TRUE(ffmpeg("-ss 0.4 -i " + folder.path("a.mp4") + " -c copy " + folder.path("edited.mp4")));
  facts = probe_path(folder.path("edited.mp4"));
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(main_video(*facts).frames, 40);
  EXPECT_FALSE(main_video(*facts).variable_rate);
  EXPECT_THAT(facts->warnings, Contains(HasSubstr("edit list hides")));
}

TEST(Probe, VariableRate) {
  const TempFolder folder;
  const std::string path = folder.path("vfr.mp4");
  ASSERT_TRUE(
      ffmpeg("-f lavfi -i testsrc2=size=128x72:rate=50 -frames:v 20 -vf \"select='not(eq(mod(n,5),3))'\" -vsync vfr "
             "-c:v libx264 -pix_fmt yuv420p " +
             path));
  const auto facts = probe_path(path);
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_TRUE(main_video(*facts).variable_rate);
  EXPECT_EQ(main_video(*facts).frame_rate, Rational(50));
  EXPECT_THAT(facts->warnings, Contains(HasSubstr("variable frame rate: frames last 20.00 to 40.00 ms")));
}

TEST(Probe, MxfWithProresAndDnxhr) {
  const TempFolder folder;
  ASSERT_TRUE(ffmpeg(test_picture("size=1920x1080:rate=25", 2) +
                     "-f lavfi -i sine=r=48000 -shortest -c:v mpeg2video -b:v 20M -pix_fmt yuv422p -c:a pcm_s24le "
                     "-timecode 10:00:00:00 " +
                     folder.path("a.mxf")));
  auto facts = probe_path(folder.path("a.mxf"));
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->container, "mxf (OP1a)");
  EXPECT_EQ(facts->timecode, "10:00:00:00");
  EXPECT_EQ(main_video(*facts).frame_rate, Rational(25));
  EXPECT_EQ(main_video(*facts).format, (PixelFormat{8, Chroma::k422, false}));
  ASSERT_EQ(facts->audio.size(), 1U);
  EXPECT_EQ(facts->audio[0].bit_depth, 24);
  ASSERT_TRUE(ffmpeg(test_picture("size=256x120:rate=24000/1001", 3) +
                     "-c:v prores_ks -profile:v 4 -pix_fmt yuv444p12le -color_primaries bt2020 -color_trc smpte2084 "
                     "-colorspace bt2020nc " +
                     folder.path("a.mov")) ||
              ffmpeg(test_picture("size=256x120:rate=24000/1001", 3) +
                     "-c:v prores_ks -profile:v 4 -pix_fmt yuv444p10le -color_primaries bt2020 -color_trc smpte2084 "
                     "-colorspace bt2020nc " +
                     folder.path("a.mov")));
  facts = probe_path(folder.path("a.mov"));
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->container, "mov");
  EXPECT_EQ(main_video(*facts).codec, Codec::kProres);
  EXPECT_EQ(main_video(*facts).format.chroma, Chroma::k444);
  EXPECT_EQ(main_video(*facts).colour.transfer, Transfer::kPq);
  EXPECT_EQ(main_video(*facts).frame_rate, Rational(24000, 1001));
}

TEST(Probe, Avs3ElementaryStream) {
  const TempFolder folder;
  const auto path = folder.write(
      "a.avs3", clips::avs_stream({}, {clips::avs_sequence_display(12), clips::avs_mastering_display(1000, 800)}, 7));
  const auto facts = probe_path(path);
  ASSERT_TRUE(facts) << facts.error().message;
  const VideoFacts& video = main_video(*facts);
  EXPECT_EQ(facts->container, "avs3");
  EXPECT_EQ(video.codec, Codec::kAvs3);
  EXPECT_FALSE(video.decodable);
  EXPECT_EQ(video.width, 3840);
  EXPECT_EQ(video.height, 2160);
  EXPECT_EQ(video.format.bit_depth, 10);
  EXPECT_EQ(video.frame_rate, Rational(50));
  EXPECT_EQ(video.frames, 7);
  EXPECT_EQ(video.duration, Rational(7, 50));
  EXPECT_EQ(video.hdr, HdrKind::kHdr10);
  EXPECT_EQ(video.content_light, (ContentLight{800, 400}));
  EXPECT_TRUE(video.disagreements.empty()) << video.disagreements[0].message;
}

TEST(Probe, AvsInTransportStreams) {
  const TempFolder folder;
  for (const bool avs3 : {true, false}) {
    const AvsSpec spec{.avs3 = avs3};
    const std::vector<Bytes> units(24, clips::avs_stream(spec, {clips::avs_sequence_display(14)}, 1));
    const auto path = folder.write("a.ts", clips::transport_stream(avs3 ? 0xD4 : 0xD2, units, 1800));
    const auto facts = probe_path(path);
    ASSERT_TRUE(facts) << facts.error().message;
    const VideoFacts& video = main_video(*facts);
    EXPECT_EQ(facts->container, "mpegts");
    EXPECT_EQ(video.codec, avs3 ? Codec::kAvs3 : Codec::kAvs2);
    EXPECT_EQ(video.width, 3840);
    EXPECT_EQ(video.height, 2160);
    EXPECT_EQ(video.format.bit_depth, 10);
    EXPECT_EQ(video.frame_rate, Rational(50));
    EXPECT_EQ(video.hdr, HdrKind::kHlg);
    EXPECT_FALSE(video.decodable);
  }
}

TEST(Probe, MetadataThatStartsLateOrChanges) {
  const TempFolder folder;
  ASSERT_TRUE(ffmpeg(test_picture() + x265(kPq) + folder.path("plain.hevc")));
  ASSERT_TRUE(ffmpeg(test_picture() + x265(kHdr10) + folder.path("bright.hevc")));
  std::string other = kHdr10;
  other.replace(other.find("1000,400"), 8, "600,100");
  ASSERT_TRUE(ffmpeg(test_picture() + x265(other) + folder.path("dark.hevc")));
  const auto joined = [&](const std::vector<std::string>& parts) {
    std::string all;
    for (const std::string& part : parts) all += *read_file(folder.path(part));
    return folder.write("joined.hevc", std::string_view(all));
  };
  auto facts = probe_path(joined({"plain.hevc", "bright.hevc"}));
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_THAT(fields_in_dispute(main_video(*facts)), Contains("mastering_display"));
  EXPECT_THAT(main_video(*facts).disagreements[0].message, HasSubstr("access unit 10"));
  facts = probe_path(joined({"bright.hevc", "dark.hevc"}));
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_THAT(fields_in_dispute(main_video(*facts)), Contains("content_light"));
  EXPECT_EQ(main_video(*facts).content_light, (ContentLight{1000, 400})) << "the first one said";
  facts = probe_path(joined({"bright.hevc", "bright.hevc"}));
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_TRUE(main_video(*facts).disagreements.empty());
}

TEST(Probe, BroadcastHlg) {
  const TempFolder folder;
  ASSERT_TRUE(ffmpeg(test_picture() + x265("colorprim=bt2020:transfer=bt2020-10:colormatrix=bt2020nc:atc-sei=18") +
                     folder.path("a.ts")));
  const auto facts = probe_path(folder.path("a.ts"));
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(main_video(*facts).hdr, HdrKind::kHlg);
  EXPECT_EQ(main_video(*facts).colour.transfer, Transfer::kHlg);
  EXPECT_TRUE(main_video(*facts).disagreements.empty()) << main_video(*facts).disagreements[0].message;
}

TEST(Probe, SoundFacts) {
  const TempFolder folder;
  ASSERT_TRUE(ffmpeg(test_picture() +
                     "-f lavfi -i anoisesrc=r=48000:d=0.4 -af pan=5.1\\|c0=c0\\|c1=c0\\|c2=c0\\|c3=c0\\|c4=c0\\|c5=c0 "
                     "-c:v libx264 -pix_fmt yuv420p -c:a eac3 -metadata:s:a language=zho " +
                     folder.path("a.mp4")));
  const auto facts = probe_path(folder.path("a.mp4"));
  ASSERT_TRUE(facts) << facts.error().message;
  ASSERT_EQ(facts->audio.size(), 1U);
  EXPECT_EQ(facts->audio[0].codec, Codec::kEac3);
  EXPECT_EQ(facts->audio[0].channels, 6);
  EXPECT_EQ(facts->audio[0].sample_rate, 48000);
  EXPECT_THAT(facts->audio[0].layout, HasSubstr("5.1"));
  EXPECT_EQ(facts->audio[0].language, "zho");
}

TEST(Probe, QuickReadsAStatedSample) {
  const TempFolder folder;
  const std::string path = folder.path("long.mp4");
  ASSERT_TRUE(ffmpeg(test_picture("size=64x64:rate=10", 300) +
                     "-c:v libx264 -preset ultrafast -g 10 -pix_fmt yuv420p " + path));
  const auto quick = probe_path(path, {.quick = true, .on_progress = {}});
  ASSERT_TRUE(quick) << quick.error().message;
  EXPECT_TRUE(quick->sampled);
  EXPECT_EQ(quick->sample_statement, "first 10 s and last 2 s of 30 s");
  EXPECT_EQ(main_video(*quick).frame_rate, Rational(10));
  EXPECT_FALSE(main_video(*quick).variable_rate);
  EXPECT_EQ(main_video(*quick).frames, 300) << "the container says so";
  EXPECT_EQ(main_video(*quick).duration, Rational(30));
  const auto whole = probe_path(path);
  ASSERT_TRUE(whole);
  EXPECT_FALSE(whole->sampled);
  EXPECT_EQ(main_video(*whole).frames, 300);
}

TEST(Probe, TruncatedEmptyAndForeignFiles) {
  const TempFolder folder;
  ASSERT_TRUE(ffmpeg(test_picture() + "-c:v libx264 -pix_fmt yuv420p " + folder.path("a.mp4")));
  ASSERT_TRUE(ffmpeg("-i " + folder.path("a.mp4") + " -c copy -movflags faststart " + folder.path("fast.mp4")));
  ASSERT_TRUE(ffmpeg("-i " + folder.path("a.mp4") + " -c copy " + folder.path("a.mkv")));
  const auto cut = [&](const std::string& name, size_t bytes) {
    const std::string whole = *read_file(folder.path(name));
    return folder.write("cut-" + name, std::string_view(whole).substr(0, whole.size() - bytes));
  };
  const auto expect = [&](const std::string& path, ErrorCode code, const std::string& text) {
    const auto facts = probe_path(path);
    ASSERT_FALSE(facts) << path;
    EXPECT_EQ(facts.error().code, code) << facts.error().message;
    EXPECT_THAT(facts.error().message, HasSubstr(text));
  };
  const size_t moov = *read_file(folder.path("a.mp4")).transform([](const std::string& text) {
    return text.size() - text.rfind("moov") + 4;
  });
  expect(cut("a.mp4", moov), ErrorCode::kTruncated, "moov");
  expect(cut("a.mp4", 10), ErrorCode::kTruncated, "moov box ends 10 bytes after the end");
  expect(cut("fast.mp4", 100), ErrorCode::kTruncated, "mdat box ends 100 bytes after the end");
  expect(cut("a.mkv", 100), ErrorCode::kTruncated, "100 bytes after the end");
  expect(folder.write("empty.mp4", std::string_view("")), ErrorCode::kTruncated, "empty");
  expect(folder.write("text.mp4", std::string_view("This is a letter.\nNot a film.\n")), ErrorCode::kInputUnsupported,
         "looks like plain text");
  expect(folder.write("picture.mp4", *from_hex("89504e470d0a1a0a0000000d49484452")), ErrorCode::kInputUnsupported,
         "a PNG picture");
  expect(folder.write("zero.ts", Bytes(4096)), ErrorCode::kInputUnsupported, "zero bytes");
  Bytes noise(5000);
  for (size_t at = 0; at < noise.size(); ++at) noise[at] = static_cast<std::byte>(at * 2654435761U >> 13U);
  const auto facts = probe_path(folder.write("noise.bin", noise));
  EXPECT_FALSE(facts);
}

TEST(Probe, SoundOnlyAndCancelled) {
  const TempFolder folder;
  ASSERT_TRUE(ffmpeg("-f lavfi -i sine=d=0.2 " + folder.path("a.wav")));
  const auto facts = probe_path(folder.path("a.wav"));
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->main_video, -1);
  EXPECT_THAT(facts->warnings, Contains(HasSubstr("no picture stream")));
  ASSERT_TRUE(ffmpeg(test_picture("size=64x64:rate=50", 200) + "-c:v libx264 -preset ultrafast -pix_fmt yuv420p " +
                     folder.path("a.mp4")));
  const auto cancelled =
      probe_path(folder.path("a.mp4"), {.quick = false, .on_progress = [](double) { return false; }});
  ASSERT_FALSE(cancelled);
  EXPECT_EQ(cancelled.error().code, ErrorCode::kCancelled);
}

TEST(Probe, JsonKeepsEverythingAndTheTextSaysIt) {
  const TempFolder folder;
  ASSERT_TRUE(ffmpeg(test_picture() + "-f lavfi -i sine=d=0.4 " + x265(kHdr10) + "-c:a aac " + folder.path("a.mp4")));
  const auto facts = probe_path(folder.path("a.mp4"));
  ASSERT_TRUE(facts) << facts.error().message;
  const json::object object = to_json(*facts);
  const auto back = facts_from_json(*parse_json(json::serialize(object)));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(to_json(*back), object);
  EXPECT_EQ(main_video(*back).mastering_display, main_video(*facts).mastering_display);
  EXPECT_EQ(main_video(*back).colour, main_video(*facts).colour);
  EXPECT_EQ(main_video(*back).frame_rate, main_video(*facts).frame_rate);
  EXPECT_FALSE(facts_from_json(json::array{}));
  const std::string text = describe(*facts);
  EXPECT_THAT(text, HasSubstr("HDR10"));
  EXPECT_THAT(text, HasSubstr("MaxCLL 1000, MaxFALL 400"));
  EXPECT_THAT(text, HasSubstr("R(0.68,0.32) G(0.265,0.69) B(0.15,0.06) W(0.3127,0.329) L(0.005...1000 cd/m2)"));
}

}  // namespace
}  // namespace pier::media
