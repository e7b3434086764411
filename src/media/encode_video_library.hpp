#pragma once
// What differs between the encoder libraries. One description per library, one file each.

#include <string>

#include <pier/media/encode.hpp>

#include "av_handles.hpp"

namespace pier::media::impl {

/// Options of an encoder, in FFmpeg's words; `parameters` are the library's own "key=value" pairs.
class EncoderOptions {
 public:
  void set(const char* name, const std::string& value) { av_dict_set(&x_options, name, value.c_str(), 0); }
  void parameter(std::string_view name, const std::string& value);
  void parameter(std::string_view name, int64_t value) { parameter(name, std::to_string(value)); }
  /// Hands the collected parameters over under FFmpeg's option `name`.
  void set_parameters(const char* name) { set(name, x_parameters); }
  AVDictionary** get() { return &x_options; }

  EncoderOptions() = default;
  ~EncoderOptions() { av_dict_free(&x_options); }
  EncoderOptions(const EncoderOptions&) = delete;
  EncoderOptions& operator=(const EncoderOptions&) = delete;

 private:
  AVDictionary* x_options = nullptr;
  std::string x_parameters;
};

/// ST 2086 as x265 and x264 read it.
std::string display_parameter(const MasteringDisplay& display);

struct EncoderLibrary {
  const char* name;  // of FFmpeg's encoder
  void (*configure)(const VideoEncoderConfig&, AVCodecContext&, EncoderOptions&);
  Result<Bytes> (*configuration)(ByteView header);
  Bytes (*sample)(ByteView packet, ByteView header, bool key);
  bool forces_keys;  // false: a key picture off the regular grid needs a new encoder
  /// The level that a configuration record says, as VideoEncoderConfig::level; null: not chosen by the bucket.
  std::string (*level)(ByteView configuration);
  /// Added to the quantiser of the first picture, of 0...51: what the library gives every other key picture.
  double first_offset = 0;
  /// The last pictures are coded worse than the last ones before a key picture: so many more of them, the first a key
  /// picture, are sent and thrown away.
  int pictures_after = 0;
};
extern const EncoderLibrary kX265;
extern const EncoderLibrary kX264;
extern const EncoderLibrary kSvtAv1;

}  // namespace pier::media::impl
