#include "header.hpp"

#include <cmath>
#include <ctime>

#include "labels.hpp"

namespace pier::imf::impl {
namespace {

namespace p = property;

enum SetKind : uint8_t {
  kSequence = 0x0F,
  kSourceClip = 0x11,
  kTimecode = 0x14,
  kContentStorage = 0x18,
  kEssenceData = 0x23,
  kPreface = 0x2F,
  kIdentification = 0x30,
  kMaterialPackage = 0x36,
  kFilePackage = 0x37,
  kTrack = 0x3B,
};

constexpr uint32_t kTimecodeTrack = 1, kEssenceTrack = 2;
/// Of the program, the same in every file: ST 377-1 A.3.
constexpr std::string_view kProduct = "5d1f2f0e-6d1f-4c4b-9e3c-70696572f001";

/// ST 377-1 clause 4.3: year, month, day, hour, minute, second, quarter of hundredths.
Bytes timestamp(WallTime time) {
  const time_t seconds = time / 1'000'000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  ByteWriter out;
  out.u16(static_cast<uint64_t>(parts.tm_year + 1900));
  for (const int part : {parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec})
    out.u8(static_cast<uint64_t>(part));
  out.u8(static_cast<uint64_t>(time % 1'000'000 / 4000));
  return out.take();
}

/// A batch or array of labels: count, size of one, labels.
Bytes labels_of(std::initializer_list<Label> list) {
  ByteWriter out;
  out.u32(list.size());
  out.u32(16);
  for (const Label& one : list) out.bytes(view(one));
  return out.take();
}

class HeaderBuilder {
 public:
  HeaderBuilder(const TrackHeader& header, UuidSequence& uuids)
      : x_header(header), x_uuids(uuids), x_time(timestamp(header.created)) {}

  MetadataSet preface(MetadataSet descriptor) {
    MetadataSet set(kPreface, "", x_uuids.next());
    set.raw(p::kLastModified, x_time, {});
    set.u16(p::kVersion, 0x0103);  // ST 377-1:2011 and later
    set.u32(p::kObjectModel, 1);
    MetadataSet file = package(kFilePackage, x_header.file, &descriptor);
    set.uuid(p::kPrimaryPackage, file.instance());
    std::vector<MetadataSet> identifications;
    identifications.push_back(identification());
    set.sets(p::kIdentifications, std::move(identifications));
    set.set(p::kContentStorage, storage(std::move(file)));
    set.label(p::kPattern, labels::kOp1a);
    set.raw(p::kContainers, labels_of({x_header.container}), {});
    set.raw(p::kSchemes, labels_of({}), {});
    return set;
  }

 private:
  MetadataSet identification() {
    MetadataSet set(kIdentification, "", x_uuids.next());
    set.uuid(p::kGeneration, x_uuids.next());
    set.text(p::kCompany, "Pier");
    set.text(p::kProduct, "pier");
    set.text(p::kVersionText, x_header.version);
    set.uuid(p::kProductId, *Uuid::parse(kProduct));
    set.raw(p::kModified, x_time, {});
    return set;
  }

  MetadataSet storage(MetadataSet file) {
    MetadataSet set(kContentStorage, "", x_uuids.next());
    std::vector<MetadataSet> packages, data;
    packages.push_back(package(kMaterialPackage, x_header.material, nullptr));
    packages.push_back(std::move(file));
    set.sets(p::kPackages, std::move(packages));
    data.emplace_back(kEssenceData, "", x_uuids.next());
    data.back().raw(p::kLinkedPackage, package_umid(x_header.file), {});
    data.back().u32(p::kIndexSid, kIndexSid);
    data.back().u32(p::kBodySid, kBodySid);
    set.sets(p::kEssenceData, std::move(data));
    return set;
  }

  MetadataSet package(uint8_t kind, const Uuid& number, MetadataSet* descriptor) {
    MetadataSet set(kind, "", x_uuids.next());
    set.raw(p::kPackageId, package_umid(number), {});
    set.raw(p::kPackageCreated, x_time, {});
    set.raw(p::kPackageModified, x_time, {});
    set.text(p::kPackageName, x_header.name);
    std::vector<MetadataSet> tracks;
    tracks.push_back(timecode_track());
    tracks.push_back(essence_track(descriptor != nullptr));
    set.sets(p::kPackageTracks, std::move(tracks));
    if (descriptor != nullptr) set.set(p::kDescriptor, std::move(*descriptor));
    return set;
  }

