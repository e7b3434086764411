#pragma once
// Text in the lower third of single pictures, and captions out of the pictures that show it.

#include <optional>
#include <vector>

#include <pier/analysis/analyzer.hpp>

namespace pier::analysis::impl {

/// The reduced luma on which text is looked for: strokes are a few cells thick whatever the raster.
const PictureView& text_view(const FrameViews& views);

/// What one picture shows; the box in cells of the view.
struct TextLook {
  bool text = false;
  bool same = false;  // as in the picture before
  bool calm = false;  // the rest of the picture is as before
  Region box;
};
TextLook look_for_text(const PictureView& view, const PictureView* before, const Signal& signal);

struct Caption {
  int64_t first_index = 0, last_index = 0;
  int64_t start = 0, end = 0;  // ticks
  bool came = false;           // within a shot
  Region box;                  // samples of the picture
};

/// Captions in order; exact however the stream is cut.
class Captions {
 public:
  /// Lengths in ticks.
  Captions(int64_t shortest, int64_t longest) : x_shortest(shortest), x_longest(longest) {}

  void take(const FrameTime& time, const TextLook& look);
  /// Once.
  std::vector<Caption> finish();
  int64_t count() const { return x_count; }    // after finish(): all, listed or not
  int64_t length() const { return x_length; }  // ticks of all

  json::value save() const;
  Result<void> load(const json::value& state);
  Result<void> merge(const json::value& later);

 private:
  void close(bool calm);
  void keep(const Caption& caption, bool went);

  int64_t x_shortest, x_longest;
  bool x_any = false, x_first_calm = false;
  std::optional<Caption> x_open;
  bool x_open_at_head = false;    // shown from the first picture on, as it was before that
  std::optional<Caption> x_head;  // closed, shown from the first picture on
  bool x_head_went = false;
  std::vector<Caption> x_kept;
  int64_t x_count = 0, x_length = 0;
};

}  // namespace pier::analysis::impl
