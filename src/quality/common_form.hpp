#pragma once
// The form in which pictures of two files are measured.

#include <optional>
#include <string>
#include <vector>

#include <pier/colour/convert.hpp>
#include <pier/core/picture.hpp>
#include <pier/media/facts.hpp>

namespace pier::quality::impl {

class CommonForm {
 public:
  /// By the first picture of each and what their files say. Errors as compare().
  static Result<CommonForm> make(const Picture& reference, const media::VideoFacts& reference_facts,
                                 const Picture& test, const media::VideoFacts& test_facts);

  const colour::PictureSpec& spec() const { return x_spec; }
  Result<Picture> reference(const Picture& picture) const { return brought(picture, x_reference); }
  Result<Picture> test(const Picture& picture) const { return brought(picture, x_test); }
  /// "as they are", or the conversion.
  std::string reference_way() const { return way_of(x_reference); }
  std::string test_way() const { return way_of(x_test); }
  bool other_raster() const { return x_other_raster; }
  const std::vector<std::string>& notes() const { return x_notes; }

 private:
  struct Way {
    ColourInfo colour;  // of the pictures, with what they do not say filled in
    std::optional<colour::Converter> converter;
  };
  CommonForm() = default;
  static std::string way_of(const Way& way);
  Result<Picture> brought(Picture picture, const Way& way) const;

  colour::PictureSpec x_spec;
  Way x_reference, x_test;
  bool x_other_raster = false;
  std::vector<std::string> x_notes;
};

}  // namespace pier::quality::impl
