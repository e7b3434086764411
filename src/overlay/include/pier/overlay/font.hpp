#pragma once
// Fonts from memory, so that text can be drawn where no file can be opened, and on every machine alike: the fonts that
// a machine happens to have are never asked.

#include <array>
#include <memory>
#include <string>
#include <vector>

#include <pier/core/bytes.hpp>
#include <pier/core/result.hpp>

namespace pier::overlay {

/// The declared fonts, in this order: Chinese, Japanese, Korean and Latin; then Arabic, Hebrew and more of Latin.
struct DeclaredFont {
  const char* path;
  const char* package;
};
inline constexpr std::array<DeclaredFont, 2> kDeclaredFonts{
    {{"/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", "fonts-wqy-microhei"},
     {"/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", "fonts-dejavu-core"}}};
inline constexpr size_t kMaxFontBytes = 64U << 20U;

/// The files to open: `first` (a path; empty: none), then the declared ones. kNotFound names the Debian package.
Result<std::vector<std::string>> font_paths(const std::string& first = {});

/// Faces in order of preference: a character is drawn by the first that has it. Not thread-safe; copies share.
class Fonts {
 public:
  /// Content of font files (TrueType, OpenType; the first face of a collection), possibly hostile. kInputDamaged with
  /// the number of the file, from 1; kTooLarge.
  static Result<Fonts> open(std::vector<Bytes> files);
  /// open() of what font_paths() gives.
  static Result<Fonts> load(const std::string& first = {});

  struct Impl;
  const Impl& impl() const { return *x_impl; }

 private:
  Fonts() = default;
  std::shared_ptr<const Impl> x_impl;
};

}  // namespace pier::overlay
