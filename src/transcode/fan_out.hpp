#pragma once
// One decode of a chunk feeds every rung: the calling thread decodes, one thread per distinct picture form converts,
// one thread per rung takes. All queues are bounded; the first error stops everything.

#include <memory>
#include <span>

#include <pier/transcode/chunk.hpp>

namespace pier::transcode::impl {

/// What happens to the pictures of one rung. take() is called in presentation order from one thread.
class RungSink {
 public:
  virtual ~RungSink() = default;
  /// Is it to see the picture at this place of the chunk? Else take() gets an empty one, which was not converted.
  virtual bool needs(size_t /*place*/) const { return true; }
  /// `dynamic`: all that the master carries for this picture.
  virtual Result<void> take(const Picture& picture, const PlannedFrame& frame,
                            std::span<const media::DynamicPayload> dynamic) = 0;
  virtual Result<void> finish() = 0;
};

struct FanOutTimes {
  double decode = 0;   // CPU seconds of the calling thread
  double convert = 0;  // CPU seconds of the converting threads
};

/// sinks[i] belongs to chunk.rungs[i]; a null sink leaves its rung out. Image rungs get only the thumbnail frames.
Result<FanOutTimes> fan_out(const media::Source& source, const ChunkSpec& chunk,
                            std::span<const std::unique_ptr<RungSink>> sinks, const Progress& progress);

}  // namespace pier::transcode::impl
