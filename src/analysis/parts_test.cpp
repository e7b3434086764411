#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include <pier/analysis/parts.hpp>
#include <pier/media/access_unit.hpp>
#include <pier/media/demux.hpp>

namespace pier::analysis {
namespace {

namespace fs = std::filesystem;

class Parts : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    x_folder = fs::temp_directory_path() / ("pier-parts-test-" + std::to_string(getpid()));
    fs::create_directories(x_folder);
    // Black in frames 20 to 39, the picture held from 60 to 95; sound with silence; open groups of pictures.
    make("clip.mov",
         "-f lavfi -i testsrc2=s=320x180:r=25:d=5 -f lavfi -i "
         "'aevalsrc=0.1*sin(2*PI*1000*t)*(1-between(t\\,0.4\\,1.6)):s=48000:d=5' -vf "
         "\"drawbox=c=black:t=fill:enable='between(n,20,39)',loop=loop=36:size=1:start=60,trim=end_frame=125,"
         "setpts=N/25/TB,format=yuv420p10le\" -frames:v 125 -c:v libx265 -preset ultrafast -x265-params "
         "log-level=error:keyint=25:open-gop=1:bframes=3:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc "
         "-c:a pcm_s16le");
    make("damaged.mp4",
         "-f lavfi -i testsrc2=s=160x96:r=25:d=4 -c:v libx265 -preset ultrafast -x265-params "
         "log-level=error:keyint=25:bframes=3 -pix_fmt yuv420p10le");
  }
  static void TearDownTestSuite() { fs::remove_all(x_folder); }

  static void make(const std::string& name, const std::string& arguments) {
    const std::string command = "ffmpeg -nostdin -v error -y " + arguments + " " + (x_folder / name).string();
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
  }

  struct Opened {
    media::Source source;
    media::Facts facts;
  };
  static Result<Opened> open(const std::string& name) {
    PIER_TRY(auto source, media::open_source((x_folder / name).string()));
    PIER_TRY(auto facts, media::probe(source));
    return Opened{std::move(source), std::move(facts)};
  }

  static std::string text(const Result<AnalysisResult>& result) {
    if (!result) return result.error().message;
    return json::serialize(to_json(*result)) + to_hex(to_bytes(result->frames));
  }

  /// All ranges, each state written and read back, put together.
  static Result<AnalysisResult> in_parts(const Opened& opened, const AnalysisOptions& options,
                                         const std::vector<PartRange>& ranges) {
    std::vector<AnalysisPart> parts;
    for (const PartRange& written : ranges) {
      PIER_TRY(const PartRange range, part_range_from_json(to_json(written)));
      PIER_TRY(const AnalysisPart part, analyse_part(opened.source, opened.facts, options, range));
      PIER_TRY(const json::value carried, parse_json(json::serialize(to_json(part))));
      PIER_TRY(AnalysisPart read, analysis_part_from_json(carried));
      parts.push_back(std::move(read));
    }
    PIER_TRY(const AnalysisPart rest, analyse_rest(opened.source, opened.facts, options));
    PIER_TRY(const json::value carried, parse_json(json::serialize(to_json(rest))));
    PIER_TRY(AnalysisPart read, analysis_part_from_json(carried));
    read.packets = rest.packets;
    return merge_parts(parts, read);
  }

  static Result<std::vector<PartRange>> planned(const Opened& opened, int64_t frames) {
    PIER_TRY(const AnalysisPart rest, analyse_rest(opened.source, opened.facts, {.packets = true}));
    return plan_parts(rest.packets, frames);
  }

  static std::vector<PartRange> cut_at(const AnalysisResult& whole, const std::vector<int64_t>& frames) {
    std::vector<PartRange> ranges(1);
    for (const int64_t at : frames) {
      const auto& table = whole.frames.frames;
      ranges.back().end_pts = table[static_cast<size_t>(at)].pts;
      ranges.push_back({.first_frame = at,
                        .previous_pts = table[static_cast<size_t>(at - 1)].pts,
                        .first_pts = table[static_cast<size_t>(at)].pts});
    }
    return ranges;
  }

