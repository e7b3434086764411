#include "container/imf_xml.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <set>

#include <pugixml.hpp>

namespace pier::media::impl {
namespace {

constexpr int kMaxDepth = 64;

std::string_view local_name(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  const size_t colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

pugi::xml_node child(const pugi::xml_node& parent, std::string_view name) {
  for (const pugi::xml_node node : parent.children()) {
    if (local_name(node) == name) return node;
  }
  return {};
}

std::string text(const pugi::xml_node& parent, std::string_view name) {
  std::string value = child(parent, name).text().as_string();
  const auto space = [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; };
  while (!value.empty() && space(value.back())) value.pop_back();
  value.erase(value.begin(), std::find_if_not(value.begin(), value.end(), space));
  return value;
}

std::optional<int64_t> whole(std::string_view value) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size()) return std::nullopt;
  return number;
}

int64_t number(const pugi::xml_node& parent, std::string_view name) {
  return whole(text(parent, name)).value_or(0);
}

// "24000 1001", "24000/1001" or "24"
Rational ratio(const std::string& value) {
  const size_t cut = value.find_first_of(" /");
  const auto num = whole(std::string_view(value).substr(0, cut));
  const auto den =
      cut == std::string::npos ? std::optional<int64_t>(1) : whole(std::string_view(value).substr(cut + 1));
  constexpr int64_t kLimit = int64_t{1} << 40;
  if (!num || !den || *num <= 0 || *den <= 0 || *num > kLimit || *den > kLimit) return 0;
  return {*num, *den};
}

void visit(const pugi::xml_node& node, int depth, const std::function<void(const pugi::xml_node&)>& each) {
  if (depth > kMaxDepth) return;
  for (const pugi::xml_node inner : node.children()) {
    each(inner);
    visit(inner, depth + 1, each);
  }
}

// A node takes far more memory than the four bytes that may write it.
constexpr int64_t kMaxNodes = 1'000'000;

bool load(pugi::xml_document& document, std::string_view xml) {
  if (std::count(xml.begin(), xml.end(), '<') > kMaxNodes) return false;
  return static_cast<bool>(document.load_buffer(xml.data(), xml.size()));
}

ImfDocument kind_of(const pugi::xml_document& document) {
  const std::string_view root = local_name(document.document_element());
  if (root == "AssetMap") return ImfDocument::kAssetMap;
  if (root == "PackingList") return ImfDocument::kPackingList;
  if (root == "CompositionPlaylist") return ImfDocument::kComposition;
  return ImfDocument::kNone;
}

bool stays_inside(const std::string& path) {
  if (path.empty() || path.front() == '/' || path.find('\0') != std::string::npos) return false;
  size_t begin = 0;
  while (begin <= path.size()) {
    const size_t end = std::min(path.find('/', begin), path.size());
    if (path.substr(begin, end - begin) == "..") return false;
    begin = end + 1;
  }
  return true;
}

std::optional<uint16_t> step(const pugi::xml_node& node, std::string_view name) {
  const auto value = whole(text(node, name));
  if (!value || *value < 0 || *value > 65535) return std::nullopt;
  return static_cast<uint16_t>(*value);
}

std::optional<MasteringDisplay::Xy> chromaticity(const pugi::xml_node& node) {
  const auto x = step(node, "X");
  const auto y = step(node, "Y");
  if (!x || !y) return std::nullopt;
  return MasteringDisplay::Xy{*x, *y};
}

std::optional<MasteringDisplay> mastering_display(const pugi::xml_node& node) {
  const pugi::xml_node primaries = child(node, "MasteringDisplayPrimaries");
  const auto white = chromaticity(child(node, "MasteringDisplayWhitePointChromaticity"));
  const auto max = whole(text(node, "MasteringDisplayMaximumLuminance"));
  const auto min = whole(text(node, "MasteringDisplayMinimumLuminance"));
  std::vector<MasteringDisplay::Xy> colours;
  for (const pugi::xml_node primary : primaries.children()) {
    if (const auto xy = chromaticity(primary)) colours.push_back(*xy);
  }
  if (colours.size() != 3 || !white || !max || !min || *max < 0 || *min < 0 || *max > UINT32_MAX || *min > UINT32_MAX) {
    return std::nullopt;
  }
  return MasteringDisplay{
      colours[0], colours[1], colours[2], *white, static_cast<uint32_t>(*max), static_cast<uint32_t>(*min)};
}

template <typename T>
T labelled(const pugi::xml_node& node, std::string_view name, T (*convert)(const UniversalLabel&)) {
  const auto label = parse_label(text(node, name));
  return label ? convert(*label) : T::kUnspecified;
}

void read_rgba(const pugi::xml_node& node, PictureDescriptor& picture) {
  picture.rgb = true;
  picture.chroma = Chroma::k444;
  for (const pugi::xml_node component : child(node, "PixelLayout").children()) {
    const std::string code = text(component, "Code");
    if (code == "CompRed" || code == "CompGreen") picture.depth = static_cast<int>(number(component, "ComponentSize"));
  }
  picture.colour.range = range_of_levels(whole(text(node, "ComponentMinRef")).value_or(-1),
                                         number(node, "ComponentMaxRef"), picture.depth);
}

void read_cdci(const pugi::xml_node& node, PictureDescriptor& picture) {
  picture.depth = static_cast<int>(number(node, "ComponentDepth"));
  const int64_t across = number(node, "HorizontalSubsampling");
  const int64_t down = number(node, "VerticalSubsampling");
  if (across == 1) picture.chroma = Chroma::k444;
  if (across == 2) picture.chroma = down == 2 ? Chroma::k420 : Chroma::k422;
  picture.colour.range =
      range_of_levels(whole(text(node, "BlackRefLevel")).value_or(-1), number(node, "WhiteRefLevel"), picture.depth);
}

PictureDescriptor picture_descriptor(const pugi::xml_node& node) {
  PictureDescriptor picture;
  const auto side = [&](std::string_view name) {
    return static_cast<int>(std::clamp<int64_t>(number(node, name), 0, 65535));
  };
  picture.width = side("StoredWidth");
  picture.height = side("StoredHeight");
  picture.display_width = side("DisplayWidth");
  picture.display_height = side("DisplayHeight");
  picture.rate = ratio(text(node, "SampleRate"));
  const std::string layout = text(node, "FrameLayout");
  picture.interlaced = layout == "SeparateFields" || layout == "MixedFields";
  if (picture.interlaced) picture.height *= 2;
  if (local_name(node) == "RGBADescriptor") {
    read_rgba(node, picture);
  } else {
    read_cdci(node, picture);
  }
  picture.colour.primaries = labelled(node, "ColorPrimaries", primaries_of);
  picture.colour.transfer = labelled(node, "TransferCharacteristic", transfer_of);
  picture.colour.matrix = labelled(node, "CodingEquations", matrix_of);
  if (picture.rgb && picture.colour.matrix == Matrix::kUnspecified) picture.colour.matrix = Matrix::kRgb;
  picture.mastering_display = mastering_display(node);
  if (const Rational aspect = ratio(text(node, "ImageAspectRatio")); aspect.num > 0) picture.aspect = aspect;
  picture.length = number(node, "EssenceLength");
  return picture;
}

SoundDescriptor sound_descriptor(const pugi::xml_node& node) {
  SoundDescriptor sound;
  const Rational rate = ratio(text(node, "AudioSampleRate"));
  sound.sample_rate = static_cast<int>(std::clamp(rate.value(), 0.0, 1e6));
  sound.channels = static_cast<int>(std::clamp<int64_t>(number(node, "ChannelCount"), 0, 64));
  sound.bits = static_cast<int>(std::clamp<int64_t>(number(node, "QuantizationBits"), 0, 64));
  for (const pugi::xml_node sub : child(node, "SubDescriptors").children()) {
    const std::string symbol = text(sub, "MCATagSymbol");
    if (const std::string spoken = text(sub, "RFC5646SpokenLanguage"); !spoken.empty()) sound.language = spoken;
    if (local_name(sub) == "SoundfieldGroupLabelSubDescriptor") sound.soundfield = symbol;
    const int64_t channel = number(sub, "MCAChannelID");
    if (local_name(sub) != "AudioChannelLabelSubDescriptor" || channel < 1 || channel > 64) continue;
    sound.symbols.resize(std::max(sound.symbols.size(), static_cast<size_t>(channel)));
    sound.symbols[static_cast<size_t>(channel) - 1] = symbol;
  }
  return sound;
}

void read_descriptors(const pugi::xml_node& root, ImfComposition& composition) {
  for (const pugi::xml_node descriptor : child(root, "EssenceDescriptorList").children()) {
    for (const pugi::xml_node inner : descriptor.children()) {
      const std::string_view name = local_name(inner);
      if (name == "RGBADescriptor" || name == "CDCIDescriptor") {
        composition.pictures.push_back(picture_descriptor(inner));
        composition.picture_ids.push_back(text(descriptor, "Id"));
      }
      if (name == "WAVEPCMDescriptor") {
        composition.sounds.push_back(sound_descriptor(inner));
        composition.sound_ids.push_back(text(descriptor, "Id"));
      }
    }
  }
}

ImfResource resource_of(const pugi::xml_node& node, Rational composition_rate) {
  constexpr int64_t kLongest = int64_t{1} << 32;
  ImfResource resource;
  const pugi::xml_node sequence = node.parent().parent();
  resource.sequence = local_name(sequence);
  resource.track = text(sequence, "TrackId");
  resource.track_file = text(node, "TrackFileId");
  resource.encoding = text(node, "SourceEncoding");
  const Rational own = ratio(text(node, "EditRate"));
  resource.edit_rate = own.num > 0 ? own : composition_rate;
  resource.intrinsic = std::clamp<int64_t>(number(node, "IntrinsicDuration"), 0, kLongest);
  resource.entry = std::clamp<int64_t>(number(node, "EntryPoint"), 0, kLongest);
  const auto frames = whole(text(node, "SourceDuration"));
  resource.frames = std::clamp<int64_t>(frames.value_or(resource.intrinsic - resource.entry), 0, kLongest);
  resource.repeats = std::clamp<int64_t>(whole(text(node, "RepeatCount")).value_or(1), 1, 1000000);
  return resource;
}

void read_resources(const pugi::xml_node& root, ImfComposition& composition) {
  constexpr size_t kMaxResources = 100000;
  std::set<std::string> seen;
  visit(root, 0, [&](const pugi::xml_node& node) {
    if (local_name(node) != "Resource" || composition.resources.size() >= kMaxResources) return;
    ImfResource resource = resource_of(node, composition.edit_rate);
    const std::string& file = resource.track_file;
    if (!file.empty() && seen.insert(file).second) composition.track_files.push_back(file);
    if (resource.sequence == "MainImageSequence" && resource.edit_rate.num > 0 && resource.frames > 0) {
      composition.duration = composition.duration + Rational(resource.frames * resource.repeats) / resource.edit_rate;
    }
    composition.resources.push_back(std::move(resource));
  });
}

}  // namespace

