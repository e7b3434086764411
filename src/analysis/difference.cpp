#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

#include <pier/analysis/difference.hpp>
#include <pier/analysis/packet_table.hpp>
#include <pier/media/decode.hpp>

#include "difference_sound.hpp"

namespace pier::analysis {
namespace {

using media::Facts;
using media::Source;

/// A picture of one version as its packet tells of it.
struct CodedPicture {
  int64_t pts = 0;
  PacketDigest digest{};
  bool affected = false;  // its packet or one it may refer to is not in the other version
};

struct Version {
  const Source* source = nullptr;
  const media::VideoFacts* video = nullptr;
  std::vector<CodedPicture> pictures;  // in presentation order
  std::vector<int64_t> keys;
  PacketTable table;

  Rational seconds(int64_t index) const {
    if (pictures.empty()) return Rational(0);
    const auto count = static_cast<int64_t>(pictures.size());
    const int64_t first = pictures.front().pts;
    if (index < count) return Rational(pictures[static_cast<size_t>(index)].pts - first) * video->time_base;
    const Rational frame = video->frame_rate.num > 0 ? Rational(1) / video->frame_rate : Rational(0);
    return Rational(pictures.back().pts - first) * video->time_base + frame;
  }
  int64_t end_pts(size_t index) const {
    return index + 1 < pictures.size() ? pictures[index + 1].pts : pictures.back().pts + 1;
  }
};

/// PSNR of luma (of R in RGB; of the first plane that differs, where only others do), nullopt when all samples are
/// equal.
std::optional<double> difference_of(const PictureView& one, const PictureView& two) {
  for (int index = 0; index < one.format.plane_count(); ++index) {
    const Plane &a = one.planes[static_cast<size_t>(index)], &b = two.planes[static_cast<size_t>(index)];
    const auto row = static_cast<size_t>(a.width) * static_cast<size_t>(one.format.bytes_per_sample());
    bool equal = true;
    for (int y = 0; y < a.height && equal; ++y) equal = std::memcmp(a.row<uint8_t>(y), b.row<uint8_t>(y), row) == 0;
    if (equal) continue;
    double squares = 0;
    for (int y = 0; y < a.height; ++y) {
      for (int x = 0; x < a.width; ++x) {
        const int difference = one.format.bytes_per_sample() == 1
                                   ? int{a.row<uint8_t>(y)[x]} - int{b.row<uint8_t>(y)[x]}
                                   : int{a.row<uint16_t>(y)[x]} - int{b.row<uint16_t>(y)[x]};
        squares += static_cast<double>(difference) * difference;
      }
    }
    const double peak = (1 << one.format.bit_depth) - 1;
    return 10 * std::log10(peak * peak * a.width * a.height / squares);
  }
  return std::nullopt;
}

class Comparison {
 public:
  Comparison(const CompareOptions& options, Difference& found) : x_options(options), x_found(found) {}

  Result<void> tell(double fraction) {
    if (x_options.on_progress && !x_options.on_progress(fraction, x_found.compared_pictures))
      return fail(ErrorCode::kCancelled, "the comparison was cancelled");
    return {};
  }

  Result<Version> read(const Source& source, const Facts& facts, double from, double share) {
    Version version;
    version.source = &source;
    version.video = &facts.video.at(static_cast<size_t>(facts.main_video));
    PIER_TRY(auto demuxer, media::Demuxer::open(source));
    demuxer.select({version.video->stream_index});
    PacketTableBuilder builder;
    for (const media::StreamInfo& stream : demuxer.streams()) {
      if (stream.index == version.video->stream_index) builder.begin(stream);
    }
    const double total = static_cast<double>(std::max<uint64_t>(1, source.total_bytes()));
    for (int64_t count = 0;; ++count) {
      PIER_TRY(const auto packet, demuxer.read());
      if (!packet) break;
      builder.add(*packet);
      if (count % 256 == 0)
        PIER_CHECK(tell(from + share * std::clamp(static_cast<double>(packet->position) / total, 0.0, 1.0)));
    }
    version.table = builder.finish();
    for (const PacketRecord& record : version.table.pictures) {
      if (record.pts == INT64_MIN)
        return fail(ErrorCode::kInputUnsupported, display_text(source.path) + ": its pictures carry no times");
      version.pictures.push_back({record.pts, record.digest, false});
      if (record.key) version.keys.push_back(record.pts);
    }
    std::ranges::sort(version.pictures, {}, &CodedPicture::pts);
    std::ranges::sort(version.keys);
    return version;
  }