  static inline fs::path x_folder;
};

TEST_F(Parts, CutsInTheMiddleOfFindingsChangeNothing) {
  const auto opened = open("clip.mov");
  ASSERT_TRUE(opened) << opened.error().message;
  const auto whole = analyse(opened->source, opened->facts, {});
  ASSERT_TRUE(whole) << whole.error().message;
  ASSERT_EQ(whole->frames.frames.size(), 125U);
  EXPECT_GE(whole->findings.size(), 3U);  // black, freeze and silence at least
  for (const std::vector<int64_t>& cuts : {std::vector<int64_t>{30}, std::vector<int64_t>{20},
                                           std::vector<int64_t>{40, 61}, std::vector<int64_t>{25, 80}}) {
    EXPECT_EQ(text(in_parts(*opened, {.threads = 1}, cut_at(*whole, cuts))), text(whole)) << cuts[0];
  }
}

TEST_F(Parts, OfAProgrammeRangeAreThatOfTheWhole) {
  const auto opened = open("clip.mov");
  ASSERT_TRUE(opened);
  const auto all = analyse(opened->source, opened->facts, {});
  ASSERT_TRUE(all);
  AnalysisOptions options;
  options.in_pts = all->frames.frames[30].pts;
  options.out_pts = all->frames.frames[70].pts;
  const auto whole = analyse(opened->source, opened->facts, options);
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->programme_frames, 40);
  EXPECT_EQ(text(in_parts(*opened, options, cut_at(*all, {28, 65}))), text(whole));
}

TEST_F(Parts, ArePlannedAtAccessPoints) {
  const auto opened = open("clip.mov");
  ASSERT_TRUE(opened);
  const auto ranges = planned(*opened, 40);
  ASSERT_TRUE(ranges) << ranges.error().message;
  ASSERT_EQ(ranges->size(), 3U);
  EXPECT_EQ((*ranges)[1].first_frame, 50);
  EXPECT_EQ((*ranges)[2].first_frame, 100);
  EXPECT_EQ((*ranges)[0].frames, 50);
  EXPECT_EQ((*ranges)[2].frames, 25);
  EXPECT_EQ((*ranges)[0].end_pts, (*ranges)[1].first_pts);
  const auto parts = in_parts(*opened, {.packets = true}, *ranges);
  const auto whole = analyse(opened->source, opened->facts, {.packets = true});
  EXPECT_EQ(text(parts), text(whole));
  EXPECT_EQ(to_bytes(parts->packets), to_bytes(whole->packets));
}

TEST_F(Parts, ThatDoNotJoinAreRefused) {
  const auto opened = open("clip.mov");
  ASSERT_TRUE(opened);
  auto ranges = planned(*opened, 40);
  ASSERT_TRUE(ranges);
  ranges->erase(ranges->begin() + 1);
  const auto result = in_parts(*opened, {}, *ranges);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kInputDamaged);
}

TEST_F(Parts, StayWhereTheyAreWhenPicturesAreReplaced) {
  PacketTable table;
  for (int i = 0; i < 1000; ++i) table.pictures.push_back({i * 2, i % 12 == 0, {}});
  const auto before = plan_parts(table, 100);
  ASSERT_EQ(before.size(), 10U);
  PacketTable other = table;
  for (size_t i = 300; i < 420; ++i) other.pictures[i].digest.fill(std::byte{1});
  for (size_t i = 396; i < 420; ++i) other.pictures[i].key = false;  // coded anew, with longer groups
  other.pictures[410].key = true;
  const auto after = plan_parts(other, 100);
  ASSERT_EQ(after.size(), before.size());
  int differ = 0;
  for (size_t i = 0; i < after.size(); ++i) differ += coded_digest(table, before[i]) != coded_digest(other, after[i]);
  EXPECT_EQ(differ, 2);  // from 300 on and, now two pictures later, from 410 on
  EXPECT_EQ(coded_digest(table, before[9]), coded_digest(other, after[9]));
}

