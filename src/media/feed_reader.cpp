#include <algorithm>
#include <utility>

#include <pier/media/feed.hpp>

#include "feed_inbox.hpp"
#include "feed_packets.hpp"

namespace pier::media {

namespace {

using namespace std::chrono_literals;

constexpr auto kTick = 250ms;
constexpr auto kTellEvery = 1s;

}  // namespace

std::string_view to_string(FeedTrouble::What what) {
  switch (what) {
    case FeedTrouble::What::kQuiet:
      return "quiet";
    case FeedTrouble::What::kResumed:
      return "resumed";
    case FeedTrouble::What::kOverflow:
      return "overflow";
    case FeedTrouble::What::kMissing:
      return "missing";
    case FeedTrouble::What::kNoSync:
      return "no_sync";
    case FeedTrouble::What::kTables:
      return "tables";
  }
  return "quiet";
}

struct FeedReader::Impl {
  using Moment = std::chrono::steady_clock::time_point;

  Impl(int fd, FeedKind kind, const FeedLimits& set, int stop_fd) : limits(set), inbox(fd, kind, set, stop_fd) {}

  /// Waits for bytes, once at most kTick long; false at the end.
  bool fill() {
    const auto taken = inbox.take(raw, kTick);
    const Moment now = std::chrono::steady_clock::now();
    ended = taken == impl::FeedInbox::Taken::kEnd;
    if (taken == impl::FeedInbox::Taken::kBytes) {
      const auto silence = std::chrono::duration_cast<std::chrono::milliseconds>(now - last_bytes);
      last_bytes = now;
      if (std::exchange(quiet, false)) tell({.what = FeedTrouble::What::kResumed, .milliseconds = silence.count()});
    } else if (!ended && !quiet && now - last_bytes >= limits.quiet) {
      quiet = true;
      tell({.what = FeedTrouble::What::kQuiet, .milliseconds = limits.quiet.count()});
    }
    if (ended && inbox.stopped()) return false;
    if (!ended && limits.patience.count() > 0 && now - last_bytes >= limits.patience) ended = true;
    sync.move(raw, clean, ended);
    if (ended || now - last_told >= kTellEvery) tell_counts(now);
    return !ended;
  }

  void tell(const FeedTrouble& trouble) const {
    if (callback) callback(trouble);
  }

  void tell_counts(Moment now) {
    last_told = now;
    const auto counts = inbox.counts();
    if (counts.dropped_bytes > 0) tell({.what = FeedTrouble::What::kOverflow, .bytes = counts.dropped_bytes});
    if (counts.missing_packets > 0) tell({.what = FeedTrouble::What::kMissing, .packets = counts.missing_packets});
    const int64_t dropped = sync.take_dropped();
    if (dropped > 0) tell({.what = FeedTrouble::What::kNoSync, .bytes = dropped});
  }

  /// How far what is clean may be given out: to where the tables change.
  void look() {
    while (!session_ended && looked + impl::kTsPacket <= clean.size()) {
      if (tables.changed_by(ByteView(clean).subspan(looked, impl::kTsPacket))) {
        session_ended = true;
        // This packet is among those of the tables, which come first in the next session.
        clean.erase(clean.begin() + static_cast<ptrdiff_t>(looked),
                    clean.begin() + static_cast<ptrdiff_t>(looked + impl::kTsPacket));
        return;
      }
      looked += impl::kTsPacket;
    }
  }

  void forget_given() {
    constexpr size_t kForget = 1U << 20U;
    if (given < clean.size() && given < kForget) return;
    clean.erase(clean.begin(), clean.begin() + static_cast<ptrdiff_t>(given));
    looked -= given;
    given = 0;
    if (clean.capacity() > 4 * kForget && clean.size() < kForget) clean.shrink_to_fit();
  }

  FeedLimits limits;
  std::function<void(const FeedTrouble&)> callback;
  Bytes raw;                     // as they came
  Bytes clean;                   // whole packets
  size_t given = 0, looked = 0;  // of `clean`
  impl::TsSync sync;
  impl::TsTables tables;
  bool ended = false, session_ended = false, quiet = false;
  Moment last_bytes = std::chrono::steady_clock::now();
  Moment last_told;
  impl::FeedInbox inbox;  // last: its thread ends first
};

FeedReader::FeedReader(int fd, FeedKind kind, FeedLimits limits, int stop_fd)
    : x_impl(std::make_unique<Impl>(fd, kind, limits, stop_fd)) {}
FeedReader::~FeedReader() = default;

void FeedReader::on_trouble(std::function<void(const FeedTrouble&)> callback) {
  x_impl->callback = std::move(callback);
}

size_t FeedReader::read(std::span<std::byte> out) {
  Impl& reader = *x_impl;
  for (;;) {
    if (stopped()) return 0;
    reader.look();
    if (reader.given < reader.looked || reader.session_ended || reader.ended) break;
    reader.fill();
  }
  const size_t count = std::min(out.size(), reader.looked - reader.given);
  std::copy_n(reader.clean.begin() + static_cast<ptrdiff_t>(reader.given), count, out.begin());
  reader.given += count;
  reader.forget_given();
  return count;
}

Bytes FeedReader::peek(size_t most, std::chrono::milliseconds patience) {
  Impl& reader = *x_impl;
  const auto until = std::chrono::steady_clock::now() + patience;
  while (reader.clean.size() - reader.given < most && !reader.ended && !stopped() &&
         std::chrono::steady_clock::now() < until) {
    reader.fill();
  }
  const auto first = reader.clean.begin() + static_cast<ptrdiff_t>(reader.given);
  return {first, first + static_cast<ptrdiff_t>(std::min(most, reader.clean.size() - reader.given))};
}

void FeedReader::watch_programme(int number) {
  x_impl->tables.watch(number);
}

bool FeedReader::next_session() {
  Impl& reader = *x_impl;
  if (!std::exchange(reader.session_ended, false) || stopped()) return false;
  reader.tell({.what = FeedTrouble::What::kTables});
  const Bytes tables = reader.tables.tables();
  reader.tables.watch(0);
  reader.clean.erase(reader.clean.begin(), reader.clean.begin() + static_cast<ptrdiff_t>(reader.given));
  reader.clean.insert(reader.clean.begin(), tables.begin(), tables.end());
  reader.given = reader.looked = 0;
  return true;
}

FeedReader::End FeedReader::end() const {
  if (stopped()) return End::kStopped;
  if (x_impl->given < x_impl->looked) return End::kNone;
  if (x_impl->session_ended) return End::kSession;
  return x_impl->ended && x_impl->looked == x_impl->clean.size() ? End::kFeed : End::kNone;
}

bool FeedReader::all_is_here() const {
  return x_impl->ended || stopped();
}

void FeedReader::stop() {
  x_impl->inbox.stop();
}

bool FeedReader::stopped() const {
  return x_impl->inbox.stopped();
}

}  // namespace pier::media
