#include <algorithm>
#include <cmath>

#include <pier/imf/track_file.hpp>

#include "descriptors.hpp"
#include "labels.hpp"
#include "mxf_file.hpp"

namespace pier::imf {

using namespace impl;

struct SoundTrackWriter::Impl {
  Impl(int fd, const Uuid& file_id, const TrackIdentity& who, SoundTrack what)
      : id(file_id), identity(who), track(std::move(what)), file(fd, labels::kWaveClipContainer) {}

  int64_t pictures() const {
    const Rational tick(1, track.sample_rate), picture(track.picture_rate.den, track.picture_rate.num);
    return rescale(samples, tick, picture);
  }
  uint32_t block() const { return static_cast<uint32_t>(channels_of(track.soundfield) * track.bits / 8); }
  Bytes metadata(TrackFile& described) const;

  Uuid id;
  TrackIdentity identity;
  SoundTrack track;
  MxfFile file;
  int64_t samples = 0;
  uint64_t length_at = 0;  // where the length of the clip stands
};

Bytes SoundTrackWriter::Impl::metadata(TrackFile& described) const {
  UuidSequence uuids(id);
  TrackHeader header;
  header.file = id;
  header.material = uuids.next();
  header.created = identity.created;
  header.version = identity.version;
  header.name = "Sound";
  header.data = labels::kSoundData;
  header.container = labels::kWaveClipContainer;
  header.track_number = labels::kWaveClipTrack;
  header.edit_rate = Rational(track.sample_rate);
  header.duration = samples;
  header.picture_rate = track.picture_rate;
  header.pictures = pictures();
  const Uuid element = uuids.next();
  MetadataSet descriptor = sound_descriptor(track, samples, uuids);
  described = {id.text(), false, header.edit_rate, samples, element.text(), descriptor.xml(6), 0};
  return header_metadata(header, std::move(descriptor), uuids);
}

SoundTrackWriter::SoundTrackWriter(std::unique_ptr<Impl> impl) : x_impl(std::move(impl)) {}
SoundTrackWriter::~SoundTrackWriter() = default;
SoundTrackWriter::SoundTrackWriter(SoundTrackWriter&&) noexcept = default;
SoundTrackWriter& SoundTrackWriter::operator=(SoundTrackWriter&&) noexcept = default;

Result<SoundTrackWriter> SoundTrackWriter::open(int fd, const TrackIdentity& identity, const SoundTrack& track) {
  PIER_CHECK(check_track(track));
  PIER_TRY(const Uuid id, Uuid::parse(identity.uuid));
  auto impl = std::make_unique<Impl>(fd, id, identity, track);
  TrackFile described;
  PIER_CHECK(impl->file.begin(impl->metadata(described)));
  PIER_CHECK(impl->file.begin_essence());
  ByteWriter key;
  key.bytes(view(labels::kWaveClipElement));
  impl->length_at = impl->file.position() + key.size();
  write_ber(key, 0, 7);  // put right by finish()
  PIER_CHECK(impl->file.essence(key.view()));
  return SoundTrackWriter(std::move(impl));
}

Result<void> SoundTrackWriter::add(const std::vector<std::vector<float>>& channels) {
  Impl& self = *x_impl;
  const auto count = static_cast<size_t>(channels_of(self.track.soundfield));
  if (channels.size() != count)
    return fail(ErrorCode::kInvalidArgument,
                "the sound has " + std::to_string(channels.size()) + " channels, not " + std::to_string(count));
  const int64_t full = int64_t{1} << static_cast<unsigned>(self.track.bits - 1);
  Bytes out;
  out.reserve(channels.front().size() * self.block());
  for (size_t i = 0; i < channels.front().size(); ++i) {
    for (const std::vector<float>& channel : channels) {
      const double scaled = static_cast<double>(channel[i]) * static_cast<double>(full);
      const int64_t sample = std::clamp<int64_t>(std::isfinite(scaled) ? std::llrint(scaled) : 0, -full, full - 1);
      // ST 382: little-endian, as in a wave file.
      for (int shift = 0; shift < self.track.bits; shift += 8)
        out.push_back(static_cast<std::byte>(static_cast<uint64_t>(sample) >> static_cast<unsigned>(shift)));
    }
  }
  self.samples += static_cast<int64_t>(channels.front().size());
  return self.file.essence(out);
}

Result<TrackFile> SoundTrackWriter::finish() {
  Impl& self = *x_impl;
  if (self.samples == 0) return fail(ErrorCode::kInvalidArgument, "a sound track without a sample cannot be written");
  ByteWriter length;
  write_ber(length, static_cast<uint64_t>(self.samples) * self.block(), 7);
  PIER_CHECK(self.file.patch(self.length_at, length.view()));
  const Uuid index_id = UuidSequence(UuidSequence(self.id).next()).next();
  PIER_CHECK(self.file.index(constant_index(index_id, Rational(self.track.sample_rate), self.samples, self.block())));
  TrackFile described;
  const Bytes metadata = self.metadata(described);
  PIER_CHECK(self.file.close(metadata));
  described.bytes = self.file.position();
  return described;
}

}  // namespace pier::imf
