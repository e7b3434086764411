#pragma once
// Captions as they are broadcast inside of pictures: CTA-608 (line 21) and CTA-708, both in the cc_data of ATSC A/53
// part 4, clause 6.2.3; and subtitles of teletext beside them. The bytes are hostile; functions are pure.

#include <span>
#include <vector>

#include <pier/core/bytes.hpp>
#include <pier/subtitles/cue.hpp>

namespace pier::subtitles {

/// What one picture carries: of captions constructs of three bytes (flags and type, two of data), of teletext the data
/// field of a PES packet.
struct CaptionData {
  Rational time;  // seconds from the beginning of the programme
  Bytes bytes;
};

enum class CaptionSystem : uint8_t { kCea608, kCea708 };

struct CaptionChoice {
  CaptionSystem system = CaptionSystem::kCea608;
  int number = 1;  // of 608 the channel: CC1 to CC4; of 708 the service: 1 to 63
};

struct Captions {
  Document document;
  std::vector<Note> notes;   // what was damaged or cannot be said, at most 500
  std::vector<int> present;  // the numbers of this system that carry anything, rising
};

/// `pictures` in the order in which they are shown; `end`: when the last one ends. A cue is what stands on the screen
/// until it changes; of captions that are written while they are seen (roll-up, paint-on) a cue begins with its first
/// character and has the text that was there when the row was full or the screen was cleared.
Captions decode_captions(std::span<const CaptionData> pictures, const CaptionChoice& choice, Rational end);

/// Subtitles of EBU teletext (ETS 300 706, level 1 with national options) out of the PES packets of EN 300 472, in
/// their order. `page`: 100 to 899; 0: the first one that says it is subtitles. `present`: pages of subtitles.
Captions decode_teletext(std::span<const CaptionData> fields, int page, Rational end);

}  // namespace pier::subtitles
