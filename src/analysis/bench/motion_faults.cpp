#include "case_list.hpp"

namespace pier::analysis::bench {

using test::Kind;

namespace {

void cuts(CaseList& list) {
  list.each(
      [&](Kind kind, int variant) {
        Case one = list.picture("shots.cut", "five cuts", kind, Content::kCuts, 150);
        one.look.seed = 11 + static_cast<uint32_t>(variant);
        one.look.step = variant == 0 ? 4 : 12;
        for (const int64_t at : {25, 50, 75, 100, 125}) one.planted.push_back({at, at});
        list.add(std::move(one));
      },
      2);
}

/// What must not be taken for an edit: a flash, an insert of another picture, a fast pan that sets in, light that
/// fades by a half.
void no_cuts(CaseList& list) {
  list.each([&](Kind kind, int variant) {
    constexpr std::array kNames{"one bright frame", "five frames of another scene", "a fast pan sets in",
                                "light falls by half"};
    Case one = list.picture("shots.cut", kNames[static_cast<size_t>(variant)], kind, Content::kDetail, 120);
    one.planted = {{40, 40}};
    one.near_miss = true;
    if (variant == 1) one.second_look = Look{.seed = 40};
    if (variant == 2) one.source = [](int index) { return index < 40 ? index : 40 + 6 * (index - 40); };
    const int bright = test::luma_code(one.clip, 95), black = test::luma_code(one.clip, 0);
    one.plant = [=](media::Frame& frame, int index, const Scenery* second) {
      if (variant == 0 && index == 40) {
        MutablePictureView view = frame.picture.writable();
        test::fill(view, bright);
      }
      if (variant == 1 && index >= 40 && index < 45) frame = second->frame(index);
      if (variant != 3 || index < 40) return;
      const int part = 64 - std::min(32, index - 40);  // of 64
      MutablePictureView view = frame.picture.writable();
      for (int y = 0; y < view.height; ++y) {
        auto* row = view.planes[0].row<uint16_t>(y);
        for (int x = 0; x < view.width; ++x) row[x] = static_cast<uint16_t>(black + (row[x] - black) * part / 64);
      }
    };
    list.add(std::move(one));
  });
}

/// Sample by sample: (frame (whole - part) + other part) / whole; without `other` black.
void mix(media::Frame& frame, const media::Frame* other, int part, int whole, int black) {
  MutablePictureView view = frame.picture.writable();
  for (size_t p = 0; p < 3; ++p) {
    const auto& plane = view.planes[p];
    const int ground = p == 0 ? black : 512;
    for (int y = 0; y < plane.height; ++y) {
      auto* row = plane.row<uint16_t>(y);
      const uint16_t* from = other == nullptr ? nullptr : other->picture.view().planes[p].row<uint16_t>(y);
      for (int x = 0; x < plane.width; ++x) {
        const int target = from == nullptr ? ground : from[x];
        row[x] = static_cast<uint16_t>((row[x] * (whole - part) + target * part + whole / 2) / whole);
      }
    }
  }
}

void dissolves(CaseList& list) {
  list.each([&](Kind kind, int variant) {
    const std::array lengths{12, 24, 40, 50};
    const int length = lengths[static_cast<size_t>(variant)], first = 60 - length / 2;
    Case one = list.picture("shots.dissolve", "over " + frames(length), kind, Content::kDetail, 130);
    one.look.seed = 21 + static_cast<uint32_t>(variant);
    one.look.step =
        variant == 3 || list.tiny() ? 0 : 2;     // what moves by more than 4 % of the width meanwhile is not found
    if (one.look.step == 0) one.look.grain = 6;  // else it stands still
    one.second_look = one.look;
    one.second_look->seed = 31 + static_cast<uint32_t>(variant);
    one.planted = {{60, 60}};
    one.plant = [=](media::Frame& frame, int index, const Scenery* second) {
      const int part = std::clamp(index - first, 0, length);
      if (part == length) {
        frame = second->frame(index);
      } else if (part > 0) {
        const media::Frame other = second->frame(index);
        mix(frame, &other, part, length, 0);
      }
    };
    list.add(std::move(one));
  });
}

void fades(CaseList& list) {
  for (const bool out : {true, false}) {
    list.each([&](Kind kind, int variant) {
      const std::array lengths{12, 20, 30, 50};
      const int length = lengths[static_cast<size_t>(variant)], first = 60 - length / 2;
      Case one =
          list.picture(out ? "shots.fade_out" : "shots.fade_in", "over " + frames(length), kind, Content::kDetail, 130);
      one.planted = {{60, 60}};
      const int black = test::luma_code(one.clip, 0);
      one.plant = [=](media::Frame& frame, int index, const Scenery*) {
        const int gone = std::clamp(index - first, 0, length);
        mix(frame, nullptr, out ? gone : length - gone, length, black);
      };
      list.add(std::move(one));
    });
  }
}

/// Pictures shown as often as `times` says, over and over, in the frames `first` to `last`; at full rate else.
std::function<int(int)> pattern(int first, int last, std::vector<int> times) {
  std::vector<int> shown;
  int picture = first - 1;
  for (size_t i = 0; first + static_cast<int>(shown.size()) <= last; ++i) {
    ++picture;
    for (int n = 0; n < times[i % times.size()]; ++n) shown.push_back(picture);
  }
  return [first, last, shown](int index) {
    if (index < first) return index;
    if (index <= last) return shown[static_cast<size_t>(index - first)];
    return shown[static_cast<size_t>(last - first)] + index - last;
  };
}

void patterns(CaseList& list) {
  std::vector<int> film(11, 2);
  film.push_back(3);
  const std::array<std::vector<int>, 5> times{{{2}, {2, 3}, film, {1, 1, 1, 2}, {3}}};
  constexpr std::array kNames{"2:2", "2:3", "24 in 50", "1:1:1:2", "3:3"};
  list.each(
      [&](Kind kind, int variant) {
        const auto v = static_cast<size_t>(variant);
        Case one = list.picture("cadence.repeated", kNames[v], kind, Content::kDetail, 220);
        one.planted = {{50, 169}};
        one.source = pattern(50, 169, times[v]);
        one.own_noise = variant % 2 == 1;
        one.measure = ExpectedMeasure{"first:cadence.repeated.pattern", kNames[v]};
        list.add(std::move(one));
      },
      5);
}

/// Near miss: the second rate lasts less than two seconds.
void mixed(CaseList& list) {
  list.each(
      [&](Kind kind, int variant) {
        const bool near_miss = variant == 2;
        const int first = 110, last = near_miss ? 190 : 230;
        Case one = list.picture("cadence.mixed", near_miss ? "80 frames of 2:2" : "120 frames of another rate", kind,
                                Content::kDetail, last + 110);
        one.planted = {{0, last + 109}};
        one.near_miss = near_miss;
        one.source = pattern(first, last, variant == 1 ? std::vector{2, 3} : std::vector{2});
        list.add(std::move(one));
      },
      3);
}

void duplicates(CaseList& list) {
  list.each([&](Kind kind, int variant) {
    const std::array copies{1, 2, 5, 20};
    const int count = copies[static_cast<size_t>(variant)];
    Case one = list.picture("cadence.duplicate", frames(count) + " more of one picture", kind,
                            variant == 0 ? Content::kMotion : Content::kDetail, 140);
    one.planted = {{60, 60 + count - 1}};
    one.source = [count](int index) { return index >= 60 && index < 60 + count ? 59 : index; };
    one.own_noise = variant % 2 == 1;
    list.add(std::move(one));
  });
}

/// Frames left out, seen by the motion or by the time stamps; near miss: the motion is faster from there on.
void dropped(CaseList& list) {
  list.each([&](Kind kind, int variant) {
    constexpr std::array kNames{"one picture left out", "three time stamps left out", "one time stamp left out",
                                "a pan that gets faster"};
    Case one = list.picture("cadence.dropped", kNames[static_cast<size_t>(variant)], kind, Content::kDetail, 140);
    one.look.step = 4;
    one.planted = {{64, 64}};
    one.near_miss = variant == 3;
    const int missing = variant == 1 ? 3 : 1;
    if (variant == 0) one.source = [](int index) { return index < 64 ? index : index + 1; };
    if (variant == 1 || variant == 2) one.pts = [missing](int index) { return index < 64 ? index : index + missing; };
    if (variant == 3) one.source = [](int index) { return index < 64 ? index : 64 + 2 * (index - 64); };
    list.add(std::move(one));
  });
}

/// Fields of two moments in each frame; near miss: too few of them.
void interlaced(CaseList& list) {
  list.each([&](Kind kind, int variant) {
    const std::array lengths{50, 26, 90, 3};
    const int length = lengths[static_cast<size_t>(variant)];
    const int later = variant % 2;  // which lines are of the second moment
    Case one =
        list.picture("cadence.interlaced", frames(length) + (later == 1 ? " top field first" : " bottom field first"),
                     kind, Content::kDetail, 150);
    one.planted = {{40, 40 + length - 1}};
    one.near_miss = length < 4;
    one.source = [](int index) { return 2 * index; };
    one.second_look = one.look;
    one.plant = [=](media::Frame& frame, int index, const Scenery* second) {
      if (index < 40 || index >= 40 + length) return;
      const media::Frame other = second->frame(2 * index + 1);
      MutablePictureView view = frame.picture.writable();
      for (size_t p = 0; p < 3; ++p) {
        const auto& plane = view.planes[p];
        for (int y = later; y < plane.height; y += 2)
          std::copy_n(other.picture.view().planes[p].row<uint16_t>(y), plane.width, plane.row<uint16_t>(y));
      }
    };
    list.add(std::move(one));
  });
}

}  // namespace

void add_motion_faults(CaseList& list) {
  cuts(list);
  no_cuts(list);
  dissolves(list);
  fades(list);
  patterns(list);
  mixed(list);
  duplicates(list);
  dropped(list);
  interlaced(list);
}

}  // namespace pier::analysis::bench