ImfDocument imf_document_kind(std::string_view xml) {
  pugi::xml_document document;
  return load(document, xml) ? kind_of(document) : ImfDocument::kNone;
}

Result<std::vector<ImfAsset>> parse_asset_map(std::string_view xml) {
  pugi::xml_document document;
  if (!load(document, xml) || kind_of(document) != ImfDocument::kAssetMap) {
    return fail(ErrorCode::kInputDamaged, "the asset map is not well-formed XML with the root AssetMap");
  }
  std::vector<ImfAsset> assets;
  for (const pugi::xml_node node : child(document.document_element(), "AssetList").children()) {
    if (local_name(node) != "Asset") continue;
    ImfAsset asset;
    asset.id = text(node, "Id");
    asset.packing_list = text(node, "PackingList") == "true";
    asset.path = text(child(child(node, "ChunkList"), "Chunk"), "Path");
    if (asset.path.starts_with("file:///")) asset.path.erase(0, 8);
    if (!stays_inside(asset.path)) {
      return fail(ErrorCode::kInputDamaged,
                  "the asset map names a file outside its folder: " + display_text(asset.path));
    }
    assets.push_back(std::move(asset));
  }
  if (assets.empty()) return fail(ErrorCode::kInputDamaged, "the asset map lists no asset");
  return assets;
}

