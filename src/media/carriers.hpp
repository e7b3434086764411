#pragma once
// What each carrier said, counted, and where they disagree.

#include <string>
#include <vector>

#include <pier/media/facts.hpp>

#include "bitstream/headers.hpp"

namespace pier::media::impl {

/// Printable, comparable values.
std::string print_raster(int width, int height);
std::string print_chroma(PixelFormat format);
std::string print(const MasteringDisplay& display);
std::string print(const ContentLight& light);
std::string print(const DolbyVision& dolby);

/// Not thread-safe.
class CarrierLog {
 public:
  /// `packet` counts access units from 0; container statements give 0.
  void say(std::string_view carrier, std::string_view field, std::string_view value, int64_t packet = 0);
  /// Every specified member of `colour`.
  void say_colour(std::string_view carrier, const ColourInfo& colour, int64_t packet = 0);
  void say_header(std::string_view carrier, const SequenceHeader& header, int64_t packet = 0);
  void say_message(std::string_view carrier, const MetadataMessage& message, int64_t packet = 0);

  const std::vector<CarrierFact>& facts() const { return x_facts; }

 private:
  std::vector<CarrierFact> x_facts;
};

/// `first_access`: the access unit where decoding can start; metadata that first comes later is named, too.
std::vector<Disagreement> find_disagreements(const std::vector<CarrierFact>& facts, int64_t first_access);

}  // namespace pier::media::impl
