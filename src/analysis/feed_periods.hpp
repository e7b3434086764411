#pragma once
// The periods of one session of a feed: packets, pictures and sound go to the pass of the period they lie in, and the
// passes are looked into while they run. No I/O.

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <pier/analysis/feed.hpp>

#include "feed_findings.hpp"
#include "lost_pictures.hpp"
#include "pass.hpp"

namespace pier::analysis::impl {

struct PeriodRules {
  Rational length;  // seconds
  Rational peek;    // seconds between looks; 0: none
  bool silent_decoder = false;
};

/// What a period gave. `started` and `ended` are the wall times of its packets.
struct PeriodEnd {
  int64_t number = 0;
  TimeRange time;
  std::string reason;
  AnalysisResult result;
  WallTime began = 0, ended = 0;
};

/// Not thread-safe.
class FeedPeriods {
 public:
  /// `first`: number of the first period. `close` gets each period when it is complete.
  FeedPeriods(PassOptions pass, PeriodRules rules, FindingTracker& tracker, int64_t first, const Clock& clock,
              std::function<Result<void>(PeriodEnd)> close);
  ~FeedPeriods();

  Result<void> add_packet(const media::Packet& packet);
  Result<void> add_frame(media::Frame frame);
  Result<void> add_audio(int stream, media::AudioBlock block);
  /// The decoder reported an error since the last frame.
  void complaint(int64_t packets);
  void sound_refused() { ++x_periods.back()->sound_refused; }
  /// Ends what is open.
  Result<void> finish(const std::string& reason, bool more_follows);

  /// Pictures that came out, in all.
  int64_t frames() const { return x_frames; }
  int64_t next_number() const { return x_next_number; }
  /// When the packet near this time came.
  WallTime wall_of(Rational time) const;
  int64_t peeks() const { return x_peeks; }
  int64_t peek_cpu_ns() const { return x_peek_cpu_ns; }

 private:
  struct Period {
    explicit Period(const PassOptions& options, bool silent) : pass(options), lost(silent) {}
    int64_t number = 0;
    Pass pass;
    LostPictures lost;
    std::optional<Rational> start;  // of its first picture or sound, or the cut it begins at
    Rational end;                   // of its last
    WallTime began = 0, ended = 0;
    int64_t damaged_packets = 0, sound_refused = 0;
  };
  static constexpr int64_t kSoundPatienceSeconds = 3;
  // Without a key frame for so long after it is due, the cut is made anyway.
  static constexpr int64_t kKeyPatienceSeconds = 60;
  static constexpr size_t kMaxMarks = 100'000;

  std::unique_ptr<Period> begin();
  bool has_video() const { return x_options.context.video.has_value(); }
  Rational seconds(int64_t pts) const { return Rational(pts) * x_options.context.video->time_base; }
  void mark(Rational time);
  void cut_if_due(const media::Packet& packet);
  void cut(Rational at, std::optional<int64_t> pts);
  bool old_is_complete() const;
  Result<void> close_old();
  Result<void> close(Period& period, const std::string& reason, bool more_follows);
  void hear(Period& period, int stream, media::AudioBlock block);
  void peek_if_due(Rational now);
  FindingTracker::Moment moment(const Period& period) const;

  PassOptions x_options;
  PeriodRules x_rules;
  FindingTracker& x_tracker;
  const Clock& x_clock;
  std::function<Result<void>(PeriodEnd)> x_close;
  std::deque<std::unique_ptr<Period>> x_periods;  // the current one, before it one that is still being completed
  int64_t x_next_number;
  std::optional<Rational> x_cut;  // where the current one begins
  std::optional<int64_t> x_cut_pts;
  std::map<int, Rational> x_heard;  // by sound stream, until when
  std::optional<media::Frame> x_last_frame;
  bool x_pictures_past = false;  // the pictures have passed the cut
  Rational x_seen;               // until when pictures came out
  std::optional<Rational> x_next_peek;
  std::deque<std::pair<Rational, WallTime>> x_marks;  // about one a second
  int64_t x_frames = 0;
  int64_t x_peeks = 0, x_peek_cpu_ns = 0;
};

/// Splits at a sample: what lies before `at` stays in `block`, the rest is given back.
media::AudioBlock split_sound(media::AudioBlock& block, int64_t at);

}  // namespace pier::analysis::impl
