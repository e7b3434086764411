#include <algorithm>

#include <pier/packaging/cmaf_writer.hpp>
#include <pier/transcode/assemble.hpp>

#include "json_forms.hpp"

namespace pier::transcode {
namespace {

using packaging::TrackKind;

/// Samples of all chunk files of a rung, one after the other.
class ChunkChain {
 public:
  static Result<ChunkChain> open(std::span<const int> files) {
    ChunkChain chain;
    for (const int fd : files) {
      PIER_TRY(ChunkReader reader, ChunkReader::open(fd));
      if (!chain.x_readers.empty() && reader.configuration() != chain.x_readers.front().configuration()) {
        return fail(ErrorCode::kVerifyFailed,
                    "chunk " + std::to_string(chain.x_readers.size()) +
                        " has other parameter sets than the first; encode it again with the same encoder");
      }
      chain.x_readers.push_back(std::move(reader));
    }
    if (chain.x_readers.empty()) return fail(ErrorCode::kInvalidArgument, "a track needs chunks");
    return chain;
  }
  const Bytes& configuration() const { return x_readers.front().configuration(); }

  /// The sample after the last take(), kept until it is taken; nullptr at the end.
  Result<media::Sample*> peek() {
    while (!x_next && x_current < x_readers.size()) {
      PIER_TRY(x_next, x_readers[x_current].next());
      if (!x_next) x_current++;
    }
    return x_next ? &*x_next : nullptr;
  }
  media::Sample take() {
    media::Sample sample = std::move(*x_next);
    x_next.reset();
    return sample;
  }

