#pragma once
// Makes the file of a plan. Belongs into the confined child: media are hostile.

#include <pier/deliver/make.hpp>
#include <pier/edit/plan.hpp>
#include <pier/overlay/font.hpp>

namespace pier::edit {

/// An input opened.
struct OpenInput {
  media::Source source;
  std::string path;  // for errors
};

struct Rendered {
  deliver::Made made;
  int64_t copied = 0;                    // pictures taken over as they are coded
  int64_t mixed = 0;                     // pictures made of more than one picture: dissolves, blended speeds
  int64_t drawn = 0;                     // pictures with graphics or text over them
  int64_t clipped_samples = 0;           // beyond full scale, cut to it
  std::vector<std::string> conversions;  // one an input, empty where there is none
};

/// Whether every graphic can be read and every text be drawn: kInputDamaged, kInputUnsupported, kTooLarge name the
/// clip, of a text the character that no font has.
Result<void> try_graphics(const EditPlan& plan, const std::vector<OpenInput>& inputs, const overlay::Fonts* fonts);

/// `inputs` are those of the plan, in their order. `fonts`: null where the plan has no text. `output`: as
/// deliver::make_file.
Result<Rendered> render(const EditPlan& plan, const std::vector<OpenInput>& inputs, int output, int threads,
                        const overlay::Fonts* fonts, const deliver::Progress& progress);

}  // namespace pier::edit
