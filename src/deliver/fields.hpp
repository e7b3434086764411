#pragma once
// Frames of two fields into pictures, and pictures into frames of two fields.

#include <array>
#include <optional>

#include <pier/core/picture.hpp>

namespace pier::deliver {

/// Two pictures for every frame, each at the time of one field: its lines as they are, those between them out of three
/// fields (BBC R&D's linear filter for them: the fine vertical detail of the neighbours in time, the coarse of this
/// one), held within what the lines around allow where there is motion, and taken from the neighbours in time where
/// there is none.
class FieldSeparator {
 public:
  explicit FieldSeparator(bool top_first) : x_top_first(top_first) {}
  using Pair = std::array<Picture, 2>;
  /// The pictures of the frame before this one; all frames are of one form. kTooLarge: no memory.
  std::optional<Pair> push(Picture frame);
  /// Those of the last frame.
  std::optional<Pair> last();

 private:
  Pair pictures(const Picture& next) const;
  bool x_top_first;
  Picture x_before, x_now;
};

/// One frame for every two pictures, top field first. `smooth`: each is first freed of the vertical detail of single
/// lines, which would flicker.
class FieldWeaver {
 public:
  explicit FieldWeaver(bool smooth) : x_smooth(smooth) {}
  std::optional<Picture> push(const Picture& picture);
  /// A frame whose second picture never came: it is shown again.
  std::optional<Picture> last();

 private:
  Picture frame(const Picture& first, const Picture& second) const;
  bool x_smooth;
  Picture x_first;
};

}  // namespace pier::deliver
