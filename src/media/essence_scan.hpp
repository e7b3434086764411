#pragma once
// Reads the headers and metadata messages inside the access units of one picture stream.

#include <optional>
#include <string>

#include <pier/core/bytes.hpp>
#include <pier/media/frame.hpp>

#include "bitstream/avs.hpp"
#include "bitstream/headers.hpp"
#include "carriers.hpp"

namespace pier::media::impl {

/// Not thread-safe; `log` must outlive it.
class EssenceScan {
 public:
  EssenceScan(Codec codec, CarrierLog& log) : x_codec(codec), x_log(log) {}

  /// Decoder configuration of the container: avcC, hvcC, av1C, or headers in the stream's own form.
  void read_configuration(ByteView record, std::string_view carrier);
  /// Access units in decoding order, counted from 0. False when the unit breaks its own framing.
  bool read_packet(ByteView data, int64_t packet);

  /// Of the bitstream, else of the configuration record; the first one seen.
  const std::optional<SequenceHeader>& header() const { return x_header ? x_header : x_configured; }
  const std::optional<MasteringDisplay>& mastering_display() const { return x_mastering_display; }
  const std::optional<ContentLight>& content_light() const { return x_content_light; }
  std::optional<Transfer> preferred_transfer() const { return x_preferred; }
  std::optional<Rational> declared_rate() const;
  bool hdr10_plus() const { return x_hdr10_plus; }
  bool hdr_vivid() const { return x_hdr_vivid; }
  bool dolby_rpu() const { return x_dolby_rpu; }
  bool dolby_enhancement() const { return x_dolby_enhancement; }
  uint8_t captions() const { return x_captions; }  // CaptionKinds

 private:
  struct Place {
    std::string carrier;  // "hevc", or "container.hvcC" for the configuration record
    int64_t packet = 0;
    bool configuration = false;
  };
  void read_units(ByteView data, const Place& place, bool& whole);
  void read_unit(ByteView unit, const Place& place);
  void read_hevc(ByteView unit, const Place& place);
  void read_avc(ByteView unit, const Place& place);
  void read_avs(ByteView unit, const Place& place);
  void read_obus(ByteView data, const Place& place, bool& whole);
  void read_prores(ByteView data, const Place& place);
  void read_jpeg2000(ByteView data, const Place& place);
  void take_header(std::optional<SequenceHeader> header, std::string_view kind, ByteView unit, const Place& place);
  void take_captions(ByteView unit);
  void take_message(const MetadataMessage& message, const Place& place);

  Codec x_codec;
  CarrierLog& x_log;
  int x_length_size = 0;  // 0: start codes
  std::optional<SequenceHeader> x_header, x_configured;
  Bytes x_last_header;  // most headers repeat the one before
  std::optional<SequenceHeader> x_last_parsed;
  std::optional<Rational> x_vps_rate;
  std::optional<MasteringDisplay> x_mastering_display;
  std::optional<ContentLight> x_content_light;
  std::optional<Transfer> x_preferred;
  bool x_hdr10_plus = false, x_hdr_vivid = false, x_dolby_rpu = false, x_dolby_enhancement = false;
  uint8_t x_captions = 0;
};

}  // namespace pier::media::impl
