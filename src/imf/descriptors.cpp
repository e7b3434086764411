#include "descriptors.hpp"

#include <algorithm>
#include <array>

#include "labels.hpp"

namespace pier::imf::impl {
namespace {

enum SetKind : uint8_t {
  kCdci = 0x28,
  kRgba = 0x29,
  kWavePcm = 0x48,
  kJpeg2000 = 0x5A,
  kContainerConstraints = 0x67,
  kChannelLabel = 0x6B,
  kSoundfieldLabel = 0x6C,
};

struct Component {
  uint8_t code;
  const char* name;
};
constexpr std::array<Component, 3> kRgb{{{'R', "CompRed"}, {'G', "CompGreen"}, {'B', "CompBlue"}}};
constexpr std::array<Component, 3> kYuv{
    {{'Y', "CompLuma"}, {'U', "CompColorDifferenceU"}, {'V', "CompColorDifferenceV"}}};

std::string element(std::string_view name, const std::string& text) {
  return "<r2:" + std::string(name) + ">" + text + "</r2:" + std::string(name) + ">";
}

/// RGBALayout, ST 377-1 G.2.40: eight pairs of code and depth, those after the last component null.
void add_layout(MetadataSet& set, const Property& property, const std::array<Component, 3>& components, int depth) {
  ByteWriter bytes;
  std::string xml;
  const auto put = [&](uint8_t code, int bits, const char* name) {
    bytes.u8(code);
    bytes.u8(static_cast<unsigned>(bits));
    xml += element("RGBAComponent", element("Code", name) + element("ComponentSize", std::to_string(bits)));
  };
  for (const Component& component : components) put(component.code, depth, component.name);
  for (size_t i = components.size(); i < 8; ++i) put(0, 0, "CompNull");
  set.raw(property, bytes.take(), std::move(xml));
}

MetadataSet codestream_descriptor(const PictureTrack& track, const CodestreamHeader& header, UuidSequence& uuids) {
  namespace p = property;
  MetadataSet set(kJpeg2000, "JPEG2000SubDescriptor", uuids.next());
  set.u16(p::kRsiz, header.rsiz);
  set.u32(p::kXsiz, header.width);
  set.u32(p::kYsiz, header.height);
  set.u32(p::kXOsiz, header.x_offset);
  set.u32(p::kYOsiz, header.y_offset);
  set.u32(p::kXTsiz, header.tile_width);
  set.u32(p::kYTsiz, header.tile_height);
  set.u32(p::kXTOsiz, header.tile_x);
  set.u32(p::kYTOsiz, header.tile_y);
  set.u16(p::kCsiz, static_cast<uint16_t>(header.components.size()));
  ByteWriter sizing;
  std::string xml;
  sizing.u32(header.components.size());
  sizing.u32(3);
  for (const auto& component : header.components) {
    for (const uint8_t byte : {component.depth, component.across, component.down}) sizing.u8(byte);
    xml += element("J2KComponentSizing", element("Ssiz", std::to_string(component.depth)) +
                                             element("XRSiz", std::to_string(component.across)) +
                                             element("YRSiz", std::to_string(component.down)));
  }
  set.raw(p::kComponentSizing, sizing.take(), std::move(xml));
  set.opaque(p::kCodingStyle, header.coding_style);
  set.opaque(p::kQuantisation, header.quantisation);
  add_layout(set, p::kJ2cLayout, track.format.rgb ? kRgb : kYuv, track.format.bit_depth);
  return set;
}

const Label& primaries_label(Primaries primaries) {
  if (primaries == Primaries::kBt2020) return labels::kPrimariesBt2020;
  if (primaries == Primaries::kP3D65) return labels::kPrimariesP3D65;
  return labels::kPrimariesBt709;
}

const Label& transfer_label(Transfer transfer) {
  if (transfer == Transfer::kPq) return labels::kTransferPq;
  if (transfer == Transfer::kHlg) return labels::kTransferHlg;
  if (transfer == Transfer::kBt2020_10 || transfer == Transfer::kBt2020_12) return labels::kTransferBt2020;
  return labels::kTransferBt709;
}

void add_colour(MetadataSet& set, const PictureTrack& track) {
  namespace p = property;
  set.label(p::kTransfer, transfer_label(track.colour.transfer));
  set.label(p::kPrimaries, primaries_label(track.colour.primaries));
  if (!track.format.rgb) {
    set.label(p::kEquations,
              track.colour.matrix == Matrix::kBt709 ? labels::kEquationsBt709 : labels::kEquationsBt2020);
  }
  if (!track.mastering_display) return;
  const MasteringDisplay& display = *track.mastering_display;
  const auto point = [](MasteringDisplay::Xy xy) {
    return element("X", std::to_string(xy.x)) + element("Y", std::to_string(xy.y));
  };
  ByteWriter primaries, white;
  std::string xml;
  for (const auto& xy : {display.red, display.green, display.blue}) {
    primaries.u16(xy.x);
    primaries.u16(xy.y);
    xml += element("ColorPrimary", point(xy));
  }
  white.u16(display.white.x);
  white.u16(display.white.y);
  set.raw(p::kMasteringPrimaries, primaries.take(), std::move(xml));
  set.raw(p::kMasteringWhite, white.take(), point(display.white));
  set.u32(p::kMasteringMax, display.max_luminance);
  set.u32(p::kMasteringMin, display.min_luminance);
}

void add_raster(MetadataSet& set, const PictureTrack& track) {
  namespace p = property;
  const auto width = static_cast<uint32_t>(track.width), height = static_cast<uint32_t>(track.height);
  set.u32(p::kStoredWidth, width);
  set.u32(p::kStoredHeight, height);
  set.u32(p::kSampledWidth, width);
  set.u32(p::kSampledHeight, height);
  set.u32(p::kDisplayWidth, width);
  set.u32(p::kDisplayHeight, height);
  set.ratio(p::kAspect, track.aspect);
  set.choice(p::kFrameLayout, 0, "FullFrame");
  ByteWriter lines;
  lines.u32(2);
  lines.u32(4);
  lines.zeros(8);
  set.raw(p::kLineMap, lines.take(), element("Int32", "0") + element("Int32", "0"));
}

/// Nominal black and white of H.273 8.3 with narrow range.
uint32_t narrow(uint32_t level, int depth) {
  return level << static_cast<unsigned>(depth - 8);
}

void add_samples(MetadataSet& set, const PictureTrack& track) {
  namespace p = property;
  const int depth = track.format.bit_depth;
  const bool full = track.colour.range == Range::kFull;
  const uint32_t low = full ? 0 : narrow(16, depth);
  const uint32_t high = full ? (1U << static_cast<unsigned>(depth)) - 1 : narrow(235, depth);
  if (track.format.rgb) {
    set.u32(p::kComponentMax, high);
    set.u32(p::kComponentMin, low);
    set.choice(p::kScanning, 0, "ScanningDirection_LeftToRightTopToBottom");
    add_layout(set, p::kPixelLayout, kRgb, depth);
    return;
  }
  set.u32(p::kDepth, static_cast<uint32_t>(depth));
  set.u32(p::kAcross, 2);
  set.u32(p::kDown, 1);
  set.choice(p::kSiting, 0, "CoSiting");
  set.u32(p::kBlack, low);
  set.u32(p::kWhite, high);
  set.u32(p::kColourRange, narrow(224, depth) + 1);
}

void add_file_items(MetadataSet& set, const Rational& rate, int64_t duration, const Label& container) {
  namespace p = property;
  set.u32(p::kLinkedTrack, kEssenceTrackId);
  set.ratio(p::kSampleRate, rate);
  set.u64(p::kEssenceLength, static_cast<uint64_t>(duration));
  set.label(p::kContainer, container);
}

Result<void> check_codestream(const PictureTrack& track, const CodestreamHeader& header) {
  const auto across = [&](size_t i) { return !track.format.rgb && i > 0 ? 2 : 1; };
  bool fits = header.width == static_cast<uint32_t>(track.width) &&
              header.height == static_cast<uint32_t>(track.height) && header.components.size() == 3;
  for (size_t i = 0; fits && i < 3; ++i) {
    fits = header.components[i] == CodestreamHeader::Component{static_cast<uint8_t>(track.format.bit_depth - 1),
                                                               static_cast<uint8_t>(across(i)), 1};
  }
  if (!fits) return fail(ErrorCode::kInputDamaged, "the JPEG 2000 codestream is not of the picture of this track");
  return {};
}

// ---- sound

struct Channel {
  uint8_t number;
  const char *symbol, *name;
};
struct Group {
  Label label;
  const char *symbol, *name;
  std::vector<Channel> channels;
};

Group group_of(Soundfield field) {
  const Channel left{1, "chL", "Left"}, right{2, "chR", "Right"}, centre{3, "chC", "Center"}, lfe{4, "chLFE", "LFE"};
  switch (field) {
    case Soundfield::kMono:
      return {labels::kSoundfieldMono, "sgM", "Monoaural", {centre}};
    case Soundfield::kStereo:
      return {labels::kSoundfieldStereo, "sgST", "Standard Stereo", {left, right}};
    case Soundfield::k51:
      return {labels::kSoundfield51,
              "sg51",
              "5.1",
              {left, right, centre, lfe, {5, "chLs", "Left Surround"}, {6, "chRs", "Right Surround"}}};
    case Soundfield::k71:
      break;
  }
  return {labels::kSoundfield71,
          "sg71",
          "7.1DS",
          {left,
           right,
           centre,
           lfe,
           {7, "chLss", "Left Side Surround"},
           {8, "chRss", "Right Side Surround"},
           {9, "chLrs", "Left Rear Surround"},
           {10, "chRrs", "Right Rear Surround"}}};
}

void add_mca(MetadataSet& set, const Label& label, const Uuid& link, const char* symbol, const char* name) {
  set.label(property::kMcaLabel, label);
  set.uuid(property::kMcaLink, link);
  set.text(property::kMcaSymbol, symbol);
  set.text(property::kMcaName, name);
}

std::vector<MetadataSet> mca_labels(const SoundTrack& track, UuidSequence& uuids) {
  namespace p = property;
  const Group group = group_of(track.soundfield);
  std::vector<MetadataSet> sets;
  MetadataSet field(kSoundfieldLabel, "SoundfieldGroupLabelSubDescriptor", uuids.next());
  const Uuid link = uuids.next();
  add_mca(field, group.label, link, group.symbol, group.name);
  // ST 2067-2 clause 5.3.6: title, its version, content kind, element kind and language are there.
  field.text(p::kMcaTitle, track.title);
  field.text(p::kMcaTitleVersion, "n/a");
  field.text(p::kMcaContent, "PRM");
  field.text(p::kMcaElement, "FCMP");
  field.ascii(p::kMcaLanguage, track.language);
  sets.push_back(std::move(field));
  uint32_t number = 0;
  for (const Channel& channel : group.channels) {
    MetadataSet one(kChannelLabel, "AudioChannelLabelSubDescriptor", uuids.next());
    Label label = labels::kChannel;
    label[11] = channel.number;
    add_mca(one, label, uuids.next(), channel.symbol, channel.name);
    one.u32(p::kMcaChannel, ++number);
    one.uuid(p::kMcaGroup, link);
    sets.push_back(std::move(one));
  }
  return sets;
}

}  // namespace

std::optional<Label> coding_label(uint16_t rsiz) {
  const unsigned profile = rsiz >> 8U, sub = rsiz >> 4U & 0xFU, main = rsiz & 0xFU;
  const auto most_sub = [](unsigned level) { return level == 0 ? 0U : std::max(1U, level < 2 ? 0U : level - 2); };
  if (profile < 4 || profile > 9 || main > 11 || sub > most_sub(main)) return std::nullopt;
  unsigned number = 1;
  for (unsigned level = 0; level < main; ++level) number += most_sub(level) + 1;
  Label result = labels::kJpeg2000Coding;
  result[14] = static_cast<uint8_t>(profile - 2);
  result[15] = static_cast<uint8_t>(number + sub);
  return result;
}

Result<void> check_track(const PictureTrack& track) {
  const auto bad = [](const std::string& what) {
    return fail(ErrorCode::kInvalidArgument, what + " (ST 2067-21, Application 2E)");
  };
  const bool rgb = track.format.rgb;
  if (track.width <= 0 || track.height <= 0 || track.rate.num <= 0 || track.aspect.num <= 0)
    return bad("a picture track needs raster, rate and aspect");
  if (track.format.chroma != (rgb ? Chroma::k444 : Chroma::k422)) return bad("pictures are RGB 4:4:4 or Y'CbCr 4:2:2");
  if (track.colour.range == Range::kUnspecified || (!rgb && track.colour.range != Range::kNarrow))
    return bad("Y'CbCr has narrow range, RGB a range that is known");
  const Primaries primaries = track.colour.primaries;
  const Transfer transfer = track.colour.transfer;
  const bool wide = transfer == Transfer::kPq || transfer == Transfer::kHlg || transfer == Transfer::kBt2020_10 ||
                    transfer == Transfer::kBt2020_12;
  const bool known = (primaries == Primaries::kBt709 && transfer == Transfer::kBt709) ||
                     (primaries == Primaries::kBt2020 && wide) ||
                     (primaries == Primaries::kP3D65 && transfer == Transfer::kPq && rgb);
  if (!known) {
    return bad("there is no label for " + to_string(primaries) + " primaries with " + to_string(transfer) +
               " transfer");
  }
  const Matrix matrix = primaries == Primaries::kBt709 ? Matrix::kBt709 : Matrix::kBt2020Ncl;
  if (!rgb && track.colour.matrix != matrix) return bad("the matrix is not that of the primaries");
  return {};
}

Result<void> check_track(const SoundTrack& track) {
  if (track.sample_rate != 48000 && track.sample_rate != 96000)
    return fail(ErrorCode::kInvalidArgument, "sound of IMF has 48 or 96 kHz, not " + std::to_string(track.sample_rate) +
                                                 " Hz (ST 2067-2 clause 5.3)");
  if (track.bits != 16 && track.bits != 24) return fail(ErrorCode::kInvalidArgument, "sound of IMF has 16 or 24 bits");
  if (track.language.empty() || track.picture_rate.num <= 0)
    return fail(ErrorCode::kInvalidArgument, "a sound track needs a language and the rate of the pictures");
  return {};
}

Result<MetadataSet> picture_descriptor(const PictureTrack& track, const CodestreamHeader& header, int64_t duration,
                                       UuidSequence& uuids) {
  PIER_CHECK(check_codestream(track, header));
  const auto coding = coding_label(header.rsiz);
  if (!coding) {
    return fail(ErrorCode::kInputDamaged,
                "the codestream is of no IMF profile (Rsiz " + std::to_string(header.rsiz) + "; ITU-T T.800 Amd. 8)");
  }
  const bool rgb = track.format.rgb;
  MetadataSet set(rgb ? kRgba : kCdci, rgb ? "RGBADescriptor" : "CDCIDescriptor", uuids.next());
  add_file_items(set, track.rate, duration, labels::kJpeg2000Container);
  add_raster(set, track);
  set.label(property::kCoding, *coding);
  add_colour(set, track);
  add_samples(set, track);
  std::vector<MetadataSet> subs;
  subs.push_back(codestream_descriptor(track, header, uuids));
  // ST 379-2 clause 7: says that the constrained generic container was kept to.
  subs.emplace_back(kContainerConstraints, "ContainerConstraintsSubDescriptor", uuids.next());
  set.sets(property::kSubDescriptors, std::move(subs));
  return set;
}

MetadataSet sound_descriptor(const SoundTrack& track, int64_t duration, UuidSequence& uuids) {
  namespace p = property;
  const int channels = channels_of(track.soundfield);
  const auto block = static_cast<uint32_t>(channels * track.bits / 8);
  const Rational rate(track.sample_rate);
  MetadataSet set(kWavePcm, "WAVEPCMDescriptor", uuids.next());
  add_file_items(set, rate, duration, labels::kWaveClipContainer);
  set.ratio(p::kAudioRate, rate);
  set.ratio(p::kReferenceImageRate, track.picture_rate);
  set.flag(p::kLocked, true);
  set.u32(p::kChannelCount, static_cast<uint32_t>(channels));
  set.u32(p::kQuantisationBits, static_cast<uint32_t>(track.bits));
  set.u16(p::kBlockAlign, static_cast<uint16_t>(block));
  set.u32(p::kAverageBytes, block * static_cast<uint32_t>(track.sample_rate));
  set.label(p::kChannelAssignment, labels::kImfChannelAssignment);
  std::vector<MetadataSet> subs = mca_labels(track, uuids);
  subs.emplace_back(kContainerConstraints, "ContainerConstraintsSubDescriptor", uuids.next());
  set.sets(p::kSubDescriptors, std::move(subs));
  return set;
}

}  // namespace pier::imf::impl

namespace pier::imf {

std::string_view to_string(Soundfield field) {
  switch (field) {
    case Soundfield::kMono:
      return "mono";
    case Soundfield::kStereo:
      return "stereo";
    case Soundfield::k51:
      return "5.1";
    case Soundfield::k71:
      break;
  }
  return "7.1";
}

int channels_of(Soundfield field) {
  switch (field) {
    case Soundfield::kMono:
      return 1;
    case Soundfield::kStereo:
      return 2;
    case Soundfield::k51:
      return 6;
    case Soundfield::k71:
      break;
  }
  return 8;
}

}  // namespace pier::imf
