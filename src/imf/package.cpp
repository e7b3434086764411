#include <algorithm>
#include <array>
#include <cmath>

#include <pier/imf/package.hpp>

#include "label.hpp"
#include "metadata_set.hpp"

namespace pier::imf {
namespace {

using namespace impl;

constexpr std::string_view kHead = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
constexpr std::string_view kSha1 = "http://www.w3.org/2000/09/xmldsig#sha1";
constexpr std::string_view kCore = "http://www.smpte-ra.org/ns/2067-2/2020";
constexpr std::string_view kApplication = "http://www.smpte-ra.org/ns/2067-21/2021";

/// Indented elements, one a line.
class Xml {
 public:
  void open(std::string_view name, std::string_view attributes = {}) {
    line("<" + std::string(name) + (attributes.empty() ? "" : " ") + std::string(attributes) + ">");
    ++x_depth;
  }
  void close(std::string_view name) {
    --x_depth;
    line("</" + std::string(name) + ">");
  }
  void text(std::string_view name, std::string_view value) {
    line("<" + std::string(name) + ">" + xml_escape(value) + "</" + std::string(name) + ">");
  }
  void number(std::string_view name, int64_t value) { text(name, std::to_string(value)); }
  void uuid(std::string_view name, std::string_view uuid) { text(name, "urn:uuid:" + std::string(uuid)); }
  void line(std::string_view markup) { x_text += std::string(x_depth * 2, ' ') + std::string(markup) + "\n"; }
  void raw(std::string_view markup) { x_text += markup; }
  std::string take() { return std::string(kHead) + x_text; }