  /// Pairs of pictures that stand for each other: those before the first and after the last that differ, and all when
  /// there are as many. What lies between is a replacement of one number of pictures by another.
  struct Alignment {
    size_t before = 0, after = 0;  // pairs from the start and from the end
  };
  static Alignment align(const Version& one, const Version& two) {
    const size_t shorter = std::min(one.pictures.size(), two.pictures.size());
    if (one.pictures.size() == two.pictures.size()) return {shorter, 0};
    Alignment aligned;
    while (aligned.before < shorter && one.pictures[aligned.before].digest == two.pictures[aligned.before].digest)
      ++aligned.before;
    while (aligned.after < shorter - aligned.before && one.pictures[one.pictures.size() - 1 - aligned.after].digest ==
                                                           two.pictures[two.pictures.size() - 1 - aligned.after].digest)
      ++aligned.after;
    return aligned;
  }

  /// Marks pictures whose packet is `foreign`, and those that may refer to one: up to the next access point in decoding
  /// order, and pictures shown before that one.
  static void mark(Version& version, const std::set<int64_t>& foreign) {
    bool dirty = false, dirty_before = false;
    int64_t key = INT64_MIN;
    for (const PacketRecord& record : version.table.pictures) {
      if (record.key) {
        dirty_before = dirty;
        dirty = false;
        key = record.pts;
      }
      dirty = dirty || foreign.contains(record.pts);
      if (!dirty && !(dirty_before && record.pts < key)) continue;
      const auto place = std::ranges::lower_bound(version.pictures, record.pts, {}, &CodedPicture::pts);
      if (place != version.pictures.end()) place->affected = true;
    }
  }

  /// Decodes pictures [first, first + count) of both and compares them one by one.
  Result<void> compare_run(const Version& one, size_t old_first, const Version& two, size_t new_first, size_t count) {
    PIER_TRY(auto olds, open(one, old_first, count));
    PIER_TRY(auto news, open(two, new_first, count));
    for (size_t i = 0; i < count; ++i) {
      PIER_TRY(const auto before, olds.next());
      PIER_TRY(const auto after, news.next());
      if (!before || !after)
        return fail(ErrorCode::kInputDamaged, "picture " + std::to_string(before ? new_first + i : old_first + i) +
                                                  " of the " + (before ? "new" : "old") +
                                                  " version could not be decoded");
      ++x_found.compared_pictures;
      if (before->picture.width() != after->picture.width() || before->picture.height() != after->picture.height() ||
          before->picture.format() != after->picture.format())
        return fail(ErrorCode::kInputUnsupported, "the raster changes inside of one version");
      if (const auto psnr = difference_of(before->picture.view(), after->picture.view()))
        add_pair(one, old_first + i, two, new_first + i, *psnr);
      if (i % 8 == 0)
        PIER_CHECK(tell(0.2 + 0.5 * static_cast<double>(old_first + i) / static_cast<double>(one.pictures.size())));
    }
    return {};
  }

  void add_pair(const Version& one, size_t old_index, const Version& two, size_t new_index, double psnr) {
    const auto from = static_cast<int64_t>(old_index), to = static_cast<int64_t>(new_index);
    auto& all = x_found.pictures;
    if (all.empty() || !all.back().least_psnr || all.back().old_first + all.back().old_count != from ||
        all.back().new_first + all.back().new_count != to) {
      all.push_back({from, 0, to, 0, one.seconds(from), {}, two.seconds(to), {}, psnr});
    }
    ChangedPictures& last = all.back();
    ++last.old_count;
    ++last.new_count;
    last.old_end = one.seconds(from + 1);
    last.new_end = two.seconds(to + 1);
    last.least_psnr = std::min(*last.least_psnr, psnr);
  }