TEST_F(Parts, AreOneWhereTimesSayTooLittle) {
  PacketTable table;
  EXPECT_EQ(plan_parts(table, 10).size(), 1U);
  for (int i = 0; i < 100; ++i) table.pictures.push_back({i, true, {}});
  EXPECT_EQ(plan_parts(table, 10).size(), 10U);
  EXPECT_EQ(plan_parts(table, 100).size(), 1U);
  table.pictures[50].pts = 49;
  EXPECT_EQ(plan_parts(table, 10).size(), 1U);
  table.pictures[50].pts = INT64_MIN;
  EXPECT_EQ(plan_parts(table, 10).size(), 1U);
}

TEST_F(Parts, ThatGiveOtherNumbersOfPicturesAreRefused) {
  const auto opened = open("clip.mov");
  ASSERT_TRUE(opened);
  auto ranges = planned(*opened, 40);
  ASSERT_TRUE(ranges);
  *(*ranges)[1].frames += 1;
  const auto part = analyse_part(opened->source, opened->facts, {}, (*ranges)[1]);
  ASSERT_FALSE(part);
  EXPECT_EQ(part.error().code, ErrorCode::kInputDamaged);
}

/// Changes the access unit at place `number` in decoding order.
template <typename Change>
void spoil(const fs::path& file, int number, Change change) {
  const auto source = media::open_source(file.string());
  ASSERT_TRUE(source);
  auto demuxer = media::Demuxer::open(*source);
  ASSERT_TRUE(demuxer);
  std::optional<media::Packet> packet;
  for (int i = 0; i <= number; ++i) {
    auto next = demuxer->read();
    ASSERT_TRUE(next && *next);
    packet = std::move(**next);
  }
  std::string unit(packet->data().size(), '\0');
  std::fstream out(file, std::ios::binary | std::ios::in | std::ios::out);
  out.seekg(packet->position);
  out.read(unit.data(), static_cast<std::streamsize>(unit.size()));
  change(unit);
  out.seekp(packet->position);
  out.write(unit.data(), static_cast<std::streamsize>(unit.size()));
  ASSERT_TRUE(out);
}

TEST_F(Parts, LostPicturesAreDamageAtAnyThreadCount) {
  // Of bytes that are no access unit at all the decoder complains; a type of unit it does not know it passes over.
  for (const bool silent : {false, true}) {
    fs::copy_file(x_folder / "damaged.mp4", x_folder / "spoilt.mp4", fs::copy_options::overwrite_existing);
    spoil(x_folder / "spoilt.mp4", 40, [&](std::string& unit) {
      if (silent) {
        unit[4] = 0x60;
      } else {
        unit.assign(unit.size(), '\0');
      }
    });
    const auto opened = open("spoilt.mp4");
    ASSERT_TRUE(opened) << opened.error().message;
    const auto one = analyse(opened->source, opened->facts, {.threads = 1});
    ASSERT_TRUE(one) << one.error().message;
    EXPECT_EQ(one->frames.frames.size(), 99U);
    int64_t lost = 0;
    for (const Finding& finding : one->findings) {
      if (finding.kind != "damaged") continue;
      EXPECT_GE(finding.first_frame, 36);
      EXPECT_LT(finding.last_frame, 50) << "frame 50 is an access point";
      if (const json::value* count = finding.measures.if_contains("pictures_lost")) lost += count->as_int64();
    }
    EXPECT_EQ(lost, 1) << silent;
    for (const int threads : {2, 8}) {
      EXPECT_EQ(text(analyse(opened->source, opened->facts, {.threads = threads})), text(one)) << silent;
    }
  }
}

