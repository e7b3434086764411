#include <set>

#include <gtest/gtest.h>

#include <pier/transcode/assemble.hpp>
#include <pier/transcode/plan.hpp>

namespace pier::transcode {
namespace {

media::Facts hd_facts(Rational rate) {
  media::Facts facts;
  media::VideoFacts video;
  video.codec = media::Codec::kHevc;
  video.width = 640;
  video.height = 360;
  video.format = {10, Chroma::k420, false};
  video.colour = {Primaries::kBt709, Transfer::kBt709, Matrix::kBt709, Range::kNarrow, ChromaSite::kLeft};
  video.frame_rate = rate;
  facts.video.push_back(video);
  facts.main_video = 0;
  return facts;
}

analysis::AnalysisResult frames_at(const std::vector<int64_t>& pts, Rational time_base) {
  analysis::AnalysisResult result;
  result.video_stream = 0;
  result.frames.time_base = time_base;
  for (size_t i = 0; i < pts.size(); i++) result.frames.frames.push_back({pts[i], 0, i % 12 == 0, false, i + 1});
  return result;
}

Result<PublishPlan> plan(const media::Facts& facts, const analysis::AnalysisResult& analysis,
                         PlanRequest request = {}) {
  PIER_TRY(request.ladder, load_ladder(PIER_SOURCE_DIR "/ladders", "tiny"));
  return plan_publication(facts, analysis, request);
}

TEST(Plan, MillisecondTimesOfAConstantRateBecomeExact) {
  std::vector<int64_t> pts;
  for (int64_t i = 0; i < 300; i++)
    pts.push_back(rescale(i, Rational(1001, 60000), Rational(1, 1000)) + 67);  // as Matroska rounds
  const auto planned = plan(hd_facts({60000, 1001}), frames_at(pts, {1, 1000}));
  ASSERT_TRUE(planned) << planned.error().message;
  EXPECT_FALSE(planned->variable_rate);
  EXPECT_EQ(planned->timescale, 60000U);
  EXPECT_EQ(planned->duration, 300 * 1001);
  EXPECT_EQ(planned->chunks[0].frames[7].time, 7 * 1001);
  EXPECT_EQ(planned->chunks[0].frames[7].source_pts, pts[7]);
}

TEST(Plan, VariableTimesAreKeptAndGridPointsSnapToTheNextPicture) {
  media::Facts facts = hd_facts(25);
  facts.video[0].variable_rate = true;
  std::vector<int64_t> pts;
  int64_t time = 900;
  for (int i = 0; i < 200; i++) pts.push_back(time += 20 + (i * 37) % 41);
  const auto planned = plan(facts, frames_at(pts, {1, 1000}));
  ASSERT_TRUE(planned) << planned.error().message;
  EXPECT_TRUE(planned->variable_rate);
  ASSERT_GE(planned->chunks.size(), 2U);
  size_t seen = 0;
  for (const ChunkSpec& chunk : planned->chunks) {
    EXPECT_TRUE(chunk.frames.front().key);
    for (const PlannedFrame& frame : chunk.frames) {
      EXPECT_EQ(frame.time * 1000 / planned->timescale, pts[seen] - pts[0]);
      seen++;
    }
  }
  EXPECT_EQ(seen, pts.size());
  const int64_t second = planned->chunks[1].frames.front().time;
  EXPECT_GE(second * 100, 384 * static_cast<int64_t>(planned->timescale));
  EXPECT_LT(planned->chunks[0].frames.back().time * 100, 384 * static_cast<int64_t>(planned->timescale));
}

TEST(Plan, AGapMakesAConstantRateVariable) {
  std::vector<int64_t> pts;
  for (int64_t i = 0; i < 100; i++) pts.push_back((i < 50 ? i : i + 3) * 40);  // three pictures are missing
  const auto planned = plan(hd_facts(25), frames_at(pts, {1, 1000}));
  ASSERT_TRUE(planned);
  EXPECT_TRUE(planned->variable_rate);
  EXPECT_EQ(planned->frames, 100);
}

TEST(Plan, ChunksAreWholeSegmentsAndAtMostFourHundred) {
  std::vector<int64_t> pts;
  for (int64_t i = 0; i < 25 * 3600; i++) pts.push_back(i);
  const auto planned = plan(hd_facts(25), frames_at(pts, {1, 25}));
  ASSERT_TRUE(planned);
  EXPECT_LE(planned->chunks.size(), 400U);
  int next = 0;
  for (const ChunkSpec& chunk : planned->chunks) {
    EXPECT_EQ(chunk.first_segment, next);
    next += chunk.segment_count;
  }
  EXPECT_EQ(static_cast<size_t>(next), planned->grid.segments.size());
}

/// Measures with hard cuts at these frames of a source of 25 pictures a second.
json::object with_cuts(const std::vector<int>& cuts, int frames) {
  json::array list;
  for (size_t i = 0; i <= cuts.size(); i++) {
    const int first = i == 0 ? 0 : cuts[i - 1], end = i < cuts.size() ? cuts[i] : frames;
    list.push_back(json::array{first / 25.0, end / 25.0, i == 0 ? "start" : "cut"});
  }
  return {{"shots", json::object{{"columns", {"start_seconds", "end_seconds", "begins_with"}}, {"list", list}}}};
}

TEST(Plan, CutsAreKeyPicturesOfEveryRungAndTheGridStays) {
  std::vector<int64_t> pts;
  for (int64_t i = 0; i < 300; i++) pts.push_back(i);
  auto analysed = frames_at(pts, {1, 25});
  const auto plain = plan(hd_facts(25), analysed);
  analysed.measures = with_cuts({36, 200, 205}, 300);  // key pictures lie every 24 frames
  const auto cut = plan(hd_facts(25), analysed);
  ASSERT_TRUE(plain && cut);
  EXPECT_EQ(cut->cut_keys, 2);
  ASSERT_EQ(plain->chunks.size(), cut->chunks.size());
  std::set<size_t> more;
  for (size_t c = 0; c < cut->chunks.size(); c++) {
    EXPECT_EQ(cut->chunks[c].first_segment, plain->chunks[c].first_segment);
    EXPECT_EQ(cut->chunks[c].gop_frames, plain->chunks[c].gop_frames);
    for (size_t i = 0; i < cut->chunks[c].frames.size(); i++) {
      const PlannedFrame &before = plain->chunks[c].frames[i], &after = cut->chunks[c].frames[i];
      EXPECT_TRUE(!before.key || after.key);
      if (before.key != after.key) more.insert(static_cast<size_t>(after.source_pts));
    }
  }
  EXPECT_EQ(more, (std::set<size_t>{36, 205}));  // the shot from 200 lasts five pictures
  for (const PlannedRung& rung : cut->ladder.rungs) {
    if (rung.rung.kind != RungKind::kVideo) continue;
    const TrackSpec spec = video_track_spec(*cut, rung), grid = video_track_spec(*plain, rung);
    EXPECT_EQ(spec.segment_times, grid.segment_times);
    EXPECT_EQ(spec.fragment_times.size(), grid.fragment_times.size() + 2);
  }
}

TEST(Plan, CutsAreCountedFromTheProgrammesStart) {
  std::vector<int64_t> pts;
  for (int64_t i = 0; i < 300; i++) pts.push_back(i + 50);
  auto analysed = frames_at(pts, {1, 25});
  analysed.measures = with_cuts({50 + 36, 50 + 60}, 350);
  PlanRequest request;
  request.in = Rational(2);
  const auto planned = plan(hd_facts(25), analysed, request);
  ASSERT_TRUE(planned) << planned.error().message;
  EXPECT_EQ(planned->cut_keys, 1);  // the other lies before the programme
  EXPECT_TRUE(planned->chunks[0].frames[10].key);
  EXPECT_EQ(planned->chunks[0].frames[10].source_pts, 50 + 60);
}

TEST(Plan, OnePictureIsAProgramme) {
  const auto planned = plan(hd_facts(25), frames_at({40}, {1, 1000}));
  ASSERT_TRUE(planned) << planned.error().message;
  EXPECT_EQ(planned->frames, 1);
  EXPECT_GT(planned->duration, 0);
}

TEST(Plan, NoPictureIsAnError) {
  const auto planned = plan(hd_facts(25), frames_at({}, {1, 25}));
  ASSERT_FALSE(planned);
  EXPECT_EQ(planned.error().code, ErrorCode::kInputDamaged);
}

TEST(Plan, DamagedPicturesAreNotHeldAgainstTheirFingerprint) {
  auto analysed = frames_at({0, 1, 2, 3}, {1, 25});
  analysed.frames.frames[2].damaged = true;
  analysed.damaged_frames = 1;
  const auto planned = plan(hd_facts(25), analysed);
  ASSERT_TRUE(planned);
  EXPECT_EQ(planned->chunks[0].frames[2].fingerprint, 0U);
  EXPECT_NE(planned->chunks[0].frames[1].fingerprint, 0U);
  EXPECT_FALSE(planned->warnings.empty());
}

}  // namespace
}  // namespace pier::transcode
