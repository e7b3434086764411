#pragma once
// A session of a feed, from one table of its programme to the next: demuxer, decoders and periods.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <pier/analysis/feed.hpp>
#include <pier/media/decode.hpp>
#include <pier/media/demux.hpp>

#include "feed_periods.hpp"
#include "selection.hpp"

namespace pier::analysis::impl {

/// Of the main pictures; without any, of the first sound.
int programme_of(const media::Facts& facts);

/// "stopped", "tables" or "end"
std::string reason_of(media::FeedReader::End end);

/// What is read of the feed is counted and digested, by period.
struct Taken {
  int64_t bytes = 0;
  Sha256Stream digest;

  void add(ByteView read) {
    bytes += static_cast<int64_t>(read.size());
    digest.update(read);
  }
};

/// Not thread-safe; borrows all that is shared with the sessions before and after it.
class FeedSession {
 public:
  struct Shared {
    media::FeedReader& reader;
    const FeedOptions& options;
    media::FeedClock& clock;
    FindingTracker& tracker;
    Taken& taken;
    bool first = true;
  };
  /// `probed` bytes have told `facts`; `whole`: they are all of the feed.
  FeedSession(Shared shared, media::Facts facts, size_t probed, bool whole, int64_t first_period);

  Result<void> open();
  /// To the end of the session; periods are given to FeedOptions::on_period as they close.
  Result<void> run();

  const media::Facts& facts() const { return x_facts; }
  int64_t next_number() const { return x_next_number; }
  const FeedPeriods& periods() const { return *x_periods; }

 private:
  bool is_picture(const media::Packet& packet) const { return x_selection.video == packet.stream_index; }
  void tell_jump();
  Result<void> take(media::Packet packet);
  Result<void> begin();
  Result<void> decode(const media::Packet& packet);
  Result<void> receive_pictures();
  void note_complaints();
  Result<void> receive_sound(int stream, media::AudioDecoder& decoder);
  Result<void> drain();
  Result<void> close(PeriodEnd period);

  Shared x_shared;
  media::Facts x_facts;
  bool x_whole;
  int64_t x_probed;
  int64_t x_next_number;
  media::Source x_name;
  media::Demuxer::ReadBytes x_read;
  std::optional<media::Demuxer> x_demuxer;
  Selection x_selection;
  std::optional<media::VideoDecoder> x_video;
  std::map<int, media::AudioDecoder> x_audio;
  std::optional<FeedPeriods> x_periods;
  std::vector<std::string> x_warnings;
  int64_t x_refused = 0, x_complaints = 0;
  size_t x_skipped = 0;                // pictures before the first key frame
  std::vector<media::Packet> x_early;  // sound before it
  bool x_started = false;
  std::optional<int64_t> x_first_key;
};

}  // namespace pier::analysis::impl