 private:
  std::string x_text;
  size_t x_depth = 0;
};

std::string rate_text(const Rational& rate) {
  return std::to_string(rate.num) + " " + std::to_string(rate.den);
}

void put_issue(Xml& xml, const Issue& issue) {
  xml.text("IssueDate", to_rfc3339(issue.time));
  xml.text("Issuer", issue.issuer);
  xml.text("Creator", issue.creator);
}

void put_digest(Xml& xml, const Bytes& sha1) {
  xml.text("Hash", to_base64(sha1));
  xml.line("<HashAlgorithm Algorithm=\"" + std::string(kSha1) + "\"/>");
}

std::string running_time(const Composition& composition) {
  const double seconds = static_cast<double>(composition.duration) / composition.edit_rate.value();
  const auto whole = static_cast<int64_t>(std::ceil(seconds));
  char text[32];
  std::snprintf(text, sizeof text, "%02lld:%02lld:%02lld", static_cast<long long>(whole / 3600),
                static_cast<long long>(whole / 60 % 60), static_cast<long long>(whole % 60));
  return text;
}

void put_track(Xml& xml, const TrackAsset& asset, UuidSequence& ids) {
  const std::string name = asset.track.picture ? "cc:MainImageSequence" : "cc:MainAudioSequence";
  xml.open(name, "xmlns:cc=\"" + std::string(kCore) + "\"");
  xml.text("Id", ids.next().urn());
  xml.text("TrackId", ids.next().urn());
  xml.open("ResourceList");
  xml.open("Resource", "xsi:type=\"TrackFileResourceType\"");
  xml.text("Id", ids.next().urn());
  xml.text("EditRate", rate_text(asset.track.edit_rate));
  xml.number("IntrinsicDuration", asset.track.duration);
  xml.number("EntryPoint", 0);
  xml.number("SourceDuration", asset.track.duration);
  xml.uuid("SourceEncoding", asset.track.descriptor_id);
  xml.uuid("TrackFileId", asset.track.uuid);
  put_digest(xml, asset.sha1);
  xml.close("Resource");
  xml.close("ResourceList");
  xml.close(name);
}

void put_descriptors(Xml& xml, const Composition& composition) {
  xml.open("EssenceDescriptorList", kRegXmlNamespaces);
  for (const TrackAsset& asset : composition.tracks) {
    xml.open("EssenceDescriptor");
    xml.uuid("Id", asset.track.descriptor_id);
    xml.raw(asset.track.descriptor_xml);
    xml.close("EssenceDescriptor");
  }
  for (const BorrowedTrack& track : composition.borrowed) {
    for (const std::string& descriptor : track.descriptors_xml) xml.raw(descriptor);
  }
  xml.close("EssenceDescriptorList");
}

void put_extensions(Xml& xml, const Composition& composition) {
  xml.open("ExtensionProperties");
  xml.line("<cc:ApplicationIdentification xmlns:cc=\"" + std::string(kCore) + "\">" + std::string(kApplication) +
           "</cc:ApplicationIdentification>");
  if (composition.content_light) {
    const std::string space = " xmlns:app=\"" + std::string(kApplication) + "\">";
    xml.line("<app:MaxCLL" + space + std::to_string(composition.content_light->max_cll) + "</app:MaxCLL>");
    xml.line("<app:MaxFALL" + space + std::to_string(composition.content_light->max_fall) + "</app:MaxFALL>");
  }
  xml.close("ExtensionProperties");
}

void put_timecode(Xml& xml, const Composition& composition) {
  xml.open("CompositionTimecode");
  xml.text("TimecodeDropFrame", "false");
  xml.number("TimecodeRate", std::lround(composition.edit_rate.value()));
  xml.text("TimecodeStartAddress", "00:00:00:00");
  xml.close("CompositionTimecode");
}

}  // namespace

std::string composition_xml(const Composition& composition, const Issue& issue) {
  UuidSequence ids(Uuid::parse(composition.uuid).value_or(Uuid{}));
  Xml xml;
  xml.open("CompositionPlaylist",
           "xmlns=\"http://www.smpte-ra.org/schemas/2067-3/2016\" "
           "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"");
  xml.uuid("Id", composition.uuid);
  put_issue(xml, issue);
  xml.text("ContentTitle", composition.title);
  xml.open("ContentVersionList");
  xml.open("ContentVersion");
  xml.text("Id", ids.next().urn());
  xml.text("LabelText", composition.title + " " + to_rfc3339(issue.time).substr(0, 10));
  xml.close("ContentVersion");
  xml.close("ContentVersionList");
  put_descriptors(xml, composition);
  put_timecode(xml, composition);
  xml.text("EditRate", rate_text(composition.edit_rate));
  xml.text("TotalRunningTime", running_time(composition));
  put_extensions(xml, composition);
  xml.open("SegmentList");
  xml.open("Segment");
  xml.text("Id", ids.next().urn());
  xml.open("SequenceList");
  // ST 2067-2: the image sequence comes first.
  for (const bool picture : {true, false}) {
    for (const TrackAsset& asset : composition.tracks) {
      if (asset.track.picture == picture) put_track(xml, asset, ids);
    }
    for (const BorrowedTrack& track : composition.borrowed) {
      if ((track.sequence_xml.find("MainImageSequence") != std::string::npos) == picture) xml.raw(track.sequence_xml);
    }
  }
  xml.close("SequenceList");
  xml.close("Segment");
  xml.close("SegmentList");
  xml.close("CompositionPlaylist");
  return xml.take();
}

std::string packing_list_xml(const std::string& uuid, const std::string& title, const std::vector<PackageAsset>& assets,
                             const Issue& issue) {
  Xml xml;
  xml.open("PackingList", "xmlns=\"http://www.smpte-ra.org/schemas/2067-2/2016/PKL\"");
  xml.uuid("Id", uuid);
  xml.text("AnnotationText", title);
  put_issue(xml, issue);
  xml.open("AssetList");
  for (const PackageAsset& asset : assets) {
    xml.open("Asset");
    xml.uuid("Id", asset.uuid);
    xml.text("Hash", to_base64(asset.sha1));
    xml.number("Size", static_cast<int64_t>(asset.size));
    xml.text("Type", asset.type);
    xml.text("OriginalFileName", asset.file_name);
    xml.line("<HashAlgorithm Algorithm=\"" + std::string(kSha1) + "\"/>");
    xml.close("Asset");
  }
  xml.close("AssetList");
  xml.close("PackingList");
  return xml.take();
}

std::string asset_map_xml(const std::string& uuid, const PackageAsset& packing_list,
                          const std::vector<PackageAsset>& assets, const Issue& issue) {
  Xml xml;
  const auto put = [&](const PackageAsset& asset, bool is_list) {
    xml.open("Asset");
    xml.uuid("Id", asset.uuid);
    if (is_list) xml.text("PackingList", "true");
    xml.open("ChunkList");
    xml.open("Chunk");
    xml.text("Path", asset.file_name);
    xml.number("VolumeIndex", 1);
    xml.number("Offset", 0);
    xml.number("Length", static_cast<int64_t>(asset.size));
    xml.close("Chunk");
    xml.close("ChunkList");
    xml.close("Asset");
  };
  xml.open("AssetMap", "xmlns=\"http://www.smpte-ra.org/schemas/429-9/2007/AM\"");
  xml.uuid("Id", uuid);
  xml.text("Creator", issue.creator);
  xml.number("VolumeCount", 1);
  xml.text("IssueDate", to_rfc3339(issue.time));
  xml.text("Issuer", issue.issuer);
  xml.open("AssetList");
  put(packing_list, true);
  for (const PackageAsset& asset : assets) put(asset, false);
  xml.close("AssetList");
  xml.close("AssetMap");
  return xml.take();
}

std::string volume_index_xml() {
  Xml xml;
  xml.open("VolumeIndex", "xmlns=\"http://www.smpte-ra.org/schemas/429-9/2007/AM\"");
  xml.number("Index", 1);
  xml.close("VolumeIndex");
  return xml.take();
}

}  // namespace pier::imf
