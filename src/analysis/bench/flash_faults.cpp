#include "case_list.hpp"

namespace pier::analysis::bench {

using test::Kind;

namespace {

/// Transitions of a part of the picture between two states.
struct Flashes {
  double share = 0.9;  // of the picture, from above
  std::array<int, 3> off{}, on{};
  int first = 20, step = 6, transitions = 9;
};

std::function<void(media::Frame&, int, const Scenery*)> flashing(const Flashes& f) {
  return [f](media::Frame& frame, int index, const Scenery*) {
    MutablePictureView view = frame.picture.writable();
    const int height = static_cast<int>(view.height * f.share) & ~1;
    const int done = index < f.first ? 0 : std::min(f.transitions, (index - f.first) / f.step + 1);
    paint(view, {0, 0, view.width, height}, done % 2 == 1 ? f.on : f.off);
  };
}

/// Frames in which the last second holds at least `least` transitions.
Range frames_with(const Flashes& f, int least, int fps) {
  return {f.first + (least - 1) * f.step, f.first + (f.transitions - least) * f.step + fps - 1};
}

std::array<int, 3> grey(const ClipSpec& clip, double nits) {
  return {test::luma_code(clip, nits), 512, 512};
}

/// Pure red of so much light that a neutral of the same signal has `nits`.
std::array<int, 3> red(const ClipSpec& clip, double nits) {
  return codes_of({(test::luma_code(clip, nits) - 64) / 876.0, 0, 0}, clip.kind);
}

struct Strength {
  double share, dark, bright;
  int transitions;
  bool near_miss = false;
};

std::string text(const Strength& s, int step) {
  return std::to_string(s.transitions) + " transitions, one in " + frames(step) + ", of " + digits(100 * s.share) +
         " % of the picture, " + digits(s.dark) + " to " + digits(s.bright) + " cd/m2";
}

/// Flashes between two greys; `scale` turns the light of a strength into that of the clip: SDR, then HDR.
void grey_flashes(CaseList& list, const char* name, std::span<const Strength> strengths, std::array<double, 2> scale) {
  list.each(
      [&](Kind kind, int variant) {
        const Strength& strength = strengths[static_cast<size_t>(variant)];
        Case one = list.picture(name, text(strength, 6), kind, Content::kSoft, 170);
        const double by = scale[kind == Kind::kSdr ? 0 : 1];
        const Flashes flashes{.share = strength.share,
                              .off = grey(one.clip, strength.dark * by),
                              .on = grey(one.clip, strength.bright * by),
                              .transitions = strength.transitions};
        one.planted = {frames_with(flashes, 7, one.clip.fps)};
        one.near_miss = strength.near_miss;
        one.plant = flashing(flashes);
        list.add(std::move(one));
      },
      static_cast<int>(strengths.size()));
}

/// By BT.1702: light. SDR is thought of on a display twice as bright as the one its codes are made for.
void luminance(CaseList& list) {
  constexpr std::array kStrengths{Strength{0.32, 10, 31.5, 9},      Strength{0.3, 1, 120, 7},
                                  Strength{0.9, 165, 188, 9},       Strength{0.5, 5, 80, 16},
                                  Strength{0.5, 10, 28.5, 9, true}, Strength{0.21, 5, 80, 9, true},
                                  Strength{0.5, 168, 186, 9, true}, Strength{0.5, 5, 80, 6, true}};
  grey_flashes(list, "flash.bt1702.luminance", kStrengths, {0.5, 1});
}

/// By IRIS: relative luminance of the whole picture, relative to the white of each.
void iris(CaseList& list) {
  constexpr std::array kStrengths{Strength{0.9, 10, 22, 9}, Strength{0.6, 5, 40, 7}, Strength{0.9, 30, 42, 16},
                                  Strength{0.9, 30, 38, 9, true}, Strength{0.9, 10, 40, 6, true}};
  grey_flashes(list, "flash.iris.luminance", kStrengths, {1, 2.03});
}

void saturated(CaseList& list) {
  constexpr std::array kStrengths{Strength{0.32, 0, 15, 9}, Strength{0.9, 0, 12, 7}, Strength{0.5, 0, 20, 16},
                                  Strength{0.5, 0, 4, 9, true}, Strength{0.21, 0, 20, 9, true}};
  for (const bool iris : {false, true}) {
    list.each(
        [&](Kind kind, int variant) {
          Strength strength = kStrengths[static_cast<size_t>(variant)];
          if (iris && !strength.near_miss) strength.share = 0.9;
          Case one = list.picture(iris ? "flash.iris.red" : "flash.bt1702.red", text(strength, 6) + ", red", kind,
                                  Content::kSoft, 170);
          const double scale = kind == Kind::kSdr ? 1 : 2.03;
          const Flashes flashes{.share = strength.share,
                                .off = grey(one.clip, 0),
                                .on = red(one.clip, strength.bright * scale),
                                .transitions = strength.transitions};
          one.planted = {frames_with(flashes, 7, one.clip.fps)};
          one.near_miss = strength.near_miss;
          one.plant = flashing(flashes);
          list.add(std::move(one));
        },
        static_cast<int>(kStrengths.size()));
  }
}

/// Four to six transitions a second, for longer than four of five seconds; near miss: for three and a half.
void extended(CaseList& list) {
  for (const bool coloured : {false, true}) {
    list.each(
        [&](Kind kind, int variant) {
          const bool near_miss = variant == 2;
          const int step = variant == 1 ? 6 : 5, seconds = variant == 1 ? 7 : 6;
          Case one = list.picture(coloured ? "flash.extended.red" : "flash.extended.luminance", "", kind,
                                  Content::kSoft, 25 * (seconds + 2));
          one.clip.fps = 25;
          const double scale = kind == Kind::kSdr ? 1 : 2.03;
          const Flashes flashes{.off = grey(one.clip, coloured ? 0 : 10),
                                .on = coloured ? red(one.clip, 20 * scale) : grey(one.clip, 40 * scale),
                                .step = step,
                                .transitions = near_miss ? 17 : 25 * seconds / step};
          one.strength =
              text({0.9, coloured ? 0.0 : 10, coloured ? 20 * scale : 40 * scale, flashes.transitions}, step);
          // The fourth transition makes four in a second; a hundred frames of that make a fault.
          one.planted = {{flashes.first + 3 * step + 99, frames_with(flashes, 4, 25).last}};
          one.near_miss = near_miss;
          one.plant = flashing(flashes);
          list.add(std::move(one));
        },
        3);
  }
}

/// What is allowed and said: six transitions in a second by BT.1702, four by IRIS.
void warnings(CaseList& list) {
  for (const bool coloured : {false, true}) {
    for (const bool iris : {false, true}) {
      list.each(
          [&](Kind kind, int variant) {
            const bool near_miss = variant == 2;
            const int least = iris ? 4 : 6;
            Case one = list.picture(
                std::string("flash_warning.") + (iris ? "iris" : "bt1702") + (coloured ? ".red" : ".luminance"), "",
                kind, Content::kSoft, 140);
            const double scale = kind == Kind::kSdr ? 1 : 2.03;
            const Flashes flashes{.off = grey(one.clip, coloured ? 0 : 10),
                                  .on = coloured ? red(one.clip, 20 * scale) : grey(one.clip, 40 * scale),
                                  .step = variant == 1 ? 9 : 7,
                                  .transitions = near_miss ? least - 1
                                                 : iris    ? 5
                                                           : 6};
            one.strength = text({0.9, 0, 0, flashes.transitions}, flashes.step);
            one.planted = {frames_with(flashes, least, 50)};
            one.near_miss = near_miss;
            one.plant = flashing(flashes);
            list.add(std::move(one));
          },
          3);
    }
  }
}

}  // namespace

void add_flash_faults(CaseList& list) {
  luminance(list);
  iris(list);
  saturated(list);
  extended(list);
  warnings(list);
}

}  // namespace pier::analysis::bench
