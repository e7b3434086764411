#pragma once
// What the parts of planning share. Private to this module.

#include <set>

#include <pier/edit/plan.hpp>

namespace pier::edit::impl {

/// A track with its clips where they are.
struct PlacedItem {
  const timeline::Item* item = nullptr;
  std::string name;  // "clip 3 of V1"
  Span span;
};
/// Clips and gaps; transitions have become ramps. kInvalidArgument for transitions longer than their clips.
Result<std::vector<PlacedItem>> place(const timeline::Track& track);

/// Seconds from the first picture of the media at the clip's beginning: what the clip says, less what the media says
/// its first picture is called.
Rational source_start(const timeline::Item& clip, const media::Facts& facts);

class Planner {
 public:
  Planner(const timeline::Timeline& timeline, const std::vector<Input>& inputs, const EditWish& wish)
      : x_timeline(timeline), x_inputs(inputs), x_wish(wish) {}
  Result<EditPlan> plan();

 private:
  Result<void> plan_tracks();
  Result<PicturePiece> picture_piece(const PlacedItem& placed);
  Result<void> add_logo();
  Result<void> text_piece(const timeline::Item& item, PicturePiece& piece);
  Result<size_t> input_of(const std::string& path) const;
  Result<void> plan_sources();
  Result<deliver::Plan> source_plan(const Input& input, const std::string& tags, const std::string& to);
  Result<void> plan_file();
  media::Facts programme_facts(const deliver::Plan& first) const;
  Result<void> fit(size_t input);
  Result<void> check_range(const PicturePiece& piece);
  Result<void> plan_sounds();
  Result<void> add_sounds(const timeline::Track& track, double gain, std::optional<int> channel);
  Result<SoundPiece> sound_piece(const PlacedItem& placed, std::optional<int> channel);
  Result<std::string> tags_of(size_t input) const;
  void note(const std::string& text);

  const timeline::Timeline& x_timeline;
  const std::vector<Input>& x_inputs;
  const EditWish& x_wish;
  EditPlan x_plan;
  std::map<size_t, std::string> x_clip_tags;  // of metadata.pier, by input
  size_t x_sound_tracks = 1;
  Rational x_length;
};

}  // namespace pier::edit::impl