Result<std::vector<ImfListed>> parse_packing_list(std::string_view xml) {
  pugi::xml_document document;
  if (!load(document, xml) || kind_of(document) != ImfDocument::kPackingList)
    return fail(ErrorCode::kInputDamaged, "the packing list is not well-formed XML with the root PackingList");
  std::vector<ImfListed> assets;
  for (const pugi::xml_node node : child(document.document_element(), "AssetList").children()) {
    if (local_name(node) != "Asset") continue;
    ImfListed asset;
    asset.id = text(node, "Id");
    asset.size = static_cast<uint64_t>(std::max<int64_t>(0, number(node, "Size")));
    const std::string_view algorithm = child(node, "HashAlgorithm").attribute("Algorithm").as_string();
    // SHA-1 was the only one up to ST 2067-2:2016.
    asset.sha256 = algorithm.ends_with("#sha256");
    asset.known_algorithm = algorithm.empty() || asset.sha256 || algorithm.ends_with("#sha1");
    if (auto digest = from_base64(text(node, "Hash")); digest && digest->size() == (asset.sha256 ? 32U : 20U))
      asset.digest = std::move(*digest);
    assets.push_back(std::move(asset));
  }
  return assets;
}

Result<ImfComposition> parse_composition(std::string_view xml) {
  pugi::xml_document document;
  if (!load(document, xml) || kind_of(document) != ImfDocument::kComposition) {
    return fail(ErrorCode::kInputDamaged,
                "the composition playlist is not well-formed XML with the root CompositionPlaylist");
  }
  const pugi::xml_node root = document.document_element();
  ImfComposition composition;
  composition.id = text(root, "Id");
  composition.title = text(root, "ContentTitle");
  composition.edit_rate = ratio(text(root, "EditRate"));
  const pugi::xml_node timecode = child(root, "CompositionTimecode");
  composition.timecode = text(timecode, "TimecodeStartAddress");
  composition.timecode_drop = text(timecode, "TimecodeDropFrame") == "true";
  const pugi::xml_node extension = child(root, "ExtensionProperties");
  if (child(extension, "MaxCLL") || child(extension, "MaxFALL")) {
    const auto nits = [&](std::string_view name) {
      return static_cast<uint16_t>(std::clamp<int64_t>(number(extension, name), 0, 65535));
    };
    composition.content_light = ContentLight{nits("MaxCLL"), nits("MaxFALL")};
  }
  read_descriptors(root, composition);
  read_resources(root, composition);
  return composition;
}

}  // namespace pier::media::impl
