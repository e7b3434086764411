// What ./dev bench seams runs: one clip encoded by its plan's chunks and once in one piece, with the same key pictures;
// PSNR of the pictures around each seam in both. One line of JSON.

#include <cmath>
#include <cstdio>
#include <iostream>

#include <sys/mman.h>

#include <pier/media/decode.hpp>
#include <pier/packaging/cmaf_reader.hpp>
#include <pier/transcode/assemble.hpp>

#include "fan_out.hpp"

namespace pier::transcode {
namespace {

constexpr int64_t kAround = 5;           // pictures on either side of a seam
constexpr double kRateTolerance = 0.01;  // of the piece against the chunks; the bar allows twice that
constexpr int kMostPieces = 5;

UniqueFd memory_file() {
  return UniqueFd(::memfd_create("seams", MFD_CLOEXEC));
}

struct Encoded {
  UniqueFd media = memory_file(), index = memory_file();
  AssembledTrack track;
  std::vector<ChunkRungResult> chunks;
};

Result<Encoded> encode(const media::Source& source, const PublishPlan& plan, std::span<const ChunkSpec> chunks) {
  Encoded encoded;
  std::vector<UniqueFd> files;
  std::vector<int> inputs;
  for (const ChunkSpec& chunk : chunks) {
    const int output = files.emplace_back(memory_file()).get();
    PIER_TRY(const ChunkResult result, encode_chunk(source, chunk, std::span(&output, 1), {}));
    encoded.chunks.push_back(result.rungs.front());
    inputs.push_back(output);
  }
  const TrackSpec spec = video_track_spec(plan, chunks.front().rungs.front());
  PIER_TRY(encoded.track, assemble_track(spec, inputs, encoded.media.get(), encoded.index.get()));
  return encoded;
}

ChunkSpec whole_programme(const PublishPlan& plan) {
  ChunkSpec all = plan.chunks.front();
  for (const ChunkSpec& chunk : std::span(plan.chunks).subspan(1)) {
    all.frames.insert(all.frames.end(), chunk.frames.begin(), chunk.frames.end());
    all.segment_count += chunk.segment_count;
  }
  all.end_pts = plan.chunks.back().end_pts;
  all.end_time = plan.chunks.back().end_time;
  all.last = true;
  return all;
}

/// Pictures of a stored track in presentation order.
class StoredPictures {
 public:
  static Result<StoredPictures> open(const Encoded& encoded) {
    PIER_TRY(packaging::MappedIndex index, packaging::MappedIndex::open(encoded.index.get()));
    PIER_TRY(packaging::CmafReader reader, packaging::CmafReader::open(encoded.media.get(), index.view()));
    PIER_TRY(const packaging::TrackDescription description, index.view().description());
    PIER_TRY(media::VideoDecoder decoder, media::VideoDecoder::open(description.codec, reader.configuration(),
                                                                    Rational(1, description.timescale), 1));
    return StoredPictures(std::move(index), std::move(reader), std::move(decoder));
  }
  Result<media::Frame> next() {
    while (true) {
      PIER_TRY(std::optional<media::Frame> frame, x_decoder.receive());
      if (frame) return std::move(*frame);
      if (x_segment < x_reader.segment_count()) {
        PIER_TRY(const std::vector<media::Sample> samples, x_reader.read_segment(x_segment++));
        for (const media::Sample& sample : samples) PIER_CHECK(x_decoder.send(sample));
      } else if (!x_ended) {
        PIER_CHECK(x_decoder.send_end());
        x_ended = true;
      } else {
        return fail(ErrorCode::kVerifyFailed, "the track has fewer pictures than the source");
      }
    }
  }

