#pragma once
// Pages of A4 with text, drawings and pictures, flowing from top to bottom. Units are points. The handles of cairo and
// pango stay behind this header.

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <pier/core/bytes.hpp>
#include <pier/core/result.hpp>

#include "drawing.hpp"

namespace pier::reports {

/// The declared font: Latin and Chinese in one, embedded as a subset.
inline constexpr const char* kFontPackage = "fonts-wqy-microhei";
inline constexpr const char* kFontFile = "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc";

struct PdfInfo {
  std::string title, subject, creator;
  std::string made;  // RFC 3339: the only time in the file
};

/// Not thread-safe.
class PdfPages {
 public:
  static constexpr double kWidth = 595.276, kHeight = 841.89;
  static constexpr double kMargin = 48, kFoot = 44;
  static constexpr double kInner = kWidth - 2 * kMargin;

  /// `footer` draws on every page that is finished; it gets the page's number, from 1.
  static Result<PdfPages> open(const PdfInfo& info, std::function<void(PdfPages&, int)> footer);
  ~PdfPages();
  PdfPages(PdfPages&&) noexcept;
  PdfPages& operator=(PdfPages&&) noexcept;

  double y() const;
  void move(double down);
  /// A new page when less than this is left, unless this one is still empty.
  void need(double height);
  int page() const;

  double text_width(std::string_view text, double size) const;
  double text_height(std::string_view text, double size, double width) const;
  /// At a place, without moving y; wraps to `width`; gives the height.
  double text_at(double x, double y, double width, std::string_view text, double size, const char* colour,
                 bool right = false);
  /// At y, over the inner width, moving y behind it.
  void paragraph(std::string_view text, double size, const char* colour, double after = 0);
  void box(double x, double y, double width, double height, const char* colour);
  void rule(double x, double y, double width, const char* colour);
  void drawing(const Drawing& drawing, double x, double y, double width);
  /// The JPEG's own bytes are embedded.
  void jpeg(ByteView bytes, int pixels_wide, int pixels_high, double x, double y, double width, double height);

  /// Once: finishes the last page and gives the file.
  Result<Bytes> finish();

 private:
  struct Impl;
  explicit PdfPages(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> x_impl;
};

}  // namespace pier::reports