 private:
  std::vector<ChunkReader> x_readers;
  size_t x_current = 0;
  std::optional<media::Sample> x_next;
};

/// Pictures up to the next key frame.
Result<std::vector<media::Sample>> take_fragment(ChunkChain& chain) {
  std::vector<media::Sample> samples;
  while (true) {
    PIER_TRY(media::Sample * next, chain.peek());
    if (next == nullptr || (next->key && !samples.empty())) return samples;
    samples.push_back(chain.take());
  }
}

Result<void> check_bucket(const TrackSpec& spec, const BucketFigures& figures) {
  if (!figures.first_underflow) return {};
  return fail(ErrorCode::kVerifyFailed, "the joined track does not fit its leaky bucket of " +
                                            std::to_string(spec.bucket.rate / 1000) + " kbit/s: at tick " +
                                            std::to_string(*figures.first_underflow) + " of " +
                                            std::to_string(spec.description.timescale) + " a second up to " +
                                            std::to_string(-figures.least) + " bits are missing; encode it again");
}

Result<void> add_pictures(const TrackSpec& spec, ChunkChain& chain, packaging::CmafWriter& writer,
                          AssembledTrack& track) {
  size_t segment = 0;
  LeakyBucket bucket(spec.bucket, spec.description.timescale);
  const auto parameter_bits = static_cast<int64_t>(chain.configuration().size()) * 8;
  for (size_t f = 0; f < spec.fragment_times.size(); f++) {
    PIER_TRY(const std::vector<media::Sample> samples, take_fragment(chain));
    const int64_t wanted = spec.fragment_times[f];
    if (samples.empty() || !samples.front().key || samples.front().pts != wanted) {
      return fail(ErrorCode::kVerifyFailed,
                  "fragment " + std::to_string(f) + " should start with a key picture at tick " +
                      std::to_string(wanted) + " but " +
                      (samples.empty() ? "there are no more pictures"
                                       : "one at " + std::to_string(samples.front().pts) + " comes"));
    }
    if (segment < spec.segment_times.size() && wanted == spec.segment_times[segment]) {
      PIER_CHECK(writer.begin_segment());
      segment++;
    }
    PIER_CHECK(writer.add_fragment(samples));
    for (const UnitSize& unit : unit_sizes(samples, parameter_bits)) bucket.add(unit);
    track.samples += static_cast<int64_t>(samples.size());
  }
  PIER_TRY(media::Sample * rest, chain.peek());
  if (rest != nullptr)
    return fail(ErrorCode::kVerifyFailed, "the chunks hold a key picture that the grid does not ask for");
  track.bucket = bucket.finish(spec.description.duration);
  return check_bucket(spec, track.bucket);
}

Result<void> add_sound(const TrackSpec& spec, ChunkChain& chain, packaging::CmafWriter& writer, AssembledTrack& track) {
  const std::vector<int64_t> cuts = packaging::audio_cuts(spec.segment_times, spec.description.audio);
  for (size_t s = 0; s + 1 < cuts.size(); s++) {
    std::vector<media::Sample> samples;
    const int64_t count = cuts[s + 1] - cuts[s];
    for (int64_t i = 0; i < count; i++) {
      PIER_TRY(media::Sample * next, chain.peek());
      if (next == nullptr) return fail(ErrorCode::kVerifyFailed, "the sound has fewer frames than planned");
      samples.push_back(chain.take());
    }
    PIER_CHECK(writer.begin_segment());
    PIER_CHECK(writer.add_fragment(samples));
    track.samples += count;
  }
  // The encoder's last frame may hold nothing but padding.
  while (true) {
    PIER_TRY(media::Sample * rest, chain.peek());
    if (rest == nullptr) return {};
    if (rest->pts < spec.description.audio.programme_samples) {
      return fail(ErrorCode::kVerifyFailed, "the sound has more frames than planned");
    }
    chain.take();
  }
}

Result<AssembledTrack> store_index(const packaging::TrackIndex& index, int index_out, AssembledTrack track) {
  track.bytes = static_cast<int64_t>(index.file_size);
  PIER_CHECK(write_all(index_out, index.serialize()));
  return track;
}

/// Copies a raw 8-bit 4:2:0 thumbnail into its tile.
void place_tile(ByteView raw, const packaging::ImageDetails& image, int number, const MutablePictureView& sheet) {
  const int column = number % image.columns, row = number / image.columns;
  size_t offset = 0;
  for (int plane = 0; plane < 3; plane++) {
    const int width = sheet.format.plane_width(plane, image.tile_width);
    const int height = sheet.format.plane_height(plane, image.tile_height);
    for (int y = 0; y < height; y++) {
      std::byte* out = sheet.planes[static_cast<size_t>(plane)].row<std::byte>(row * height + y) + column * width;
      std::copy_n(raw.data() + offset, width, out);
      offset += static_cast<size_t>(width);
    }
  }
}

void blacken(const MutablePictureView& sheet) {
  for (size_t plane = 0; plane < 3; plane++) {
    const MutablePlane& samples = sheet.planes[plane];
    for (int y = 0; y < samples.height; y++) std::fill_n(samples.row<uint8_t>(y), samples.width, plane == 0 ? 0 : 128);
  }
}

}  // namespace

Result<AssembledTrack> assemble_track(const TrackSpec& spec, std::span<const int> chunk_files, int media_out,
                                      int index_out) {
  PIER_TRY(ChunkChain chain, ChunkChain::open(chunk_files));
  packaging::TrackDescription description = spec.description;
  description.configuration = chain.configuration();
  PIER_TRY(packaging::CmafWriter writer, packaging::CmafWriter::create(media_out, description));
  AssembledTrack track;
  if (description.kind == TrackKind::kAudio) {
    PIER_CHECK(add_sound(spec, chain, writer, track));
  } else {
    PIER_CHECK(add_pictures(spec, chain, writer, track));
  }
  PIER_TRY(const packaging::TrackIndex index, writer.finish());
  return store_index(index, index_out, track);
}

Result<AssembledTrack> assemble_images(const TrackSpec& spec, std::span<const int> chunk_files, int media_out,
                                       int index_out) {
  PIER_TRY(ChunkChain chain, ChunkChain::open(chunk_files));
  const packaging::ImageDetails& image = spec.description.image;
  PIER_TRY(packaging::ImageTrackWriter writer, packaging::ImageTrackWriter::create(media_out, spec.description));
  const PixelFormat format{8, Chroma::k420, false};
  const ColourInfo colour{Primaries::kBt709, Transfer::kBt709, Matrix::kSmpte170m, Range::kFull, ChromaSite::kCenter};
  const size_t tile_bytes = static_cast<size_t>(image.tile_width) * static_cast<size_t>(image.tile_height) * 3 / 2;
  AssembledTrack track;
  while (true) {
    PIER_TRY(media::Sample * next, chain.peek());
    if (next == nullptr) break;
    Picture sheet = Picture::allocate(format, image.columns * image.tile_width, image.rows * image.tile_height, colour);
    blacken(sheet.writable());
    for (int tile = 0; tile < image.columns * image.rows && next != nullptr; tile++) {
      const media::Sample sample = chain.take();
      if (sample.data.size() != tile_bytes) return fail(ErrorCode::kVerifyFailed, "a thumbnail has the wrong size");
      place_tile(sample.data, image, tile, sheet.writable());
      track.samples++;
      PIER_TRY(next, chain.peek());
    }
    PIER_TRY(const Bytes jpeg, media::encode_jpeg(sheet.view(), 85));
    PIER_CHECK(writer.add_sheet(jpeg));
  }
  PIER_TRY(const packaging::TrackIndex index, writer.finish());
  return store_index(index, index_out, track);
}

json::object to_json(const TrackSpec& spec) {
  return {{"description", packaging::to_json(spec.description)},
          {"segment_times", impl::pack(spec.segment_times)},
          {"fragment_times", impl::pack(spec.fragment_times)},
          {"bucket", to_json(spec.bucket)}};
}

json::object to_json(const AssembledTrack& track, const TrackSpec& spec) {
  json::object object{{"samples", track.samples}, {"bytes", track.bytes}};
  if (spec.description.kind != TrackKind::kVideo) return object;
  json::object bucket = to_json(spec.bucket);
  for (const auto& member : to_json(track.bucket)) bucket[member.key()] = member.value();
  object["bucket"] = std::move(bucket);
  return object;
}

Result<TrackSpec> track_spec_from_json(const json::value& value) {
  if (!value.is_object()) return fail(ErrorCode::kInvalidArgument, "a track is a JSON object");
  TrackSpec spec;
  PIER_TRY(const json::object description, get_object(value.as_object(), "description"));
  PIER_TRY(spec.description, packaging::track_description_from_json(description));
  PIER_TRY(spec.segment_times, impl::unpack_numbers(value.as_object(), "segment_times"));
  PIER_TRY(spec.fragment_times, impl::unpack_numbers(value.as_object(), "fragment_times"));
  if (const auto bucket = get_object(value.as_object(), "bucket")) spec.bucket = bucket_from_json(*bucket);
  return spec;
}

}  // namespace pier::transcode
