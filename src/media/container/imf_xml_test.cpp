#include "container/imf_xml.hpp"

#include <gtest/gtest.h>

namespace pier::media::impl {
namespace {

constexpr const char* kAssetMap =
    "<am:AssetMap "
    "xmlns:am='x'><am:AssetList><am:Asset><am:Id>urn:uuid:1</am:Id><am:ChunkList><am:Chunk><am:Path>%</am:Path></"
    "am:Chunk>"
    "</am:ChunkList></am:Asset></am:AssetList></am:AssetMap>";

std::string map_of(const std::string& path) {
  std::string text = kAssetMap;
  return text.replace(text.find('%'), 1, path);
}

constexpr const char* kPlaylist = R"(<CompositionPlaylist><Id>urn:uuid:9</Id><ContentTitle> Film </ContentTitle>
<EssenceDescriptorList><EssenceDescriptor><r0:CDCIDescriptor xmlns:r0='a'>
 <StoredWidth>3840</StoredWidth><StoredHeight>2160</StoredHeight><SampleRate>50/1</SampleRate><ComponentDepth>10</ComponentDepth>
 <HorizontalSubsampling>2</HorizontalSubsampling><VerticalSubsampling>1</VerticalSubsampling>
 <BlackRefLevel>64</BlackRefLevel><WhiteRefLevel>940</WhiteRefLevel>
 <ColorPrimaries>urn:smpte:ul:060e2b34.0401010d.04010101.03040000</ColorPrimaries>
 <TransferCharacteristic>urn:smpte:ul:060e2b34.0401010d.04010101.010b0000</TransferCharacteristic>
 <CodingEquations>urn:smpte:ul:060e2b34.0401010d.04010101.02060000</CodingEquations>
</r0:CDCIDescriptor></EssenceDescriptor></EssenceDescriptorList>
<CompositionTimecode><TimecodeStartAddress>01:00:00:00</TimecodeStartAddress></CompositionTimecode><EditRate>50 1</EditRate>
<ExtensionProperties><n:MaxCLL xmlns:n='m'>1000</n:MaxCLL><n:MaxFALL xmlns:n='m'>400</n:MaxFALL></ExtensionProperties>
<SegmentList><Segment><SequenceList><cc:MainImageSequence xmlns:cc='c'><ResourceList>
<Resource><IntrinsicDuration>100</IntrinsicDuration><EntryPoint>20</EntryPoint><RepeatCount>2</RepeatCount><TrackFileId>urn:uuid:2</TrackFileId></Resource>
<Resource><IntrinsicDuration>100</IntrinsicDuration><SourceDuration>50</SourceDuration><TrackFileId>urn:uuid:2</TrackFileId></Resource>
</ResourceList></cc:MainImageSequence></SequenceList></Segment></SegmentList></CompositionPlaylist>)";

TEST(ImfXml, AssetMap) {
  const auto assets = parse_asset_map(map_of("sub/video.mxf"));
  ASSERT_TRUE(assets) << assets.error().message;
  ASSERT_EQ(assets->size(), 1U);
  EXPECT_EQ(assets->front().path, "sub/video.mxf");
  EXPECT_EQ(assets->front().id, "urn:uuid:1");
}

TEST(ImfXml, NothingOutsideTheFolder) {
  for (const char* path : {"/etc/passwd", "../x", "a/../../b", "..", "", "file:////etc/passwd"}) {
    const auto assets = parse_asset_map(map_of(path));
    ASSERT_FALSE(assets) << path;
    EXPECT_EQ(assets.error().code, ErrorCode::kInputDamaged);
  }
  EXPECT_TRUE(parse_asset_map(map_of("a..b/..c.mxf")));
}

TEST(ImfXml, Composition) {
  const auto composition = parse_composition(kPlaylist);
  ASSERT_TRUE(composition) << composition.error().message;
  EXPECT_EQ(composition->title, "Film");
  EXPECT_EQ(composition->timecode, "01:00:00:00");
  EXPECT_EQ(composition->edit_rate, Rational(50));
  EXPECT_EQ(composition->duration, Rational(80 * 2 + 50, 50));
  EXPECT_EQ(composition->track_files, std::vector<std::string>{"urn:uuid:2"});
  EXPECT_EQ(composition->content_light, (ContentLight{1000, 400}));
  ASSERT_EQ(composition->pictures.size(), 1U);
  const PictureDescriptor& picture = composition->pictures[0];
  EXPECT_EQ(picture.depth, 10);
  EXPECT_EQ(picture.chroma, Chroma::k422);
  EXPECT_EQ(picture.colour.primaries, Primaries::kBt2020);
  EXPECT_EQ(picture.colour.transfer, Transfer::kHlg);
  EXPECT_EQ(picture.colour.matrix, Matrix::kBt2020Ncl);
  EXPECT_EQ(picture.colour.range, Range::kNarrow);
}

TEST(ImfXml, DamagedDocuments) {
  EXPECT_EQ(imf_document_kind("<a><b></a>"), ImfDocument::kNone);
  EXPECT_EQ(imf_document_kind("no xml"), ImfDocument::kNone);
  EXPECT_EQ(imf_document_kind(kPlaylist), ImfDocument::kComposition);
  EXPECT_FALSE(parse_composition(std::string_view(kPlaylist).substr(0, 200)));
  EXPECT_FALSE(parse_asset_map("<AssetMap/>"));
}

}  // namespace
}  // namespace pier::media::impl
