// Bytes of track files against ST 377-1, ST 422 and ST 382: walked packet by packet, with no code of the writer.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "descriptors.hpp"
#include "track_file_fixture.hpp"

namespace pier::imf {
namespace {

using namespace test;

struct Packet {
  size_t at = 0, value_at = 0;
  std::string key;
  ByteView value;
};

std::vector<Packet> packets_of(const Bytes& file) {
  std::vector<Packet> packets;
  for (size_t at = 0; at < file.size();) {
    ByteReader in(ByteView(file).subspan(at));
    Packet packet;
    packet.at = at;
    packet.key = to_hex(in.bytes(16));
    uint64_t length = in.u8();
    if (length >= 0x80) {
      const size_t count = length & 0x7FU;
      length = 0;
      for (size_t i = 0; i < count; ++i) length = length << 8U | in.u8();
    }
    packet.value_at = at + in.position();
    packet.value = in.bytes(length);
    if (!in.ok()) {
      ADD_FAILURE() << "a packet at " << at << " runs out of the file";
      break;
    }
    at = packet.value_at + length;
    packets.push_back(packet);
  }
  return packets;
}

constexpr const char* kPictureKey = "060e2b34010201010d01030115010801";
constexpr const char* kSoundKey = "060e2b34010201010d01030116010201";
constexpr const char* kIndexKey = "060e2b34025301010d01020101100100";
constexpr const char* kRandomKey = "060e2b34020501010d01020101110100";
constexpr std::string_view kPackStart = "060e2b34020501010d0102010102";  // header; 03 body, 04 footer

bool is_pack(const Packet& packet) {
  return packet.key.starts_with("060e2b34020501010d01020101") && packet.value.size() == 104;
}

uint64_t number_at(ByteView value, size_t offset, int bytes) {
  uint64_t number = 0;
  for (int i = 0; i < bytes; ++i)
    number = number << 8U | std::to_integer<uint64_t>(value[offset + static_cast<size_t>(i)]);
  return number;
}

/// Item of a local set.
ByteView item(const Packet& set, uint16_t tag) {
  ByteReader in(set.value);
  while (in.left() >= 4) {
    const uint16_t found = in.u16();
    const ByteView value = in.bytes(in.u16());
    if (found == tag) return value;
  }
  return {};
}

const Packet* find(const std::vector<Packet>& packets, std::string_view key) {
  for (const Packet& packet : packets) {
    if (packet.key == key) return &packet;
  }
  return nullptr;
}

std::string set_key(const char* kind) {
  return std::string("060e2b34025301010d0101010101") + kind + "00";
}

void expect_partitions_agree(const std::vector<Packet>& packets) {
  uint64_t previous = 0;
  std::vector<std::pair<uint64_t, uint64_t>> seen;
  uint64_t footer = 0;
  for (const Packet& packet : packets) {
    if (is_pack(packet) && packet.key.starts_with("060e2b34020501010d0102010104")) footer = packet.at;
  }
  EXPECT_GT(footer, 0U);
  for (const Packet& packet : packets) {
    if (!is_pack(packet)) continue;
    EXPECT_EQ(packet.key.substr(28), "0400") << "closed and complete";
    EXPECT_EQ(number_at(packet.value, 8, 8), packet.at);
    EXPECT_EQ(number_at(packet.value, 16, 8), previous);
    EXPECT_EQ(number_at(packet.value, 24, 8), footer);
    previous = packet.at;
    seen.emplace_back(number_at(packet.value, 60, 4), packet.at);
  }
  const Packet& random = packets.back();
  ASSERT_EQ(random.key, kRandomKey);
  ASSERT_EQ(random.value.size(), seen.size() * 12 + 4);
  for (size_t i = 0; i < seen.size(); ++i) {
    EXPECT_EQ(number_at(random.value, i * 12, 4), seen[i].first);
    EXPECT_EQ(number_at(random.value, i * 12 + 4, 8), seen[i].second);
  }
  EXPECT_EQ(number_at(random.value, seen.size() * 12, 4), random.value.size() + 20);
}

TEST(PictureTrackFile, PartitionsIndexAndEssenceAgree) {
  const MemoryFile file;
  // A rate at which a minute has few pictures, so that several index partitions come.
  PictureTrack track = hdr_track();
  track.rate = Rational(1, 20);
  const auto written = write_pictures(file, track, 7);
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(written->duration, 7);
  const Bytes bytes = file.bytes();
  EXPECT_EQ(written->bytes, bytes.size());
  const std::vector<Packet> packets = packets_of(bytes);
  ASSERT_TRUE(packets.front().key.starts_with(kPackStart));
  EXPECT_EQ(
      number_at(packets.front().value, 32, 8), packets[1].value.size() + 20 + [&] {
        size_t sets = 0;
        for (size_t i = 2; !is_pack(packets[i]); ++i) sets += packets[i].value.size() + 20;
        return sets;
      }());
  expect_partitions_agree(packets);
  uint64_t stream = 0;
  std::vector<uint64_t> offsets, indexed;
  for (const Packet& packet : packets) {
    if (is_pack(packet) && number_at(packet.value, 60, 4) == 1) {
      EXPECT_EQ(number_at(packet.value, 52, 8), stream) << "BodyOffset";
      EXPECT_EQ(number_at(packet.value, 40, 8), 0U) << "essence and index lie apart (ST 2067-5)";
    }
    if (packet.key == kPictureKey) {
      offsets.push_back(stream);
      stream += packet.value_at - packet.at + packet.value.size();
    }
    if (packet.key != kIndexKey) continue;
    EXPECT_EQ(number_at(item(packet, 0x3F0C), 0, 8), indexed.size());
    const ByteView entries = item(packet, 0x3F0A);
    EXPECT_EQ(number_at(item(packet, 0x3F0D), 0, 8), number_at(entries, 0, 4));
    EXPECT_EQ(number_at(entries, 4, 4), 11U);
    for (uint64_t i = 0; i < number_at(entries, 0, 4); ++i) indexed.push_back(number_at(entries, 8 + i * 11 + 3, 8));
  }
  EXPECT_EQ(offsets.size(), 7U);
  EXPECT_EQ(indexed, offsets);
}

TEST(PictureTrackFile, DescriptorSaysColourAndMasteringDisplay) {
  const MemoryFile file;
  const auto written = write_pictures(file, hdr_track(), 2);
  ASSERT_TRUE(written);
  const Bytes bytes = file.bytes();
  const std::vector<Packet> packets = packets_of(bytes);
  const Packet* cdci = find(packets, set_key("28"));
  ASSERT_NE(cdci, nullptr);
  EXPECT_EQ(to_hex(item(*cdci, 0x3210)), "060e2b340401010d04010101010a0000");
  EXPECT_EQ(to_hex(item(*cdci, 0x3219)), "060e2b340401010d0401010103040000");
  EXPECT_EQ(to_hex(item(*cdci, 0x321A)), "060e2b340401010d0401010102060000");
  EXPECT_EQ(to_hex(item(*cdci, 0x3201)), "060e2b340401010d0401020203010203");  // 2K, levels 1 and 1
  EXPECT_EQ(to_hex(item(*cdci, 0x3004)), "060e2b340401010d0d010301020c0600");
  EXPECT_EQ(to_hex(item(*cdci, 0x3001)), "00005dc0000003e9");
  EXPECT_EQ(number_at(item(*cdci, 0x3002), 0, 8), 2U);
  EXPECT_EQ(number_at(item(*cdci, 0x3301), 0, 4), 10U);
  EXPECT_EQ(number_at(item(*cdci, 0x3304), 0, 4), 64U);
  EXPECT_EQ(number_at(item(*cdci, 0x3305), 0, 4), 940U);
  EXPECT_EQ(number_at(item(*cdci, 0x3306), 0, 4), 897U);
  EXPECT_THAT(
      written->descriptor_xml,
      testing::HasSubstr("<r1:MasteringDisplayMaximumLuminance>40000000</r1:MasteringDisplayMaximumLuminance>"));
  EXPECT_THAT(written->descriptor_xml,
              testing::HasSubstr("<r1:TransferCharacteristic>urn:smpte:ul:060e2b34.0401010d.04010101.010a0000<"));
  EXPECT_THAT(written->descriptor_xml, testing::HasSubstr("<r1:EssenceLength>2<"));
  // The mastering display has no fixed tag: its place is in the primer.
  const Packet* primer = find(packets, "060e2b34020501010d01020101050100");
  ASSERT_NE(primer, nullptr);
  const std::string entries = to_hex(primer->value);
  const size_t at = entries.find("060e2b340101010e0420040101030000");
  ASSERT_NE(at, std::string::npos);
  const auto tag = static_cast<uint16_t>(std::stoul(entries.substr(at - 4, 4), nullptr, 16));
  EXPECT_GE(tag, 0x8000U);
  EXPECT_EQ(number_at(item(*cdci, tag), 0, 4), 40000000U);
}

TEST(PictureTrackFile, SetsReferToOneAnotherAndNothingIsLeftOver) {
  const MemoryFile file;
  ASSERT_TRUE(write_pictures(file, hdr_track(), 1));
  const Bytes bytes = file.bytes();
  std::set<std::string> instances;
  const std::vector<Packet> packets = packets_of(bytes);
  for (const Packet& packet : packets) {
    if (!packet.key.starts_with("060e2b340253")) continue;
    EXPECT_TRUE(instances.insert(to_hex(item(packet, 0x3C0A))).second) << "an instance twice";
  }
  const std::string all = to_hex(bytes);
  for (const std::string& id : instances) {
    const size_t first = all.find(id);
    const bool again = all.find(id, first + 1) != std::string::npos;
    const bool root = id == to_hex(item(*find(packets, set_key("2f")), 0x3C0A)) ||
                      id == to_hex(item(*find(packets, kIndexKey), 0x3C0A));
    EXPECT_NE(again, root) << id;
  }
  const Packet* storage = find(packets, set_key("23"));
  ASSERT_NE(storage, nullptr);
  EXPECT_EQ(to_hex(item(*storage, 0x2701)), "060a2b340101010501010f20130000000198c2a4111172228333444455556666");
}

TEST(PictureTrackFile, EqualPicturesGiveEqualBytes) {
  const MemoryFile first, second;
  ASSERT_TRUE(write_pictures(first, hdr_track(), 2));
  ASSERT_TRUE(write_pictures(second, hdr_track(), 2));
  EXPECT_EQ(first.bytes(), second.bytes());
}

TEST(PictureTrackFile, RgbOfP3) {
  PictureTrack track = hdr_track();
  track.format = {12, Chroma::k444, true};
  track.colour = {Primaries::kP3D65, Transfer::kPq, Matrix::kRgb, Range::kFull, ChromaSite::kUnspecified};
  const MemoryFile file;
  const auto written = write_pictures(file, track, 1);
  ASSERT_TRUE(written) << written.error().message;
  const Bytes bytes = file.bytes();
  const std::vector<Packet> packets = packets_of(bytes);
  const Packet* rgba = find(packets, set_key("29"));
  ASSERT_NE(rgba, nullptr);
  EXPECT_EQ(to_hex(item(*rgba, 0x3219)), "060e2b340401010d0401010103060000");
  EXPECT_TRUE(item(*rgba, 0x321A).empty()) << "RGB has no coding equations";
  EXPECT_EQ(number_at(item(*rgba, 0x3406), 0, 4), 4095U);
  EXPECT_EQ(number_at(item(*rgba, 0x3407), 0, 4), 0U);
  EXPECT_EQ(to_hex(item(*rgba, 0x3401)), "520c470c420c00000000000000000000");
}

TEST(PictureTrackFile, WhatHasNoLabelIsRefused) {
  const MemoryFile file;
  const auto open = [&](const PictureTrack& track) {
    return PictureTrackWriter::open(file.fd(), identity(), track).has_value();
  };
  EXPECT_TRUE(open(hdr_track()));
  PictureTrack track = hdr_track();
  track.colour.primaries = Primaries::kUnspecified;
  EXPECT_FALSE(open(track));
  track = hdr_track();
  track.colour.matrix = Matrix::kBt709;
  EXPECT_FALSE(open(track));
  track = hdr_track();
  track.colour.range = Range::kFull;
  EXPECT_FALSE(open(track));
  track = hdr_track();
  track.format.chroma = Chroma::k420;
  EXPECT_FALSE(open(track));
  track = hdr_track();
  track.colour.primaries = Primaries::kP3D65;  // only as RGB
  EXPECT_FALSE(open(track));
}

TEST(PictureTrackFile, AnotherCodestreamInBetweenIsRefused) {
  const PictureTrack track = hdr_track();
  PictureTrack other = track;
  other.width = 192;
  const MemoryFile file;
  auto writer = PictureTrackWriter::open(file.fd(), identity(), track);
  ASSERT_TRUE(writer);
  EXPECT_EQ(writer->finish().error().code, ErrorCode::kInvalidArgument);
  const auto good = Jpeg2000Encoder::make(options_of(track, 20'000'000))->encode(noise(track, 1));
  const auto bad = Jpeg2000Encoder::make(options_of(other, 20'000'000))->encode(noise(other, 1));
  ASSERT_TRUE(good && bad);
  ASSERT_TRUE(writer->add(*good));
  EXPECT_EQ(writer->add(*bad).error().code, ErrorCode::kInputDamaged);
  EXPECT_FALSE(writer->add({}));
}

SoundTrack stereo() {
  return {48000, 24, Soundfield::kStereo, "zh-Hans", "Titel <&>", Rational(25)};
}

TEST(SoundTrackFile, SamplesAreExactAndLieInOneClip) {
  const MemoryFile file;
  auto writer = SoundTrackWriter::open(file.fd(), identity(), stereo());
  ASSERT_TRUE(writer);
  ASSERT_TRUE(writer->add({{0.5F, -1.0F}, {1.0F, 1.0F / 8388608}}));
  ASSERT_TRUE(writer->add({{2.0F}, {-0.25F}}));
  EXPECT_FALSE(writer->add({{0.0F}})) << "one channel is missing";
  const auto written = writer->finish();
  ASSERT_TRUE(written);
  EXPECT_EQ(written->duration, 3);
  EXPECT_EQ(written->edit_rate, Rational(48000));
  const Bytes bytes = file.bytes();
  const std::vector<Packet> packets = packets_of(bytes);
  expect_partitions_agree(packets);
  const Packet* clip = find(packets, kSoundKey);
  ASSERT_NE(clip, nullptr);
  EXPECT_EQ(to_hex(clip->value), "000040ffff7f000080010000ffff7f0000e0");
  const Packet* index = find(packets, kIndexKey);
  ASSERT_NE(index, nullptr);
  EXPECT_EQ(number_at(item(*index, 0x3F05), 0, 4), 6U);
  EXPECT_EQ(number_at(item(*index, 0x3F0D), 0, 8), 3U);
}

TEST(SoundTrackFile, ChannelsAreLabelled) {
  SoundTrack track = stereo();
  track.soundfield = Soundfield::k51;
  const MemoryFile file;
  auto writer = SoundTrackWriter::open(file.fd(), identity(), track);
  ASSERT_TRUE(writer);
  ASSERT_TRUE(writer->add(std::vector<std::vector<float>>(6, std::vector<float>(100))));
  const auto written = writer->finish();
  ASSERT_TRUE(written);
  const Bytes bytes = file.bytes();
  std::vector<std::string> labels;
  for (const Packet& packet : packets_of(bytes)) {
    if (packet.key != set_key("6b")) continue;
    const std::string value = to_hex(packet.value);
    labels.push_back(value.substr(value.find("060e2b340401010d030201"), 24).substr(22));
  }
  EXPECT_THAT(labels, testing::ElementsAre("01", "02", "03", "04", "05", "06"));
  EXPECT_THAT(written->descriptor_xml, testing::HasSubstr("<r1:MCATagSymbol>sg51</r1:MCATagSymbol>"));
  EXPECT_THAT(written->descriptor_xml, testing::HasSubstr("<r1:MCATitle>Titel &lt;&amp;&gt;</r1:MCATitle>"));
  EXPECT_THAT(written->descriptor_xml, testing::HasSubstr("<r1:RFC5646SpokenLanguage>zh-Hans<"));
}

TEST(SoundTrackFile, WhatImfHasNotIsRefused) {
  const MemoryFile file;
  SoundTrack track = stereo();
  track.sample_rate = 44100;
  EXPECT_FALSE(SoundTrackWriter::open(file.fd(), identity(), track));
  track = stereo();
  track.language.clear();
  EXPECT_FALSE(SoundTrackWriter::open(file.fd(), identity(), track));
  track = stereo();
  track.bits = 20;
  EXPECT_FALSE(SoundTrackWriter::open(file.fd(), identity(), track));
}

TEST(CodingLabel, NumbersLevelsAsTheRegister) {
  const auto ends = [](uint16_t rsiz) -> std::string {
    const auto label = impl::coding_label(rsiz);
    return label ? to_hex(impl::view(*label)).substr(28) : "none";
  };
  EXPECT_EQ(ends(0x0516), "0310");  // as in a package of another maker
  EXPECT_EQ(ends(0x0536), "0312");
  EXPECT_EQ(ends(0x0400), "0201");
  EXPECT_EQ(ends(0x0535), "030e");
  EXPECT_EQ(ends(0x069B), "043b");
  EXPECT_EQ(ends(0x0003), "none");  // cinema
  EXPECT_EQ(ends(0x0541), "none");  // main level 1 has sub level 1 only
}

}  // namespace
}  // namespace pier::imf
