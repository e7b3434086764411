#pragma once
// The pictures of one clip, converted to those of the output. Private to this module.

#include <deque>

#include <pier/colour/convert.hpp>
#include <pier/edit/render.hpp>
#include <pier/media/decode.hpp>

namespace pier::edit::impl {

/// Pictures by number, in any order; forwards is cheap, backwards decodes again from a little before. Not thread-safe.
class ClipPictures {
 public:
  /// `converter`: of the whole source, made with the first picture of it. `end`: no picture from this number on is
  /// asked for. All must outlive this.
  ClipPictures(const media::Source& source, const SourcePlan& plan, const media::WrittenPictures& wanted,
               PixelFormat format, std::optional<colour::Converter>& converter, int threads)
      : x_source(source),
        x_plan(plan),
        x_wanted(wanted),
        x_format(format),
        x_converter(converter),
        x_threads(threads) {}

  /// The picture that is on the screen at place `number` of the source's rate.
  Result<Picture> at(int64_t number);
  int64_t damaged() const { return x_damaged; }

 private:
  struct Numbered {
    int64_t number;
    Picture picture;  // as decoded, then as it is wanted
    bool converted = false;
  };
  Result<void> open(int64_t number);
  Result<bool> read();
  Result<Picture> converted(Numbered& one);
  Result<Picture> fitted(const Picture& picture) const;

  const media::Source& x_source;
  const SourcePlan& x_plan;
  const media::WrittenPictures& x_wanted;
  PixelFormat x_format;
  std::optional<colour::Converter>& x_converter;
  int x_threads;
  std::optional<media::FrameRange> x_range;
  std::deque<Numbered> x_kept;  // in order
  bool x_ended = false;
  int64_t x_damaged = 0;
};

struct Part {
  Picture picture;
  double weight = 0;
};
/// The mean of pictures of one form, on their coded values; weights sum up to 1.
Result<Picture> mixed(const std::vector<Part>& parts);

}  // namespace pier::edit::impl
