// The whole way of a small master through this module: plan, encode, assemble, verify; and what must not pass.

#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <pier/analysis/analyse.hpp>
#include <pier/media/facts.hpp>
#include <pier/packaging/cmaf_reader.hpp>
#include <pier/transcode/assemble.hpp>
#include <pier/transcode/calibrate.hpp>
#include <pier/transcode/verify.hpp>

namespace pier::transcode {
namespace {

/// An unnamed file in memory.
UniqueFd memory_file() {
  return UniqueFd(::memfd_create("test", MFD_CLOEXEC));
}

/// Clips made by ffmpeg once per test process.
class Clips {
 public:
  static Clips& get() {
    static Clips clips;
    return clips;
  }
  std::string make(const std::string& name, const std::string& arguments) {
    const std::string path = (x_directory / name).string();
    if (std::filesystem::exists(path)) return path;
    const std::string command = "ffmpeg -nostdin -v error -y " + arguments + " " + path;
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    return path;
  }
  std::string hlg() {
    return make("hlg.mp4",
                "-f lavfi -i testsrc2=s=320x180:r=50:d=4.4,format=yuv420p10le -f lavfi -i sine=f=440:r=48000:d=4.4 "
                "-c:v libx265 -preset ultrafast -x265-params "
                "log-level=none:keyint=25:colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc:range=limited "
                "-tag:v hvc1 "
                "-color_primaries bt2020 -color_trc arib-std-b67 -colorspace bt2020nc -c:a pcm_s16le -f mov");
  }
  /// Two segments of noise that grows and has a burst at the end of the first one.
  std::string noise() {
    return make("noise.mov",
                "-f lavfi -i testsrc2=s=320x180:r=25 -t 5.2 -vf \"noise=alls=12:allf=t,noise=alls=60:allf=t:"
                "enable='between(t,2.4,4.2)',format=yuv420p\" -c:v ffv1 -f mov");
  }
  /// Three segments, as noisy as each other.
  std::string even_noise() {
    return make("even.mov",
                "-f lavfi -i testsrc2=s=320x180:r=25 -t 11.6 -vf noise=alls=20:allf=t,format=yuv420p -c:v ffv1 -f mov");
  }
  /// A hard cut at picture 120, inside a segment and between two key pictures of the grid.
  std::string cut() {
    return make("cut.mov",
                "-f lavfi -i testsrc2=s=320x180:r=50:d=2.4 -f lavfi -i mandelbrot=s=320x180:r=50 "
                "-filter_complex '[1]trim=duration=1.2[b];[0][b]concat=n=2,format=yuv420p' -c:v libx264 -preset "
                "ultrafast -crf 18 -f mov");
  }
  /// Of the same form, with other pictures.
  std::string other() {
    return make("other.mov",
                "-f lavfi -i mandelbrot=s=320x180:r=50 -t 4.4 -vf format=yuv420p10le -c:v libx265 -preset ultrafast "
                "-x265-params "
                "log-level=none:keyint=25:colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc:range=limited "
                "-tag:v hvc1 "
                "-color_primaries bt2020 -color_trc arib-std-b67 -colorspace bt2020nc -f mov");
  }

