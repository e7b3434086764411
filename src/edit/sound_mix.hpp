#pragma once
// The sound of a programme, mixed of its clips. Private to this module.

#include <memory>

#include <pier/edit/render.hpp>
#include <pier/transcode/source_parts.hpp>

namespace pier::edit::impl {

class ClipSound;

/// Not thread-safe. At 48 kHz a sample of the source is a sample of the output; other rates and speeds go through a
/// filter whose delay is taken off.
class SoundMix {
 public:
  SoundMix(const EditPlan& plan, const std::vector<OpenInput>& inputs);
  ~SoundMix();
  /// The next samples of all sound tracks; nullopt when the pictures end.
  Result<std::optional<std::vector<media::AudioBlock>>> next();
  int64_t clipped() const { return x_clipped; }

 private:
  struct Place {
    const SoundPiece* piece;
    int64_t first, end;  // samples of the programme
    std::unique_ptr<ClipSound> sound;
  };
  Result<void> add(Place& place, int64_t end, std::vector<media::AudioBlock>& blocks);

  const EditPlan& x_plan;
  const std::vector<OpenInput>& x_inputs;
  std::vector<Place> x_places;
  int64_t x_position = 0, x_samples = 0, x_clipped = 0;
};

}  // namespace pier::edit::impl
