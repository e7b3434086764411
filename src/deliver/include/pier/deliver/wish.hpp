#pragma once
// What is asked of one file for others, in the words of the user.

#include <optional>
#include <string>
#include <vector>

#include <pier/core/json.hpp>
#include <pier/media/write.hpp>

namespace pier::deliver {

/// One sound track of the file.
struct TrackWish {
  std::string layout;  // "mono", "stereo", "5.1", "7.1": a sound of the source that is so, else one that is mixed down
  std::string language;  // of the sound of the source, three letters; empty: the first that fits
  std::string
      channels;       // "3-8": these channels of the source are that layout; empty: as the source's sound is understood
  std::string codec;  // as Wish::audio; empty: by the container
  int bits = 0;       // 0: Wish::audio_bits
  int64_t bitrate = 0;    // 0: by codec and layout
  bool optional = false;  // left out, and said so, where the source has nothing for it
};

/// How loud each sound track is made (ITU-R BS.1770-4), by one gain for the whole track and a limiter of its true
/// peaks.
struct LoudnessWish {
  double target_lufs = -23;
  double true_peak_dbtp = -1;
};

/// Rec. ITU-R BS.775-4: what goes into left and right besides left and right; of back channels of 7.1 into 5.1.
struct DownmixWish {
  double centre = 0.70710678, surround = 0.70710678, lfe = 0;
};

/// Subtitles drawn into the pictures. Their times count from the first picture of the master.
struct BurnWish {
  std::string file;      // a path; not part of the JSON: the task gets its content
  std::string font;      // a path, before the declared fonts; empty: those alone. Not part of the JSON
  std::string encoding;  // subtitles::decode_text; empty: recognised
  std::string offset;    // subtitles::parse_shift; empty: none
  std::string look;      // "outline" (default), "box"
  double size = 0;       // of the characters, % of the picture's height; 0: overlay::SubtitleLook
};

struct Wish {
  std::string format;  // a name of media::picture_codings()
  media::Container container = media::Container::kMov;

  std::string to = "keep";  // "sdr", "hlg", "pq", "keep"
  std::string tone_map;     // HDR to SDR: "bt2446a" (default), "bt2446c", "bt2390"
  std::string placement;    // SDR to HDR: "bt2408" (default), "bt2446a"
  std::string lut;          // text of a .cube file, from the light of the source to that of the file, instead of these
  double peak_nits = 0;     // of the HDR source; 0: as it says, else 1000
  std::string size;         // "1920x1080"; empty: that of the source or of the format

  std::string tags;  // what the source should have said: "transfer=hlg,primaries=bt2020"
  std::string
      mastering_display;      // of the output, "G(8500,39850)B(6550,2300)R(35400,14600)WP(15635,16450)L(10000000,1)"
  std::string content_light;  // of the output, "MaxCLL,MaxFALL"

  std::string audio;                     // "" (by the container), "none", "pcm", "aac", "eac3", "ac3", "opus", "flac"
  std::string audio_map;                 // as transcode::parse_audio_map; empty: as the source says
  int audio_bits = 24;                   // of pcm and flac
  std::string layout;                    // "stereo": every sound is mixed to this; empty: as it is
  std::vector<TrackWish> tracks;         // exactly these instead of every sound of the source
  std::optional<LoudnessWish> loudness;  // else as loud as the source
  DownmixWish downmix;
  std::optional<BurnWish> burn;

  double quality = 18;  // crf of long groups of pictures
  int64_t bitrate = 0;  // instead, bit/s
  std::string preset;   // of x265 and x264; empty: the format's own
};

json::object to_json(const Wish& wish);
Result<Wish> wish_from_json(const json::object& object);

/// The container that the end of a file's name asks for, else the format's usual one where the name has no end.
/// kInvalidArgument for other ends and for formats that do not go there.
Result<media::Container> container_of(const std::string& path, const std::string& format);

/// Wrong words are told before anything is read. kInvalidArgument.
Result<void> check_words(const Wish& wish);

}  // namespace pier::deliver
