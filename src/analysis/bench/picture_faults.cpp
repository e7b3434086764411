#include <memory>

#include "case_list.hpp"

namespace pier::analysis::bench {

using test::Kind;

namespace {

void black(CaseList& list) {
  list.each([&](Kind kind, int variant) {
    const std::array lengths{1, 2, 12, 60};
    const int length = lengths[static_cast<size_t>(variant)];
    const double nits = variant % 2 == 0 ? 0.045 : 0.0;
    Case one = list.picture("black", frames(length) + " at " + digits(nits) + " cd/m2", kind, Content::kDetail, 90);
    one.planted = {{20, 20 + length - 1}};
    const int code = test::luma_code(one.clip, nits);
    one.plant = CaseList::inside(one, [code](MutablePictureView& view, int) { test::fill(view, code); });
    list.add(std::move(one));
  });
}

/// The picture before is held: sample for sample, or with noise of its own in each frame, as a codec leaves it.
void freeze(CaseList& list) {
  list.each([&](Kind kind, int variant) {
    const std::array lengths{25, 26, 40, 80};
    const int length = lengths[static_cast<size_t>(variant)];
    const bool noisy = variant % 2 == 1;
    Case one = list.picture("freeze", frames(length) + (noisy ? " held, with noise" : " held"), kind,
                            noisy ? Content::kSoft : Content::kDetail, 130);
    const int first = 20 + 3 * variant, last = first + length - 1;
    one.planted = {{first, last}};
    one.source = [first, last](int index) { return index < first ? index : index <= last ? first - 1 : index; };
    one.own_noise = noisy;
    list.add(std::move(one));
  });
}

}  // namespace

void add_picture_faults(CaseList& list) {
  black(list);
  freeze(list);
}

}  // namespace pier::analysis::bench
