#pragma once
// Pictures of a source as they are coded, where the output can take them so. Private to this module.

#include <deque>

#include <pier/edit/render.hpp>
#include <pier/media/demux.hpp>

namespace pier::edit::impl {

/// Whether pictures of the source are just those the output would hold: coding, form, colour and rate equal, all said
/// by every carrier, and each picture stands by itself (ProRes, DNxHR).
bool can_be_copied(const media::VideoFacts& source, const SourcePlan& plan, const media::WrittenPictures& wanted);

/// By number, in rising order. Not thread-safe.
class CodedPictures {
 public:
  CodedPictures(const media::Source& source, const deliver::Plan& plan) : x_source(source), x_plan(plan) {}
  /// nullopt: there is none of that very number, or it is damaged.
  Result<std::optional<media::Packet>> at(int64_t number);

 private:
  int64_t number_of(const media::Packet& packet) const;
  Result<void> open(int64_t number);

  const media::Source& x_source;
  const deliver::Plan& x_plan;
  std::optional<media::Demuxer> x_demuxer;
  std::optional<media::Packet> x_last;
  bool x_ended = false;
};

}  // namespace pier::edit::impl
