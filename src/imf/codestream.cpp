#include "codestream.hpp"

namespace pier::imf::impl {
namespace {

enum Marker : uint16_t { kSoc = 0xFF4F, kSiz = 0xFF51, kCod = 0xFF52, kQcd = 0xFF5C, kSot = 0xFF90 };

constexpr size_t kMostComponents = 16;

Result<void> read_size(ByteReader& in, CodestreamHeader& header) {
  header.rsiz = in.u16();
  for (uint32_t* field : {&header.width, &header.height, &header.x_offset, &header.y_offset, &header.tile_width,
                          &header.tile_height, &header.tile_x, &header.tile_y})
    *field = in.u32();
  const uint16_t count = in.u16();
  if (count == 0 || count > kMostComponents)
    return fail(ErrorCode::kInputDamaged, "the JPEG 2000 codestream has " + std::to_string(count) + " components");
  for (int i = 0; i < count; ++i) {
    CodestreamHeader::Component component;
    component.depth = in.u8();
    component.across = in.u8();
    component.down = in.u8();
    header.components.push_back(component);
  }
  if (!in.ok()) return fail(ErrorCode::kTruncated, "the JPEG 2000 codestream ends inside its size marker");
  return {};
}

}  // namespace

Result<CodestreamHeader> read_codestream_header(ByteView codestream) {
  ByteReader in(codestream);
  if (in.u16() != kSoc) return fail(ErrorCode::kInputDamaged, "the picture does not begin as a JPEG 2000 codestream");
  CodestreamHeader header;
  while (in.ok()) {
    const uint16_t marker = in.u16();
    if (marker == kSot) break;
    const uint16_t length = in.u16();
    if (length < 2 || (marker & 0xFF00U) != 0xFF00U)
      return fail(ErrorCode::kInputDamaged, "the main header of the JPEG 2000 codestream is damaged");
    const ByteView body = in.bytes(length - 2U);
    ByteReader segment(body);
    if (marker == kSiz) PIER_CHECK(read_size(segment, header));
    if (marker == kCod) header.coding_style.assign(body.begin(), body.end());
    if (marker == kQcd) header.quantisation.assign(body.begin(), body.end());
  }
  if (!in.ok()) return fail(ErrorCode::kTruncated, "the JPEG 2000 codestream ends inside its main header");
  if (header.components.empty() || header.coding_style.empty() || header.quantisation.empty())
    return fail(ErrorCode::kInputDamaged, "the JPEG 2000 codestream lacks a SIZ, COD or QCD marker");
  return header;
}

}  // namespace pier::imf::impl