  MetadataSet track(uint32_t id, uint32_t number, const std::string& name, const Rational& rate) {
    MetadataSet set(kTrack, "", x_uuids.next());
    set.u32(p::kTrackId, id);
    set.u32(p::kTrackNumber, number);
    set.text(p::kTrackName, name);
    set.ratio(p::kEditRate, rate);
    set.u64(p::kOrigin, 0);
    return set;
  }

  MetadataSet sequence(const Label& data, int64_t duration, MetadataSet component) {
    MetadataSet set(kSequence, "", x_uuids.next());
    set.label(p::kDataDefinition, data);
    set.u64(p::kDuration, static_cast<uint64_t>(duration));
    std::vector<MetadataSet> components;
    components.push_back(std::move(component));
    set.sets(p::kComponents, std::move(components));
    return set;
  }

  MetadataSet timecode_track() {
    MetadataSet code(kTimecode, "", x_uuids.next());
    code.label(p::kDataDefinition, labels::kTimecodeData);
    code.u64(p::kDuration, static_cast<uint64_t>(x_header.pictures));
    code.u64(p::kStartTimecode, 0);
    code.u16(p::kTimecodeBase, static_cast<uint16_t>(std::lround(x_header.picture_rate.value())));
    code.flag(p::kDropFrame, false);
    MetadataSet set = track(kTimecodeTrack, 0, "TC1", x_header.picture_rate);
    set.set(p::kTrackSequence, sequence(labels::kTimecodeData, x_header.pictures, std::move(code)));
    return set;
  }

  MetadataSet essence_track(bool of_file) {
    MetadataSet clip(kSourceClip, "", x_uuids.next());
    clip.label(p::kDataDefinition, x_header.data);
    clip.u64(p::kDuration, static_cast<uint64_t>(x_header.duration));
    clip.u64(p::kStartPosition, 0);
    // The file package is where the chain of sources ends: ST 377-1 B.10.
    clip.raw(p::kSourcePackage, of_file ? Bytes(32) : package_umid(x_header.file), {});
    clip.u32(p::kSourceTrack, of_file ? 0 : kEssenceTrack);
    MetadataSet set = track(kEssenceTrack, of_file ? x_header.track_number : 0, x_header.name, x_header.edit_rate);
    set.set(p::kTrackSequence, sequence(x_header.data, x_header.duration, std::move(clip)));
    return set;
  }

  const TrackHeader& x_header;
  UuidSequence& x_uuids;
  Bytes x_time;
};

}  // namespace

Bytes package_umid(const Uuid& number) {
  // ST 330 basic UMID: label, length, instance number; material number type: UUID.
  static constexpr std::array<uint8_t, 16> kStart{0x06, 0x0a, 0x2b, 0x34, 0x01, 0x01, 0x01, 0x05,
                                                  0x01, 0x01, 0x0f, 0x20, 0x13, 0x00, 0x00, 0x00};
  ByteWriter out;
  out.bytes(std::as_bytes(std::span(kStart)));
  out.bytes(view(number));
  return out.take();
}

Bytes header_metadata(const TrackHeader& header, MetadataSet descriptor, UuidSequence& uuids) {
  const MetadataSet preface = HeaderBuilder(header, uuids).preface(std::move(descriptor));
  Primer primer;
  ByteWriter sets;
  preface.write(primer, sets);
  // Index segments share the primer of the header.
  for (const Property& used : {p::kIndexRate, p::kIndexStart, p::kIndexDuration, p::kIndexByteCount, p::kIndexSlices,
                               p::kIndexDeltas, p::kIndexEntries})
    (void)primer.tag(used);
  ByteWriter out;
  out.bytes(primer.pack());
  out.bytes(sets.view());
  return out.take();
}

}  // namespace pier::imf::impl