/// The first access unit at or after `from` in decoding order, no key frame, that is or is not a reference.
int place_of(const media::Source& source, bool reference, int from) {
  auto demuxer = media::Demuxer::open(source);
  if (!demuxer) return -1;
  const media::StreamInfo& stream = demuxer->streams().front();
  media::AccessUnitReader reader(stream.codec, stream.configuration);
  for (int i = 0;; ++i) {
    const auto packet = demuxer->read();
    if (!packet || !*packet) return -1;
    const media::AccessUnit unit = reader.read((*packet)->data());
    if (i >= from && !(*packet)->key && unit.reference == reference) return i;
  }
}

TEST_F(Parts, PicturesWhoseReferencesAreMissingAreDamageInPartsToo) {
  const std::string pyramid = "bframes=3:b-pyramid=1:b-adapt=0:scenecut=0:keyint=25:min-keyint=25:open-gop=1";
  const std::string source = "-f lavfi -i testsrc2=s=160x96:r=25:d=4 -pix_fmt yuv420p -threads 1 ";
  make("healthy-hevc.mp4", source + "-c:v libx265 -preset ultrafast -x265-params log-level=error:" + pyramid);
  make("healthy-avc.mp4", source + "-c:v libx264 -preset veryfast -x264-params " + pyramid);
  for (const std::string codec : {"hevc", "avc"}) {
    const auto healthy = open("healthy-" + codec + ".mp4");
    ASSERT_TRUE(healthy) << healthy.error().message;
    for (const bool reference : {true, false}) {
      const int lost = place_of(healthy->source, reference, 55);
      ASSERT_GE(lost, 55);
      make("cut.mp4", "-i " + (x_folder / ("healthy-" + codec + ".mp4")).string() +
                          " -c copy -bsf:v \"noise=amount=0:drop=eq(n\\," + std::to_string(lost) + ")\"");
      const auto cut = open("cut.mp4");
      ASSERT_TRUE(cut) << cut.error().message;
      const auto whole = analyse(cut->source, cut->facts, {.threads = 1});
      ASSERT_TRUE(whole) << whole.error().message;
      ASSERT_EQ(whole->frames.frames.size(), 99U);
      for (const int threads : {2, 8}) {
        EXPECT_EQ(text(analyse(cut->source, cut->facts, {.threads = threads})), text(whole)) << codec << reference;
      }
      int64_t damaged = 0;
      for (const Finding& finding : whole->findings) {
        if (finding.kind != "damaged") continue;
        ++damaged;
        EXPECT_GE(finding.first_frame, 50);
        EXPECT_LT(finding.last_frame, 75) << "the next access point";
      }
      EXPECT_EQ(damaged > 0, reference) << codec;
      EXPECT_EQ(whole->damaged_frames > 0, reference) << codec;
      const auto ranges = planned(*cut, 33);
      ASSERT_TRUE(ranges);
      ASSERT_EQ(ranges->size(), 3U);
      const auto parts = in_parts(*cut, {}, *ranges);
      if (reference) {  // whoever meets damage says so, and the source is analysed in one piece
        ASSERT_FALSE(parts) << codec;
        EXPECT_EQ(parts.error().code, ErrorCode::kInputDamaged);
      } else {
        EXPECT_EQ(text(parts), text(whole)) << codec;
      }
    }
  }
}

TEST_F(Parts, LeadingPicturesOfACaptureAreNoDamage) {
  // A copy from an open access point on, whose leading pictures refer to what is not there.
  make("capture.ts", "-ss 1.9 -i " + (x_folder / "clip.mov").string() + " -map 0:v -c copy -copyts -f mpegts");
  const auto opened = open("capture.ts");
  ASSERT_TRUE(opened) << opened.error().message;
  const auto result = analyse(opened->source, opened->facts, {});
  ASSERT_TRUE(result) << result.error().message;
  for (const Finding& finding : result->findings) EXPECT_NE(finding.kind, "damaged");
}

}  // namespace
}  // namespace pier::analysis
