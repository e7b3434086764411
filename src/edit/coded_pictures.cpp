#include "coded_pictures.hpp"

#include <algorithm>
#include <array>

namespace pier::edit::impl {
namespace {

struct Coding {
  std::string_view name, profile;  // of media::picture_codings(), of VideoFacts
};
constexpr std::array kCopied = {Coding{"prores-proxy", "Proxy"},  Coding{"prores-422-lt", "LT"},
                                Coding{"prores-422", "Standard"}, Coding{"prores-422-hq", "HQ"},
                                Coding{"dnxhr-lb", "DNXHR LB"},   Coding{"dnxhr-sq", "DNXHR SQ"},
                                Coding{"dnxhr-hq", "DNXHR HQ"},   Coding{"dnxhr-hqx", "DNXHR HQX"}};

bool same_colour(const ColourInfo& a, const ColourInfo& b) {
  return a.primaries == b.primaries && a.transfer == b.transfer && a.matrix == b.matrix && a.range == b.range;
}

/// Pictures of ProRes say their colour themselves; those that do not would stand among others of ours that do.
bool says_colour_itself(const media::VideoFacts& source) {
  if (source.codec != media::Codec::kProres) return true;
  return std::ranges::all_of(std::array{"primaries", "transfer", "matrix"}, [&](std::string_view field) {
    return std::ranges::any_of(source.carriers, [&](const media::CarrierFact& fact) {
      return fact.carrier == "prores.frame" && fact.field == field;
    });
  });
}

}  // namespace

bool can_be_copied(const media::VideoFacts& source, const SourcePlan& plan, const media::WrittenPictures& wanted) {
  const auto coding = std::ranges::find(kCopied, wanted.coding, &Coding::name);
  const auto form = media::picture_coding(wanted.coding);
  if (coding == kCopied.end() || !form) return false;
  const bool same_form = source.codec == form->codec && source.profile == coding->profile &&
                         source.format == form->format && source.width == wanted.width &&
                         source.height == wanted.height && source.sample_aspect == wanted.sample_aspect &&
                         source.rotation == 0 && !source.interlaced;
  const bool same_light = source.mastering_display == wanted.mastering_display &&
                          source.content_light == wanted.content_light && source.disagreements.empty() &&
                          plan.plan.repairs.empty() && same_colour(plan.plan.source_colour, wanted.colour);
  return same_form && same_light && says_colour_itself(source) && source.frame_rate == wanted.frame_rate &&
         !source.variable_rate;
}

int64_t CodedPictures::number_of(const media::Packet& packet) const {
  const int64_t time = packet.pts != INT64_MIN ? packet.pts : packet.dts;
  return rescale(time - x_plan.first_pts, x_plan.time_base, x_plan.frame_rate.inverse());
}

Result<void> CodedPictures::open(int64_t number) {
  x_last.reset();
  x_ended = false;
  PIER_TRY(x_demuxer, media::Demuxer::open(x_source));
  x_demuxer->select({x_plan.stream_index});
  if (number == 0) return {};
  return x_demuxer->seek(x_plan.stream_index,
                         x_plan.first_pts + rescale(number, x_plan.frame_rate.inverse(), x_plan.time_base));
}

Result<std::optional<media::Packet>> CodedPictures::at(int64_t number) {
  if (!x_demuxer || (x_last && number_of(*x_last) > number)) PIER_CHECK(open(number));
  while (!x_ended && (!x_last || number_of(*x_last) < number)) {
    PIER_TRY(x_last, x_demuxer->read());
    x_ended = !x_last;
    if (x_last && x_last->pts == INT64_MIN && x_last->dts == INT64_MIN) return std::nullopt;
  }
  if (!x_last || number_of(*x_last) != number || x_last->corrupt) return std::nullopt;
  return x_last;
}

}  // namespace pier::edit::impl
