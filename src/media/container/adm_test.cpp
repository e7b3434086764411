#include "container/adm.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pier::media::impl {
namespace {

using ::testing::ElementsAre;

std::string little(uint64_t value, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += static_cast<char>(value >> (8 * i) & 0xFF);
  return text;
}

std::string chunk(const std::string& name, const std::string& content) {
  return name + little(content.size(), 4) + content + std::string(content.size() % 2, '\0');
}

std::string wave(const std::string& kind, const std::string& chunks) {
  return kind + little(chunks.size() + 4, 4) + "WAVE" + chunks;
}

std::optional<AdmFile> read(const std::string& file) {
  return read_adm(ByteSource(as_bytes(file)));
}

const std::string kXml =
    "<?xml version=\"1.0\"?><ebuCoreMain xmlns=\"urn:ebu:metadata-schema:ebuCore_2016\"><coreMetadata><format>"
    "<audioFormatExtended><audioProgramme audioProgrammeID=\"APR_1001\" audioProgrammeName=\"Main\"/>"
    "<audioObject audioObjectID=\"AO_1001\" audioObjectName=\"Dialogue\"/>"
    "<audioObject audioObjectID=\"AO_1002\" audioObjectName=\"Music\"><audioTrackUIDRef/></audioObject>"
    "</audioFormatExtended></format></coreMetadata></ebuCoreMain>";
const std::string kTracks = chunk("chna", little(12, 2) + little(14, 2));

TEST(Adm, programmes_objects_and_tracks_are_named) {
  const auto adm =
      read(wave("RIFF", chunk("fmt ", std::string(16, '\0')) + chunk("data", "odd") + kTracks + chunk("axml", kXml)));
  ASSERT_TRUE(adm);
  EXPECT_THAT(adm->programmes, ElementsAre("Main"));
  EXPECT_THAT(adm->objects, ElementsAre("Dialogue", "Music"));
  EXPECT_EQ(adm->tracks, 12);
  EXPECT_EQ(adm->track_uids, 14);
  EXPECT_EQ(print(*adm), "ADM, 1 programme (\"Main\"), 2 objects (\"Dialogue\", \"Music\"), 12 tracks");
}

TEST(Adm, sizes_of_64_bits_stand_in_ds64) {
  const std::string sizes = chunk("ds64", std::string(8, '\0') + little(6, 8) + std::string(8, '\0') + little(0, 4));
  const std::string data = "data" + little(0xFFFFFFFF, 4) + "123456";
  const auto adm = read(wave("BW64", sizes + data + kTracks + chunk("axml", kXml)));
  ASSERT_TRUE(adm);
  EXPECT_EQ(adm->object_count, 2);
  EXPECT_FALSE(read(wave("BW64", data + kTracks))) << "without ds64 nothing is known behind the data";
}

TEST(Adm, other_files_have_none) {
  EXPECT_FALSE(read(""));
  EXPECT_FALSE(read("RIFF"));
  EXPECT_FALSE(read(wave("RIFF", chunk("data", "1234"))));
  EXPECT_FALSE(read("RIFF" + little(4, 4) + "AVI " + kTracks));
  EXPECT_FALSE(read(wave("RIFF", chunk("axml", "<other/>")))) << "XML of something else";
}

TEST(Adm, xml_that_cannot_be_read_is_said) {
  const auto adm = read(wave("RF64", kTracks + chunk("axml", "<audioObject")));
  ASSERT_TRUE(adm);
  EXPECT_FALSE(adm->readable);
  EXPECT_EQ(print(*adm), "ADM without readable axml, 12 tracks");
}

TEST(Adm, every_cut_of_a_file_is_harmless) {
  const std::string file = wave("RIFF", chunk("data", "1234") + kTracks + chunk("axml", kXml));
  for (size_t size = 0; size < file.size(); ++size) {
    const auto adm = read(file.substr(0, size));
    EXPECT_FALSE(adm && adm->readable) << size;
  }
}

}  // namespace
}  // namespace pier::media::impl