 private:
  StoredPictures(packaging::MappedIndex index, packaging::CmafReader reader, media::VideoDecoder decoder)
      : x_index(std::move(index)), x_reader(std::move(reader)), x_decoder(std::move(decoder)) {}
  packaging::MappedIndex x_index;
  packaging::CmafReader x_reader;
  media::VideoDecoder x_decoder;
  size_t x_segment = 0;
  bool x_ended = false;
};

/// Mean squared error of luma, in steps of eight bit.
double luma_error(const PictureView& a, const PictureView& b) {
  const Plane &left = a.planes[0], &right = b.planes[0];
  const bool wide = a.format.bytes_per_sample() == 2;
  double sum = 0;
  for (int y = 0; y < left.height; y++) {
    for (int x = 0; x < left.width; x++) {
      const int one = wide ? left.row<uint16_t>(y)[x] : left.row<uint8_t>(y)[x];
      const int other = wide ? right.row<uint16_t>(y)[x] : right.row<uint8_t>(y)[x];
      sum += static_cast<double>(one - other) * (one - other);
    }
  }
  const double scale = static_cast<double>(1U << (a.format.bit_depth - 8U));
  return sum / (static_cast<double>(left.width) * left.height) / (scale * scale);
}

double psnr(double error) {
  return error > 0 ? std::min(100.0, 10 * std::log10(255.0 * 255.0 / error)) : 100.0;
}

/// Error of every picture of both tracks against what the encoders were given.
class CompareSink final : public impl::RungSink {
 public:
  CompareSink(StoredPictures chunked, StoredPictures piece, std::vector<std::array<double, 2>>& errors)
      : x_tracks{std::move(chunked), std::move(piece)}, x_errors(errors) {}
  Result<void> take(const Picture& picture, const PlannedFrame& planned,
                    std::span<const media::DynamicPayload>) override {
    std::array<double, 2> errors{};
    for (size_t i = 0; i < 2; i++) {
      PIER_TRY(const media::Frame frame, x_tracks[i].next());
      if (frame.pts != planned.time) return fail(ErrorCode::kVerifyFailed, "a picture has another time");
      errors[i] = luma_error(picture.view(), frame.picture.view());
    }
    x_errors.push_back(errors);
    return {};
  }
  Result<void> finish() override { return {}; }

