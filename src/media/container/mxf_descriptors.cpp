#include "container/mxf_descriptors.hpp"

#include <algorithm>

namespace pier::media::impl {
namespace {

// Properties whose local tag is static (ST 377-1 Annex F and G), by that tag.
enum Tag : uint16_t {
  kSampleRate = 0x3001,
  kLength = 0x3002,
  kStoredHeight = 0x3202,
  kStoredWidth = 0x3203,
  kDisplayHeight = 0x3208,
  kDisplayWidth = 0x3209,
  kFrameLayout = 0x320C,
  kAspect = 0x320E,
  kTransferLabel = 0x3210,
  kPrimariesLabel = 0x3219,
  kMatrixLabel = 0x321A,
  kDepth = 0x3301,
  kHorizontalSubsampling = 0x3302,
  kBlackLevel = 0x3304,
  kWhiteLevel = 0x3305,
  kVerticalSubsampling = 0x3308,
  kPixelLayout = 0x3401,
  kComponentMax = 0x3406,
  kComponentMin = 0x3407,
  kQuantization = 0x3D01,
  kAudioRate = 0x3D03,
  kChannels = 0x3D07,
};

template <typename T>
T labelled(const Properties& properties, uint16_t tag, T (*convert)(const UniversalLabel&)) {
  const auto found = properties.find(tag);
  if (found == properties.end() || found->second.size() != 16) return T::kUnspecified;
  UniversalLabel label;
  std::transform(found->second.begin(), found->second.end(), label.begin(),
                 [](std::byte b) { return std::to_integer<uint8_t>(b); });
  return convert(label);
}

std::optional<MasteringDisplay> mastering_display(const Properties& properties) {
  const auto primaries = properties.find(kMasteringPrimaries);
  const auto white = properties.find(kMasteringWhite);
  const auto max = number(properties, kMasteringMax);
  const auto min = number(properties, kMasteringMin);
  if (primaries == properties.end() || white == properties.end() || !max || !min) return std::nullopt;
  if (primaries->second.size() < 12 || white->second.size() < 4) return std::nullopt;
  MasteringDisplay display;
  ByteReader colours(primaries->second);
  for (auto* xy : {&display.red, &display.green, &display.blue}) {
    xy->x = colours.u16();
    xy->y = colours.u16();
  }
  ByteReader point(white->second);
  display.white.x = point.u16();
  display.white.y = point.u16();
  display.max_luminance = static_cast<uint32_t>(*max);
  display.min_luminance = static_cast<uint32_t>(*min);
  return display;
}

void read_rgba(const Properties& properties, PictureDescriptor& picture) {
  picture.chroma = Chroma::k444;
  const auto layout = properties.find(kPixelLayout);
  if (layout != properties.end()) {
    ByteReader reader(layout->second);
    while (reader.left() >= 2) {
      const char code = static_cast<char>(reader.u8());
      const int depth = reader.u8();
      if (code == 'R' || code == 'G' || code == 'B') {
        picture.rgb = true;
        picture.depth = depth;
      }
      if (code == 'Y' && picture.depth == 0) picture.depth = depth;
    }
  }
  const auto low = number(properties, kComponentMin);
  const auto high = number(properties, kComponentMax);
  if (low && high)
    picture.colour.range = range_of_levels(static_cast<int64_t>(*low & UINT32_MAX),
                                           static_cast<int64_t>(*high & UINT32_MAX), picture.depth);
}

}  // namespace

PictureDescriptor picture_descriptor(const MetadataSet& set) {
  const Properties& properties = set.properties;
  PictureDescriptor picture;
  picture.width = small(properties, kStoredWidth);
  picture.height = small(properties, kStoredHeight);
  picture.display_width = small(properties, kDisplayWidth);
  picture.display_height = small(properties, kDisplayHeight);
  picture.rate = ratio(properties, kSampleRate);
  if (const Rational aspect = ratio(properties, kAspect); aspect.num > 0) picture.aspect = aspect;
  const int layout = small(properties, kFrameLayout);
  // 1 separate fields, 3 mixed fields: the stored height is that of a field.
  picture.interlaced = layout == 1 || layout == 3;
  if (layout == 1) {
    picture.height *= 2;
    picture.display_height *= 2;
  }
  picture.length =
      static_cast<int64_t>(std::min<uint64_t>(number(properties, kLength).value_or(0), uint64_t{1} << 48U));
  constexpr uint8_t kRgba = 0x29;
  if (set.kind == kRgba) {
    read_rgba(properties, picture);
  } else {
    picture.depth = small(properties, kDepth);
    const int across = small(properties, kHorizontalSubsampling);
    const int down = small(properties, kVerticalSubsampling);
    if (across == 1) picture.chroma = Chroma::k444;
    if (across == 2) picture.chroma = down == 2 ? Chroma::k420 : Chroma::k422;
    const auto black = number(properties, kBlackLevel);
    const auto white = number(properties, kWhiteLevel);
    if (black && white)
      picture.colour.range = range_of_levels(static_cast<int64_t>(*black & UINT32_MAX),
                                             static_cast<int64_t>(*white & UINT32_MAX), picture.depth);
  }
  picture.colour.primaries = labelled(properties, kPrimariesLabel, primaries_of);
  picture.colour.transfer = labelled(properties, kTransferLabel, transfer_of);
  picture.colour.matrix = labelled(properties, kMatrixLabel, matrix_of);
  if (picture.rgb && picture.colour.matrix == Matrix::kUnspecified) picture.colour.matrix = Matrix::kRgb;
  picture.mastering_display = mastering_display(properties);
  return picture;
}

SoundDescriptor sound_descriptor(const MetadataSet& set, const MetadataSets& sets) {
  constexpr uint8_t kChannelLabel = 0x6B, kGroupLabel = 0x6C;
  SoundDescriptor sound;
  sound.sample_rate = static_cast<int>(std::clamp(ratio(set.properties, kAudioRate).value(), 0.0, 1e6));
  sound.channels = std::min(small(set.properties, kChannels), 64);
  sound.bits = std::min(small(set.properties, kQuantization), 64);
  for (const ByteView reference : references(set.properties, kSubDescriptors)) {
    const MetadataSet* label = sets.find(reference);
    if (label == nullptr || (label->kind != kChannelLabel && label->kind != kGroupLabel)) continue;
    const std::string symbol = text(label->properties, kTagSymbol);
    if (const std::string spoken = text(label->properties, kSpoken); !spoken.empty()) sound.language = spoken;
    if (label->kind == kGroupLabel) sound.soundfield = symbol;
    const uint64_t channel = number(label->properties, kChannelId).value_or(0);
    if (label->kind != kChannelLabel || channel < 1 || channel > 64) continue;
    sound.symbols.resize(std::max(sound.symbols.size(), static_cast<size_t>(channel)));
    sound.symbols[static_cast<size_t>(channel) - 1] = symbol;
  }
  return sound;
}

}  // namespace pier::media::impl
