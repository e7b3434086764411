#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <sstream>

#include <pugixml.hpp>

#include <pier/imf/package.hpp>

namespace pier::imf {
namespace {

constexpr size_t kMostBytes = 16U << 20U, kMostResources = 10000;

std::string_view local_name(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  const size_t colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

pugi::xml_node child(const pugi::xml_node& node, std::string_view name) {
  for (const pugi::xml_node one : node.children()) {
    if (local_name(one) == name) return one;
  }
  return {};
}

std::string text(const pugi::xml_node& node, std::string_view name) {
  return child(node, name).text().as_string();
}

int64_t number(const std::string& digits, int64_t otherwise) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  constexpr int64_t kLongest = int64_t{1} << 40;
  return error == std::errc() && end == digits.data() + digits.size() && value >= 0 && value <= kLongest ? value
                                                                                                         : otherwise;
}

/// "24000 1001"
Rational ratio(const std::string& words) {
  const size_t gap = words.find(' ');
  const int64_t num = number(words.substr(0, gap), 0);
  const int64_t den = gap == std::string::npos ? 1 : number(words.substr(gap + 1), 0);
  return num > 0 && den > 0 ? Rational(num, den) : Rational(0);
}

/// The element as it stands, with the namespaces that were declared around it.
std::string taken_out(const pugi::xml_node& node) {
  pugi::xml_document copy;
  pugi::xml_node element = copy.append_copy(node);
  for (pugi::xml_node around = node.parent(); around; around = around.parent()) {
    for (const pugi::xml_attribute attribute : around.attributes()) {
      const std::string_view name = attribute.name();
      if (!name.starts_with("xmlns") || element.attribute(attribute.name())) continue;
      element.append_attribute(attribute.name()).set_value(attribute.value());
    }
  }
  std::ostringstream out;
  element.print(out, "  ", pugi::format_indent | pugi::format_no_declaration);
  return out.str();
}

struct Taking {
  std::map<std::string, pugi::xml_node> descriptors;
  std::set<std::string> given;  // descriptors already with a track
  size_t resources = 0;
};

Result<BorrowedTrack> take(const pugi::xml_node& sequence, Taking& taking) {
  BorrowedTrack track;
  track.sequence_xml = taken_out(sequence);
  for (const pugi::xml_node resource : child(sequence, "ResourceList").children()) {
    if (++taking.resources > kMostResources)
      return fail(ErrorCode::kTooLarge, "the earlier composition has more than 10000 resources");
    const std::string file = text(resource, "TrackFileId"), encoding = text(resource, "SourceEncoding");
    if (file.empty() || encoding.empty())
      return fail(ErrorCode::kInputDamaged, "a resource of the earlier composition names no track file");
    if (std::ranges::find(track.track_files, file) == track.track_files.end()) track.track_files.push_back(file);
    const auto found = taking.descriptors.find(encoding);
    if (found == taking.descriptors.end()) {
      return fail(ErrorCode::kInputDamaged,
                  "the earlier composition has no essence descriptor " + display_text(encoding));
    }
    if (taking.given.insert(encoding).second) track.descriptors_xml.push_back(taken_out(found->second));
  }
  return track;
}

/// Edit units of the composition that a sequence lasts.
int64_t length_of(const pugi::xml_node& sequence, const Rational& rate) {
  Rational seconds = 0;
  for (const pugi::xml_node resource : child(sequence, "ResourceList").children()) {
    const Rational own = ratio(text(resource, "EditRate"));
    const int64_t intrinsic = number(text(resource, "IntrinsicDuration"), 0);
    const int64_t entry = number(text(resource, "EntryPoint"), 0);
    const int64_t units = number(text(resource, "SourceDuration"), std::max<int64_t>(0, intrinsic - entry));
    const int64_t repeats = std::clamp<int64_t>(number(text(resource, "RepeatCount"), 1), 1, 1000);
    seconds = seconds + Rational(units * repeats) / (own.num > 0 ? own : rate);
  }
  const Rational units = seconds * rate;
  return units.den > 0 ? units.num / units.den : 0;
}

}  // namespace

Result<EarlierComposition> read_earlier(std::string_view xml, const std::vector<std::string>& kinds) {
  pugi::xml_document document;
  if (xml.size() > kMostBytes || !document.load_buffer(xml.data(), xml.size(), pugi::parse_default) ||
      local_name(document.document_element()) != "CompositionPlaylist")
    return fail(ErrorCode::kInputDamaged, "the earlier composition is no composition playlist (ST 2067-3)");
  const pugi::xml_node root = document.document_element();
  EarlierComposition earlier;
  earlier.id = text(root, "Id");
  earlier.title = text(root, "ContentTitle");
  earlier.edit_rate = ratio(text(root, "EditRate"));
  if (earlier.edit_rate.num <= 0) return fail(ErrorCode::kInputDamaged, "the earlier composition has no edit rate");
  const pugi::xml_node extension = child(root, "ExtensionProperties");
  if (child(extension, "MaxCLL") || child(extension, "MaxFALL")) {
    const auto nits = [&](std::string_view name) {
      return static_cast<uint16_t>(std::min<int64_t>(number(text(extension, name), 0), UINT16_MAX));
    };
    earlier.content_light = ContentLight{nits("MaxCLL"), nits("MaxFALL")};
  }
  Taking taking;
  for (const pugi::xml_node descriptor : child(root, "EssenceDescriptorList").children())
    taking.descriptors.emplace(text(descriptor, "Id"), descriptor);
  pugi::xml_node segment;
  for (const pugi::xml_node one : child(root, "SegmentList").children()) {
    if (local_name(one) != "Segment") continue;
    if (segment)
      return fail(ErrorCode::kInputUnsupported,
                  "the earlier composition has more than one segment; give one that has one");
    segment = one;
  }
  for (const pugi::xml_node sequence : child(segment, "SequenceList").children()) {
    if (local_name(sequence) == "MainImageSequence") earlier.duration = length_of(sequence, earlier.edit_rate);
    if (std::ranges::find(kinds, local_name(sequence)) == kinds.end()) continue;
    PIER_TRY(BorrowedTrack track, take(sequence, taking));
    earlier.tracks.push_back(std::move(track));
  }
  if (earlier.tracks.empty())
    return fail(ErrorCode::kInputUnsupported, "the earlier composition has none of the tracks that are to be kept");
  return earlier;
}

}  // namespace pier::imf
