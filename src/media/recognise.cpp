// What a file is that cannot be probed.

#include <algorithm>
#include <array>

#include "container/isobmff.hpp"
#include "container/matroska.hpp"
#include "container/mxf.hpp"
#include "probe_state.hpp"

namespace pier::media::impl {
namespace {

struct Magic {
  std::string_view bytes;
  const char* name;
};

constexpr std::array<Magic, 12> kMagics = {{
    {"\x89PNG", "a PNG picture"},
    {"\xFF\xD8\xFF", "a JPEG picture"},
    {"GIF8", "a GIF picture"},
    {"%PDF", "a PDF document"},
    {"PK\x03\x04", "a ZIP archive"},
    {"\x1F\x8B", "a gzip archive"},
    {"7z\xBC\xAF", "a 7z archive"},
    {"Rar!", "a RAR archive"},
    {"SQLite format 3", "an SQLite database"},
    {"\x7F"
     "ELF",
     "a program"},
    {"SDPX", "a DPX picture"},
    {"v/1\x01", "an OpenEXR picture"},
}};

bool is_plain_text(std::string_view text) {
  if (text.starts_with("YUV4MPEG2")) return false;
  // A multi-byte character may be cut by the end of what was read.
  for (int cut = 0; cut < 4 && !text.empty() && !is_utf8(text); ++cut) text.remove_suffix(1);
  if (text.empty() || !is_utf8(text)) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto code = static_cast<unsigned char>(c);
    return code >= 0x20 ? code != 0x7F : code == '\n' || code == '\r' || code == '\t' || code == '\f';
  });
}

Result<void> check_isobmff(const std::string& name, const ByteSource& bytes) {
  const IsoFile file = read_isobmff(bytes);
  if (file.cut) {
    return fail(ErrorCode::kTruncated, name + " is truncated: its " + file.cut->box + " box ends " +
                                           std::to_string(file.cut->missing) +
                                           " bytes after the end of the file; fetch or copy the file again");
  }
  if (!file.has_moov) {
    return fail(ErrorCode::kTruncated,
                name +
                    " is truncated or was never finished: it has no moov box, which holds the index of all "
                    "samples; record, export or copy it again");
  }
  return {};
}

}  // namespace

std::string looks_like(ByteView head) {
  const std::string_view text = as_text(head);
  for (const Magic& magic : kMagics) {
    if (text.starts_with(magic.bytes)) return magic.name;
  }
  if (std::all_of(head.begin(), head.end(), [](std::byte b) { return b == std::byte{0}; }))
    return "nothing but zero bytes";
  if (text.starts_with("<?xml") || text.starts_with("\xEF\xBB\xBF<?xml")) return "an XML document";
  return is_plain_text(text.substr(0, std::min<size_t>(text.size(), 4096))) ? "plain text" : "";
}

Result<void> check_recognisable(const Source& source, ByteView head) {
  const SourceFile& primary = source.files[source.primary];
  const std::string name = display_text(source.path);
  if (primary.state.size == 0)
    return fail(ErrorCode::kTruncated, name + " is empty (0 bytes); copy or export it again");
  if (source.package) return {};
  const ByteSource bytes(primary.fd.get(), primary.state.size);
  if (looks_like_isobmff(head)) return check_isobmff(name, bytes);
  if (looks_like_mxf(head.first(std::min<size_t>(head.size(), 65536)))) {
    const auto mxf = read_mxf(bytes);
    if (mxf && mxf->cut) {
      return fail(ErrorCode::kTruncated, name + " is truncated: its MXF partitions reach at least " +
                                             std::to_string(mxf->missing) +
                                             " bytes beyond the end of the file; fetch or copy the file again");
    }
    return {};
  }
  if (const auto matroska = read_matroska(bytes); matroska && matroska->missing > 0) {
    return fail(ErrorCode::kTruncated, name + " is truncated: its Matroska segment ends " +
                                           std::to_string(matroska->missing) +
                                           " bytes after the end of the file; fetch or copy the file again");
  }
  if (const std::string likeness = looks_like(head); !likeness.empty()) {
    return fail(ErrorCode::kInputUnsupported, name + " is no video or sound file: it looks like " + likeness);
  }
  return {};
}

}  // namespace pier::media::impl