  Result<void> compare_pictures(Version& one, Version& two) {
    x_found.old_pictures = static_cast<int64_t>(one.pictures.size());
    x_found.new_pictures = static_cast<int64_t>(two.pictures.size());
    if (one.video->width != two.video->width || one.video->height != two.video->height ||
        !(one.video->format == two.video->format)) {
      x_found.notes.emplace_back("raster or sample format differ: the pictures were not compared");
      return {};
    }
    const Alignment aligned = align(one, two);
    mark_foreign(one, two, aligned);
    PIER_CHECK(compare_marked(one, 0, two, 0, aligned.before));
    const size_t old_middle = one.pictures.size() - aligned.before - aligned.after;
    const size_t new_middle = two.pictures.size() - aligned.before - aligned.after;
    if (old_middle + new_middle > 0) {
      const auto first = static_cast<int64_t>(aligned.before);
      const auto old_count = static_cast<int64_t>(old_middle), new_count = static_cast<int64_t>(new_middle);
      x_found.pictures.push_back({first, old_count, first, new_count, one.seconds(first),
                                  one.seconds(first + old_count), two.seconds(first), two.seconds(first + new_count),
                                  std::nullopt});
    }
    return compare_marked(one, one.pictures.size() - aligned.after, two, two.pictures.size() - aligned.after,
                          aligned.after);
  }

 private:
  static void mark_foreign(Version& one, Version& two, const Alignment& aligned) {
    std::set<int64_t> olds, news;
    const bool other_headers = one.table.configuration != two.table.configuration;
    const auto pair = [&](size_t i, size_t j) {
      if (!other_headers && one.pictures[i].digest == two.pictures[j].digest) return;
      olds.insert(one.pictures[i].pts);
      news.insert(two.pictures[j].pts);
    };
    for (size_t i = 0; i < aligned.before; ++i) pair(i, i);
    for (size_t i = 1; i <= aligned.after; ++i) pair(one.pictures.size() - i, two.pictures.size() - i);
    for (size_t i = aligned.before; i + aligned.after < one.pictures.size(); ++i) olds.insert(one.pictures[i].pts);
    for (size_t i = aligned.before; i + aligned.after < two.pictures.size(); ++i) news.insert(two.pictures[i].pts);
    mark(one, olds);
    mark(two, news);
  }

  Result<void> compare_marked(const Version& one, size_t old_first, const Version& two, size_t new_first,
                              size_t count) {
    const auto marked = [&](size_t i) {
      return one.pictures[old_first + i].affected || two.pictures[new_first + i].affected;
    };
    for (size_t i = 0; i < count;) {
      if (!marked(i)) {
        ++i;
        continue;
      }
      size_t end = i + 1;
      while (end < count && marked(end)) ++end;
      PIER_CHECK(compare_run(one, old_first + i, two, new_first + i, end - i));
      i = end;
    }
    return {};
  }

  Result<media::FrameRange> open(const Version& version, size_t first, size_t count) const {
    const int64_t pts = version.pictures[first].pts;
    const auto end = std::ranges::upper_bound(version.keys, pts);
    const std::vector<int64_t> keys(version.keys.begin(), end);
    return media::FrameRange::open(*version.source, version.video->stream_index, pts,
                                   version.end_pts(first + count - 1), keys, x_options.threads);
  }

  const CompareOptions& x_options;
  Difference& x_found;
};

}  // namespace

Result<Difference> compare(const Source& old_source, const Facts& old_facts, const Source& new_source,
                           const Facts& new_facts, const CompareOptions& options) {
  Difference found;
  Comparison comparison(options, found);
  if ((old_facts.main_video < 0) != (new_facts.main_video < 0)) {
    found.notes.emplace_back("only one of them has pictures");
  } else if (old_facts.main_video >= 0) {
    PIER_TRY(Version one, comparison.read(old_source, old_facts, 0, 0.1));
    PIER_TRY(Version two, comparison.read(new_source, new_facts, 0.1, 0.1));
    PIER_CHECK(comparison.compare_pictures(one, two));
  }
  PIER_CHECK(comparison.tell(0.7));
  PIER_CHECK(impl::compare_sound({old_source, old_facts}, {new_source, new_facts}, found,
                                 [&](double share) { return comparison.tell(0.7 + 0.3 * share); }));
  return found;
}

}  // namespace pier::analysis
