#include <algorithm>

#include <pier/subtitles/captions.hpp>

/// Bytes as a picture's captions and as a teletext field, one after the other, in pieces; cues are in order and last.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pier;
  using namespace pier::subtitles;
  constexpr size_t kPiece = 48;
  std::vector<CaptionData> pictures;
  const ByteView bytes = std::as_bytes(std::span(data, size));
  for (size_t at = 0; at < size; at += kPiece) {
    const ByteView piece = bytes.subspan(at, std::min(kPiece, size - at));
    pictures.push_back({Rational(static_cast<int64_t>(pictures.size()), 25), Bytes(piece.begin(), piece.end())});
  }
  const Rational end(static_cast<int64_t>(pictures.size()) + 1, 25);
  for (const Captions& captions :
       {decode_captions(pictures, {CaptionSystem::kCea608, 1}, end),
        decode_captions(pictures, {CaptionSystem::kCea608, 3}, end),
        decode_captions(pictures, {CaptionSystem::kCea708, 1}, end), decode_teletext(pictures, 0, end)}) {
    for (const Cue& cue : captions.document.cues) {
      if (cue.end <= cue.start || cue.lines.empty()) __builtin_trap();
    }
  }
  return 0;
}