 private:
  Clips() : x_directory(std::filesystem::temp_directory_path() / ("pier-transcode-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(x_directory);
  }
  ~Clips() { std::filesystem::remove_all(x_directory); }
  std::filesystem::path x_directory;
};

/// A master taken in: source, facts, analysis and plan.
struct Prepared {
  media::Source source;
  media::Facts facts;
  analysis::AnalysisResult analysis;
  PublishPlan plan;
};

Result<Prepared> prepare(const std::string& path, PlanRequest request = {}) {
  Prepared prepared;
  PIER_TRY(prepared.source, media::open_source(path));
  PIER_TRY(prepared.facts, media::probe(prepared.source));
  PIER_TRY(prepared.analysis, analysis::analyse(prepared.source, prepared.facts));
  PIER_TRY(request.ladder, load_ladder(PIER_SOURCE_DIR "/ladders", "tiny"));
  PIER_TRY(prepared.plan, plan_publication(prepared.facts, prepared.analysis, request));
  return prepared;
}

struct Published {
  std::vector<UniqueFd> media, index;
  std::vector<TrackFiles> files() const {
    std::vector<TrackFiles> all;
    for (size_t i = 0; i < media.size(); i++) all.push_back({media[i].get(), index[i].get()});
    return all;
  }
};

/// Encodes every chunk and assembles every picture track.
Result<Published> encode_and_assemble(const Prepared& prepared) {
  const size_t rungs = prepared.plan.chunks.front().rungs.size();
  std::vector<std::vector<UniqueFd>> chunks(rungs);
  for (const ChunkSpec& chunk : prepared.plan.chunks) {
    std::vector<int> outputs;
    for (auto& files : chunks) outputs.push_back(files.emplace_back(memory_file()).get());
    PIER_TRY(const json::value text, parse_json(json::serialize(to_json(chunk))));
    PIER_TRY(const ChunkSpec read, chunk_from_json(text));
    PIER_CHECK(encode_chunk(prepared.source, read, outputs, {}));
  }
  Published published;
  for (size_t i = 0; i < rungs; i++) {
    const PlannedRung& rung = prepared.plan.chunks.front().rungs[i];
    std::vector<int> files;
    for (const UniqueFd& fd : chunks[i]) files.push_back(fd.get());
    const int media_out = published.media.emplace_back(memory_file()).get();
    const int index_out = published.index.emplace_back(memory_file()).get();
    if (rung.rung.kind == RungKind::kImage) {
      PIER_CHECK(assemble_images(image_track_spec(prepared.plan, rung), files, media_out, index_out));
    } else {
      PIER_CHECK(assemble_track(video_track_spec(prepared.plan, rung), files, media_out, index_out));
    }
  }
  return published;
}

TEST(Pipeline, EveryPictureOfEveryTrackIsTheSources) {
  const auto prepared = prepare(Clips::get().hlg());
  ASSERT_TRUE(prepared) << prepared.error().message;
  EXPECT_EQ(prepared->plan.frames, 220);
  EXPECT_EQ(prepared->plan.timescale, 50000U);
  EXPECT_EQ(prepared->plan.duration, 220 * 1000);
  ASSERT_EQ(prepared->plan.chunks.size(), 2U);  // 3.84 s and the rest
  const auto published = encode_and_assemble(*prepared);
  ASSERT_TRUE(published) << published.error().message;
  std::vector<QualityFigures> sums(prepared->plan.chunks.front().rungs.size());
  for (const ChunkSpec& chunk : prepared->plan.chunks) {
    const auto figures = verify_chunk(prepared->source, chunk, published->files(), {});
    ASSERT_TRUE(figures) << figures.error().message;
    for (size_t i = 0; i < sums.size(); i++) sums[i].combine((*figures)[i]);
  }
  EXPECT_GE(sums[0].psnr_y.frames, 220 / 4 + 4) << "a quarter and those beside the seam";
  EXPECT_LT(sums[0].psnr_y.frames, 220 / 3);
  EXPECT_GT(sums[0].psnr_y.mean(), 25);
  EXPECT_EQ(sums[0].ssim.frames, sums[0].psnr_y.frames);
  EXPECT_GT(sums[0].ssim.mean(), 0.8);
  EXPECT_LE(sums[0].ssim.least, sums[0].ssim.mean());
  EXPECT_EQ(sums[0].xpsnr.frames, 192 / 12 - 1 + 28 / 12) << "one in twelve, but for the first of each chunk";
  EXPECT_GT(sums[0].xpsnr.mean(), 20);
  const QualityFigures again = quality_from_json(to_json(sums[0]));
  EXPECT_EQ(again.xpsnr.frames, sums[0].xpsnr.frames);
  EXPECT_DOUBLE_EQ(again.ssim.least, sums[0].ssim.least);
  for (size_t i = 0; i < sums.size(); i++) {
    if (prepared->plan.chunks.front().rungs[i].rung.kind != RungKind::kVideo) continue;
    const auto frames = decode_track(published->files()[i], 1, {});
    ASSERT_TRUE(frames) << frames.error().message;
    EXPECT_EQ(*frames, 220);
  }
}

TEST(Pipeline, ACutInsideASegmentIsAKeyPictureOfEveryTrack) {
  const auto prepared = prepare(Clips::get().cut());
  ASSERT_TRUE(prepared) << prepared.error().message;
  EXPECT_EQ(prepared->plan.cut_keys, 1);
  EXPECT_EQ(prepared->plan.grid.segments.size(), 1U);
  EXPECT_TRUE(prepared->plan.chunks.front().frames[120].key);
  const auto published = encode_and_assemble(*prepared);
  ASSERT_TRUE(published) << published.error().message;
  for (size_t i = 0; i < published->index.size(); i++) {
    const PlannedRung& rung = prepared->plan.chunks.front().rungs[i];
    if (rung.rung.kind != RungKind::kVideo) continue;
    const auto index = packaging::MappedIndex::open(published->index[i].get());
    ASSERT_TRUE(index) << index.error().message;
    std::vector<int64_t> times;
    for (const auto& fragment : index->view().fragments()) times.push_back(fragment.time);
    EXPECT_EQ(times, (std::vector<int64_t>{0, 48000, 96000, 120000, 144000})) << rung.rung.name;
  }
  EXPECT_TRUE(verify_chunk(prepared->source, prepared->plan.chunks.front(), published->files(), {}));
}

// A cap is only a hint to an encoder: what counts is our own simulation of what came out, chunk by chunk and joined.
TEST(Pipeline, EveryChunkFitsTheBucketAndSoDoesTheTrack) {
  auto prepared = prepare(Clips::get().noise());
  ASSERT_TRUE(prepared) << prepared.error().message;
  ASSERT_EQ(prepared->plan.chunks.size(), 2U);
  for (ChunkSpec& chunk : prepared->plan.chunks) {
    std::erase_if(chunk.rungs, [](const PlannedRung& rung) { return rung.rung.kind != RungKind::kVideo; });
    for (PlannedRung& rung : chunk.rungs) {
      rung.rung.crf = 18;
      rung.bucket = {600'000, 600'000, 240'000};
    }
    chunk.rungs.push_back(chunk.rungs.front());
    chunk.rungs.back().rung.name = "av1";
    chunk.rungs.back().rung.codec = media::Codec::kAv1;
    chunk.rungs.back().rung.preset = "10";
  }
  const size_t rungs = prepared->plan.chunks.front().rungs.size();
  std::vector<std::vector<UniqueFd>> files(rungs);
  int tries = 0;
  for (const ChunkSpec& chunk : prepared->plan.chunks) {
    std::vector<int> outputs;
    for (auto& of_rung : files) outputs.push_back(of_rung.emplace_back(memory_file()).get());
    const auto encoded = encode_chunk(prepared->source, chunk, outputs, {});
    ASSERT_TRUE(encoded) << encoded.error().message;
    for (size_t i = 0; i < rungs; i++) {
      const ChunkRungResult& rung = encoded->rungs[i];
      EXPECT_EQ(rung.bucket.underflows, 0) << i;
      EXPECT_EQ(rung.bucket.units, static_cast<int64_t>(chunk.frames.size()));
      if (!chunk.last) {
        EXPECT_GE(rung.bucket.end, chunk.rungs[i].bucket.start) << i;
      }
      tries = std::max(tries, rung.tries);
    }
  }
  EXPECT_GT(tries, 1);  // else the clip is too easy and shows nothing
  for (size_t i = 0; i < rungs; i++) {
    TrackSpec spec = video_track_spec(prepared->plan, prepared->plan.chunks.front().rungs[i]);
    const UniqueFd media_out = memory_file(), index_out = memory_file();
    const std::vector<int> both{files[i][0].get(), files[i][1].get()};
    const auto track = assemble_track(spec, both, media_out.get(), index_out.get());
    ASSERT_TRUE(track) << track.error().message;
    EXPECT_EQ(track->bucket.underflows, 0);
    EXPECT_EQ(track->bucket.units, prepared->plan.frames);
    EXPECT_GT(track->bucket.peak_rate, 0);
    spec.bucket = {track->bucket.bits / 8, 100'000, 40'000};  // less than the stream needs
    const UniqueFd other_media = memory_file(), other_index = memory_file();
    const auto refused = assemble_track(spec, both, other_media.get(), other_index.get());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kVerifyFailed);
  }
}

// What a few pictures of the middle told is right for the other chunks: one encode each, and nearly as good as theirs.
TEST(Pipeline, ACalibratedChunkIsEncodedOnce) {
  auto prepared = prepare(Clips::get().even_noise());
  ASSERT_TRUE(prepared) << prepared.error().message;
  ASSERT_EQ(prepared->plan.chunks.size(), 4U);
  for (ChunkSpec& chunk : prepared->plan.chunks) {
    std::erase_if(chunk.rungs, [](const PlannedRung& rung) { return rung.rung.kind != RungKind::kVideo; });
    chunk.rungs.resize(1);
    chunk.rungs.front().bucket = {700'000, 1'050'000, 525'000};
    for (const auto& [codec, preset] : {std::pair(media::Codec::kHevc, "fast"), std::pair(media::Codec::kAv1, "10")}) {
      chunk.rungs.push_back(chunk.rungs.front());
      chunk.rungs.back().rung.name = media::to_string(codec);
      chunk.rungs.back().rung.codec = codec;
      chunk.rungs.back().rung.preset = preset;
    }
  }
  const auto samples = calibration_samples(prepared->plan);
  ASSERT_EQ(samples.size(), 1U);
  const ChunkSpec& chunk = prepared->plan.chunks.front();
  std::vector<UniqueFd> files;
  std::vector<int> outputs;
  std::vector<double> qualities;
  for (size_t i = 0; i < chunk.rungs.size(); i++) {
    outputs.push_back(files.emplace_back(memory_file()).get());
    const auto points =
        calibrate(prepared->source, prepared->plan.chunks[samples[0].chunk], i, samples[0].pictures, {});
    ASSERT_TRUE(points) << points.error().message;
    EXPECT_GE(points->size(), 2U);
    qualities.push_back(first_quality(chunk, chunk.rungs[i], *points, 1));
  }
  const auto plain = encode_chunk(prepared->source, chunk, outputs, {});
  ASSERT_TRUE(plain) << plain.error().message;
  for (size_t i = 0; i < outputs.size(); i++) outputs[i] = (files[i] = memory_file()).get();
  const auto calibrated = encode_chunk(prepared->source, chunk, outputs, {}, qualities);
  ASSERT_TRUE(calibrated) << calibrated.error().message;
  for (size_t i = 0; i < chunk.rungs.size(); i++) {
    const std::string name = chunk.rungs[i].rung.name;
    std::cerr << name << " plain " << plain->rungs[i].crf << " " << plain->rungs[i].bytes << " x"
              << plain->rungs[i].tries << " cal " << calibrated->rungs[i].crf << " " << calibrated->rungs[i].bytes
              << " x" << calibrated->rungs[i].tries << "\n";
    EXPECT_GT(plain->rungs[i].tries, 1) << name;  // else the clip is too easy and shows nothing
    EXPECT_EQ(calibrated->rungs[i].tries, 1) << name;
    EXPECT_GT(static_cast<double>(calibrated->rungs[i].bytes), 0.75 * static_cast<double>(plain->rungs[i].bytes))
        << name;
  }
}

TEST(Pipeline, WhatFitsNoBucketIsSaid) {
  auto prepared = prepare(Clips::get().noise());
  ASSERT_TRUE(prepared) << prepared.error().message;
  ChunkSpec chunk = prepared->plan.chunks.front();
  chunk.rungs.resize(1);
  chunk.rungs.front().bucket = {4'000, 2'000, 1'000};
  const UniqueFd output = memory_file();
  const int fd = output.get();
  const auto encoded = encode_chunk(prepared->source, chunk, std::span(&fd, 1), {});
  ASSERT_FALSE(encoded);
  EXPECT_EQ(encoded.error().code, ErrorCode::kNotConform);
  EXPECT_NE(encoded.error().message.find("raise max_bitrate"), std::string::npos) << encoded.error().message;
}

TEST(Pipeline, AChunkInTheWrongPlaceDoesNotPass) {
  const auto prepared = prepare(Clips::get().hlg());
  ASSERT_TRUE(prepared) << prepared.error().message;
  const ChunkSpec& chunk = prepared->plan.chunks.front();
  ChunkSpec shifted = chunk;  // the pictures of one second later, said to be the first ones
  for (size_t i = 0; i < shifted.frames.size(); i++) {
    const auto& all = prepared->analysis.frames.frames;
    shifted.frames[i].source_pts = all[std::min(i + 28, all.size() - 1)].pts;
  }
  std::vector<UniqueFd> files;
  std::vector<int> outputs;
  for (size_t i = 0; i < chunk.rungs.size(); i++) outputs.push_back(files.emplace_back(memory_file()).get());
  const auto encoded = encode_chunk(prepared->source, shifted, outputs, {});
  ASSERT_FALSE(encoded);
  EXPECT_EQ(encoded.error().code, ErrorCode::kVerifyFailed);
}

TEST(Pipeline, AMissingPictureIsFound) {
  const auto prepared = prepare(Clips::get().hlg());
  ASSERT_TRUE(prepared) << prepared.error().message;
  Prepared broken{{}, prepared->facts, prepared->analysis, prepared->plan};
  ChunkSpec& chunk = broken.plan.chunks.front();
  chunk.frames.erase(chunk.frames.begin() + 60);
  std::vector<UniqueFd> files;
  std::vector<int> outputs;
  for (size_t i = 0; i < chunk.rungs.size(); i++) outputs.push_back(files.emplace_back(memory_file()).get());
  const auto encoded = encode_chunk(prepared->source, chunk, outputs, {});
  ASSERT_FALSE(encoded);
  EXPECT_EQ(encoded.error().code, ErrorCode::kVerifyFailed);
  EXPECT_NE(encoded.error().message.find("picture 60"), std::string::npos) << encoded.error().message;
}

TEST(Pipeline, ATrackOfOtherPicturesDoesNotPass) {
  const auto right = prepare(Clips::get().hlg());
  const auto other = prepare(Clips::get().other());
  ASSERT_TRUE(right) << right.error().message;
  ASSERT_TRUE(other) << other.error().message;
  const auto published = encode_and_assemble(*other);
  ASSERT_TRUE(published) << published.error().message;
  const auto verified = verify_chunk(right->source, right->plan.chunks.front(), published->files(), {});
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().code, ErrorCode::kVerifyFailed);
  EXPECT_NE(verified.error().message.find("not the source's picture"), std::string::npos) << verified.error().message;
}

TEST(Pipeline, TheSameChunkGivesTheSameBytes) {
  const auto prepared = prepare(Clips::get().hlg());
  ASSERT_TRUE(prepared) << prepared.error().message;
  const ChunkSpec& chunk = prepared->plan.chunks.back();
  std::vector<std::string> runs;
  for (int run = 0; run < 2; run++) {
    std::vector<UniqueFd> files;
    std::vector<int> outputs;
    for (size_t i = 0; i < chunk.rungs.size(); i++) outputs.push_back(files.emplace_back(memory_file()).get());
    const auto encoded = encode_chunk(prepared->source, chunk, outputs, {});
    ASSERT_TRUE(encoded) << encoded.error().message;
    std::string digests;
    for (const int fd : outputs) {
      Bytes bytes(static_cast<size_t>(file_state(fd)->size));
      ASSERT_TRUE(read_at(fd, 0, bytes));
      digests += to_hex(sha256(bytes)) + "\n";
    }
    runs.push_back(digests);
  }
  EXPECT_EQ(runs[0], runs[1]);
}

TEST(Pipeline, SoundHasTheProgrammesLengthToTheSample) {
  const auto prepared = prepare(Clips::get().hlg());
  ASSERT_TRUE(prepared) << prepared.error().message;
  ASSERT_EQ(prepared->plan.sounds.size(), 1U);
  const PlannedSound& sound = prepared->plan.sounds.front();
  EXPECT_EQ(sound.spec.programme_samples, 48000 * 44 / 10);
  const UniqueFd chunk = memory_file(), media_out = memory_file(), index_out = memory_file();
  const auto encoded = encode_sound(prepared->source, sound.spec, chunk.get(), {});
  ASSERT_TRUE(encoded) << encoded.error().message;
  const auto spec = sound_track_spec(prepared->plan, sound);
  ASSERT_TRUE(spec) << spec.error().message;
  const int file = chunk.get();
  const auto assembled = assemble_track(*spec, std::span(&file, 1), media_out.get(), index_out.get());
  ASSERT_TRUE(assembled) << assembled.error().message;
  const TrackFiles track{media_out.get(), index_out.get()};
  const auto samples = verify_sound(track, sound.spec.programme_samples, {});
  ASSERT_TRUE(samples) << samples.error().message;
  EXPECT_FALSE(verify_sound(track, sound.spec.programme_samples + 1, {}));
}

TEST(Pipeline, InAndOutCutThePicturesAndTheSound) {
  PlanRequest request;
  request.in = Rational(1);
  request.out = Rational(3);
  const auto prepared = prepare(Clips::get().hlg(), request);
  ASSERT_TRUE(prepared) << prepared.error().message;
  EXPECT_EQ(prepared->plan.frames, 100);
  EXPECT_EQ(prepared->plan.sounds.front().spec.programme_samples, 96000);
  EXPECT_EQ(prepared->plan.chunks.front().frames.front().time, 0);
  request.in = Rational(10);
  const auto outside = prepare(Clips::get().hlg(), request);
  ASSERT_FALSE(outside);
  EXPECT_EQ(outside.error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace pier::transcode
