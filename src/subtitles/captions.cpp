#include <algorithm>

#include <pier/subtitles/captions.hpp>

#include "cea608.hpp"
#include "cea708.hpp"

namespace pier::subtitles {

using impl::Cea608Decoder;
using impl::Cea708Decoder;
using impl::CueList;

namespace {

/// A/53 part 4 table 6.10: cc_valid, and cc_type 0 and 1 of the fields of line 21, 2 and 3 of a packet and its begin.
template <typename Take>
void for_each_pair(const CaptionData& picture, Take take) {
  for (size_t at = 0; at + 3 <= picture.bytes.size(); at += 3) {
    const auto byte = [&](size_t i) { return std::to_integer<uint8_t>(picture.bytes[at + i]); };
    if ((byte(0) & 4U) != 0) take(byte(0) & 3, byte(1), byte(2));
  }
}

template <typename Decoder>
void finish(Decoder& decoder, Rational end, CueList& cues, Captions& captions) {
  decoder.finish(end);
  captions.present.assign(decoder.present().begin(), decoder.present().end());
  if (decoder.damaged() > 0) cues.note(std::to_string(decoder.damaged()) + " pairs or packets of captions are damaged");
}

}  // namespace

Captions decode_captions(std::span<const CaptionData> pictures, const CaptionChoice& choice, Rational end) {
  Captions captions;
  CueList cues(captions.document, captions.notes);
  if (choice.system == CaptionSystem::kCea608) {
    Cea608Decoder decoder(std::clamp(choice.number, 1, 4), cues);
    for (const CaptionData& picture : pictures) {
      for_each_pair(picture, [&](int type, uint8_t first, uint8_t second) {
        if (type < 2) decoder.pair(type, first, second, picture.time);
      });
    }
    finish(decoder, end, cues, captions);
  } else {
    Cea708Decoder decoder(choice.number, cues);
    for (const CaptionData& picture : pictures) {
      for_each_pair(picture, [&](int type, uint8_t first, uint8_t second) {
        if (type >= 2) decoder.pair(type == 3, first, second, picture.time);
      });
    }
    finish(decoder, end, cues, captions);
  }
  // Windows and screens end their cues when they change, so those that began early may come late.
  std::ranges::stable_sort(captions.document.cues, {}, &Cue::start);
  return captions;
}

}  // namespace pier::subtitles
