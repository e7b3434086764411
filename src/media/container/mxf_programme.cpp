#include "container/mxf_programme.hpp"

#include <algorithm>

namespace pier::media::impl {
namespace {

enum Kind : uint8_t {
  kSequence = 0x0F,
  kSourceClip = 0x11,
  kMaterialPackage = 0x36,
  kSourcePackage = 0x37,
  kTrack = 0x3B
};
enum Tag : uint16_t {
  kDataDefinition = 0x0201,
  kDuration = 0x0202,
  kComponents = 0x1001,
  kSourcePackageId = 0x1101,
  kSourceTrackId = 0x1102,
  kStartPosition = 0x1201,
  kPackageId = 0x4401,
  kTracks = 0x4403,
  kTrackId = 0x4801,
  kTrackSegment = 0x4803,
  kEditRate = 0x4B01,
  kOrigin = 0x4B02,
};

constexpr int64_t kLongest = int64_t{1} << 40U;  // edit units

bool is_picture(const Properties& properties) {
  static constexpr uint8_t kPicture[] = {0x01, 0x03, 0x02, 0x02, 0x01};  // label from its ninth byte on (ST 395)
  const auto found = properties.find(kDataDefinition);
  return found != properties.end() && found->second.size() == 16 && starts_with(found->second.subspan(8), kPicture);
}

/// The only clip of a picture track; null: none, or several.
const MetadataSet* only_clip(const MetadataSets& sets, const MetadataSet& track) {
  const MetadataSet* segment = sets.find(track.properties, kTrackSegment);
  if (segment == nullptr) return nullptr;
  if (segment->kind == kSequence) {
    const auto components = references(segment->properties, kComponents);
    segment = components.size() == 1 ? sets.find(components.front()) : nullptr;
  }
  return segment != nullptr && segment->kind == kSourceClip && is_picture(segment->properties) ? segment : nullptr;
}

int64_t units(const Properties& properties, uint16_t tag) {
  const auto value = static_cast<int64_t>(number(properties, tag).value_or(0));
  return value < 0 || value > kLongest ? -1 : value;
}

/// Where the source track's zero lies in what is stored: pictures before it are needed to decode, and not shown.
int64_t origin_of(const MetadataSets& sets, const MetadataSet& clip) {
  const auto id = clip.properties.find(kSourcePackageId);
  if (id == clip.properties.end()) return 0;
  for (const MetadataSet& package : sets.all()) {
    const auto own = package.properties.find(kPackageId);
    if (package.kind != kSourcePackage || own == package.properties.end()) continue;
    if (!std::ranges::equal(own->second, id->second)) continue;
    for (const ByteView reference : references(package.properties, kTracks)) {
      const MetadataSet* track = sets.find(reference);
      if (track == nullptr || track->kind != kTrack) continue;
      if (number(track->properties, kTrackId) == number(clip.properties, kSourceTrackId))
        return std::max<int64_t>(0, units(track->properties, kOrigin));
    }
  }
  return 0;
}

}  // namespace

std::optional<MxfProgramme> programme_of(const MetadataSets& sets) {
  const auto package = std::ranges::find(sets.all(), uint8_t{kMaterialPackage}, &MetadataSet::kind);
  if (package == sets.all().end()) return std::nullopt;
  for (const ByteView reference : references(package->properties, kTracks)) {
    const MetadataSet* track = sets.find(reference);
    if (track == nullptr || track->kind != kTrack) continue;
    const MetadataSet* clip = only_clip(sets, *track);
    if (clip == nullptr) continue;
    const Rational rate = ratio(track->properties, kEditRate);
    const int64_t start = units(clip->properties, kStartPosition);
    const int64_t duration = units(clip->properties, kDuration);
    if (rate.num <= 0 || start < 0 || duration <= 0) return std::nullopt;
    const int64_t first = origin_of(sets, *clip) + start;
    return MxfProgramme{Rational(first) / rate, Rational(first + duration) / rate};
  }
  return std::nullopt;
}

}  // namespace pier::media::impl
