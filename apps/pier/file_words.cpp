#include "file_words.hpp"

#include <cstdio>

namespace pier::app {

std::string text_of(const json::object& object, const char* key) {
  return display_text(string_or(object, key, ""));
}

void add_file_options(CLI::App& command, deliver::Wish& wish) {
  command.add_option("--to", wish.to, "sdr, hlg, pq, or keep (default) what the first source is")->type_name("LIGHT");
  command.add_option("--tone-map", wish.tone_map, "HDR to SDR: bt2446a (default), bt2446c, bt2390")->type_name("NAME");
  command
      .add_option("--placement", wish.placement,
                  "SDR to HDR: bt2408 (default, white at reference white) or bt2446a (spread to the peak)")
      ->type_name("NAME");
  command.add_option("--peak", wish.peak_nits, "Nominal peak of HDR sources, cd/m2 (default: as each says, else 1000)")
      ->type_name("NITS");
  command.add_option("--size", wish.size, "Raster of the output, such as 1920x1080")->type_name("WxH");
  command
      .add_option("--mastering-display", wish.mastering_display,
                  "ST 2086 of a PQ output: G(8500,39850)B(6550,2300)R(35400,14600)WP(15635,16450)L(10000000,1)")
      ->type_name("VALUES");
  command.add_option("--content-light", wish.content_light, "MaxCLL,MaxFALL of a PQ output")->type_name("VALUES");
  command.add_option("--crf", wish.quality, "Quality of hevc and avc, 0 to 51, less is better (18)");
  command.add_option("--bitrate", wish.bitrate, "Bit rate of hevc and avc instead of a quality, bit/s");
  command.add_option("--preset", wish.preset, "Of x265 and x264 (medium; of classes veryfast)");
  command.add_option("--audio", wish.audio,
                     "none, pcm, aac, eac3, ac3, opus or flac (default: pcm in mov and mxf, else aac)");
  command.add_option("--audio-bits", wish.audio_bits, "16 or 24 (default), of pcm and flac");
}

void print_notes(const json::object& made, const char* indent) {
  for (const json::value& value : get_array(made, "repairs").value_or(json::array())) {
    const json::object& repair = value.as_object();
    std::printf("%sby hand  %s: said %s, taken as %s\n", indent, text_of(repair, "field").c_str(),
                text_of(repair, "said").c_str(), text_of(repair, "given").c_str());
  }
  for (const json::value& note : get_array(made, "notes").value_or(json::array()))
    std::printf("%snote     %s\n", indent, display_text(std::string(note.as_string())).c_str());
}

}  // namespace pier::app
