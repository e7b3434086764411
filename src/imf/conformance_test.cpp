#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <pier/imf/conformance.hpp>

#include "track_file_fixture.hpp"

namespace pier::imf {
namespace {

using namespace test;

std::vector<std::string> clauses(const MemoryFile& file) {
  const auto found = check_track_file(file.fd());
  if (!found) return {found.error().message};
  std::vector<std::string> broken;
  for (const NotConform& fault : found->faults) broken.push_back(fault.clause + ": " + fault.what);
  return broken;
}

/// The file with the first place of `from` (hexadecimal) made `to`.
MemoryFile changed(const Bytes& bytes, const std::string& from, const std::string& to) {
  const auto old = from_hex(from), fresh = from_hex(to);
  EXPECT_TRUE(old && fresh && old->size() == fresh->size());
  Bytes copy = bytes;
  const auto at = std::search(copy.begin(), copy.end(), old->begin(), old->end());
  EXPECT_NE(at, copy.end()) << from << " is not in the file";
  if (at != copy.end()) std::copy(fresh->begin(), fresh->end(), at);
  MemoryFile file;
  EXPECT_TRUE(write_all(file.fd(), copy));
  return file;
}

class PictureConformance : public testing::Test {
 protected:
  void SetUp() override {
    PictureTrack track = hdr_track();
    track.rate = Rational(1, 20);  // three pictures an index partition
    const MemoryFile file;
    ASSERT_TRUE(write_pictures(file, track, 7));
    x_bytes = file.bytes();
    EXPECT_THAT(clauses(file), testing::IsEmpty()) << "the control is not quiet";
    EXPECT_GE(check_track_file(file.fd())->checked.size(), 10U);
  }
  void expect_told(const std::string& from, const std::string& to, const std::string& clause) {
    EXPECT_THAT(clauses(changed(x_bytes, from, to)), testing::Contains(testing::StartsWith(clause)));
  }
  Bytes x_bytes;
};

TEST_F(PictureConformance, WrongLabelsAreTold) {
  // transfer BT.709 with BT.2020 primaries; coding of another level; another container; narrow white of 8 bits
  expect_told("04010101010a0000", "0401010101020000", "ST 2067-21 clause 6.2");
  expect_told("0401020203010203", "0401020203010204", "ST 2067-21 clause 6.5");
  expect_told("33050004000003ac",
              "3305000400000"
              "0eb",
              "ST 2067-21 clause 6.2");
  expect_told("30040010060e2b340401010d0d010301020c0600", "30040010060e2b340401010d0d010301020c0100", "ST 422");
}

TEST_F(PictureConformance, WrongStructureIsTold) {
  expect_told("060e2b34020501010d01020101020400", "060e2b34020501010d01020101020100", "ST 2067-5");  // open
  expect_told("060e2b34040101010d01020101010100", "060e2b34040101010d01020101010900", "ST 378");     // OP1b
  expect_told("300200080000000000000007", "300200080000000000000008", "ST 377-1 clause 9.5");        // EssenceLength
  expect_told("3f0c00080000000000000003", "3f0c00080000000000000004", "ST 377-1 clause 11");         // index start
  expect_told("060e2b34020501010d01020101110100", "060e2b34020501010d01020101110900", "ST 377-1 clause 12");
}

TEST_F(PictureConformance, OffsetsOfTheIndexAreFollowed) {
  // The second entry of the first segment: flags C0, then the offset, which is not 0.
  const std::string all = to_hex(x_bytes);
  const size_t first = all.find(
      "0000c00000000000000000"
      "0000c0");
  ASSERT_NE(first, std::string::npos);
  const std::string entry = all.substr(first + 22, 22);
  std::string wrong = entry;
  wrong.back() = wrong.back() == '0' ? '1' : '0';
  expect_told(entry, wrong, "ST 377-1 clause 11");
}

TEST_F(PictureConformance, CutAndHostileFilesAreTold) {
  for (const size_t length : {size_t{0}, size_t{10}, size_t{100}, x_bytes.size() / 2, x_bytes.size() - 1}) {
    const MemoryFile file;
    ASSERT_TRUE(write_all(file.fd(), ByteView(x_bytes).first(length)));
    EXPECT_THAT(clauses(file), testing::Not(testing::IsEmpty())) << length << " bytes";
  }
}

TEST(SoundConformance, ControlIsQuietAndFaultsAreTold) {
  const MemoryFile file;
  auto writer =
      SoundTrackWriter::open(file.fd(), identity(), {48000, 24, Soundfield::kStereo, "en", "title", Rational(25)});
  ASSERT_TRUE(writer);
  ASSERT_TRUE(writer->add({{0.1F, 0.2F}, {0.3F, 0.4F}}));
  ASSERT_TRUE(writer->finish());
  EXPECT_THAT(clauses(file), testing::IsEmpty());
  const Bytes bytes = file.bytes();
  const auto told = [&](const std::string& from, const std::string& to, const std::string& clause) {
    EXPECT_THAT(clauses(changed(bytes, from, to)), testing::Contains(testing::StartsWith(clause)));
  };
  told("3d0300080000bb8000000001", "3d0300080000ac4400000001", "ST 2067-2 clause 5.3");  // 44100
  told("300200080000000000000002", "300200080000000000000003", "ST 382");
  told("3d07000400000002", "3d07000400000003", "ST 377-4");  // a third channel without a label
  told("3f05000400000006", "3f05000400000004", "ST 377-1 clause 11");
}

}  // namespace
}  // namespace pier::imf