 private:
  std::array<StoredPictures, 2> x_tracks;
  std::vector<std::array<double, 2>>& x_errors;
};

Result<Encoded> encode_piece(const media::Source& source, const PublishPlan& plan, int64_t bits) {
  ChunkSpec whole = whole_programme(plan);
  whole.rungs.front().bucket = {};  // the peer may spend its bits where it likes
  PlannedRung& rung = whole.rungs.front();
  const bool whole_steps = rung.rung.codec == media::Codec::kAv1;
  std::optional<Encoded> best;
  double least = 0, half = whole_steps ? 9 : 5;  // steps for half of the bits; then as measured
  double crf_before = 0, off_before = 0;
  for (int i = 0; i < kMostPieces; i++) {
    PIER_TRY(Encoded piece, encode(source, plan, std::span(&whole, 1)));
    const double off = std::log2(static_cast<double>(piece.track.bucket.bits) / static_cast<double>(bits));
    if (!best || std::abs(off) < least) {
      best = std::move(piece);
      least = std::abs(off);
    }
    if (i > 0 && off != off_before) half = std::clamp((rung.rung.crf - crf_before) / (off_before - off), 1.0, 20.0);
    crf_before = std::exchange(rung.rung.crf, rung.rung.crf + (whole_steps ? std::round(half * off) : half * off));
    off_before = off;
    if (std::exp2(std::abs(off)) - 1 <= kRateTolerance || rung.rung.crf == crf_before) break;
  }
  return std::move(*best);
}

json::array seams_of(const PublishPlan& plan, const std::vector<std::array<double, 2>>& errors) {
  json::array seams;
  size_t seam = 0;
  for (size_t c = 1; c < plan.chunks.size(); c++) {
    seam += plan.chunks[c - 1].frames.size();
    std::array<double, 2> sums{};
    const size_t first = seam - kAround, end = std::min(seam + kAround, errors.size());
    json::array gains;
    for (size_t i = first; i < end; i++) {
      for (size_t t = 0; t < 2; t++) sums[t] += errors[i][t];
      gains.push_back(psnr(errors[i][0]) - psnr(errors[i][1]));
    }
    const auto count = static_cast<double>(end - first);
    const double chunked = psnr(sums[0] / count), piece = psnr(sums[1] / count);
    seams.push_back(json::object{{"frame", static_cast<int64_t>(seam)},
                                 {"chunked_db", chunked},
                                 {"piece_db", piece},
                                 {"gain_db", chunked - piece},
                                 {"gains_db", std::move(gains)}});
  }
  return seams;
}

json::object report(const PublishPlan& plan, const Encoded& chunked, const Encoded& piece,
                    const std::vector<std::array<double, 2>>& errors) {
  std::array<double, 2> sums{};
  for (const auto& error : errors) {
    for (size_t t = 0; t < 2; t++) sums[t] += error[t];
  }
  const BucketSpec& bucket = plan.chunks.front().rungs.front().bucket;
  json::array tries, ends, crfs;
  for (const ChunkRungResult& chunk : chunked.chunks) {
    tries.emplace_back(chunk.tries);
    crfs.emplace_back(chunk.crf);
    ends.emplace_back(chunk.bucket.end);
  }
  const auto count = static_cast<double>(errors.size());
  const double seconds = static_cast<double>(plan.duration) / plan.timescale;
  return {{"frames", static_cast<int64_t>(errors.size())},
          {"seams", seams_of(plan, errors)},
          {"cut_keys", plan.cut_keys},
          {"chunked_kbps", static_cast<double>(chunked.track.bucket.bits) / seconds / 1000},
          {"piece_kbps", static_cast<double>(piece.track.bucket.bits) / seconds / 1000},
          {"rate_ratio", static_cast<double>(chunked.track.bucket.bits) / static_cast<double>(piece.track.bucket.bits)},
          {"chunked_db", psnr(sums[0] / count)},
          {"piece_db", psnr(sums[1] / count)},
          {"bucket", to_json(bucket)},
          {"joined", to_json(chunked.track.bucket)},
          {"chunk_ends_bits", std::move(ends)},
          {"tries", std::move(tries)},
          {"crfs", std::move(crfs)},
          {"piece_crf", piece.chunks.front().crf}};
}

Result<json::object> measure(const std::string& path, const std::string& ladders, const std::string& rung) {
  PIER_TRY(const media::Source source, media::open_source(path));
  PIER_TRY(const media::Facts facts, media::probe(source));
  PIER_TRY(const analysis::AnalysisResult analysis, analysis::analyse(source, facts));
  PlanRequest request;
  PIER_TRY(request.ladder, load_ladder(ladders, "seams"));
  request.only_rungs = {rung};
  PIER_TRY(const PublishPlan plan, plan_publication(facts, analysis, request));
  PIER_TRY(const Encoded chunked, encode(source, plan, plan.chunks));
  PIER_TRY(const Encoded piece, encode_piece(source, plan, chunked.track.bucket.bits));
  std::vector<std::array<double, 2>> errors;
  const ChunkSpec whole = whole_programme(plan);
  PIER_TRY(StoredPictures first, StoredPictures::open(chunked));
  PIER_TRY(StoredPictures second, StoredPictures::open(piece));
  std::vector<std::unique_ptr<impl::RungSink>> sinks;
  sinks.push_back(std::make_unique<CompareSink>(std::move(first), std::move(second), errors));
  PIER_CHECK(impl::fan_out(source, whole, sinks, {}));
  return report(plan, chunked, piece, errors);
}

}  // namespace
}  // namespace pier::transcode

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: pier_seams_bench CLIP LADDERS RUNG\n", stderr);
    return 2;
  }
  const auto measured = pier::transcode::measure(argv[1], argv[2], argv[3]);
  if (!measured) {
    std::cerr << argv[1] << ' ' << argv[3] << ": " << measured.error().message << '\n';
    return 2;
  }
  std::cout << pier::json::serialize(*measured) << '\n';
  return 0;
}
