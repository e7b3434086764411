#include "cells.hpp"

#include <algorithm>
#include <array>
#include <thread>

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <pier/colour/reference.hpp>
#include <pier/colour/transfer.hpp>

#include "test_colours.hpp"

namespace pier::colour::impl {
namespace {

struct Made {
  Route route;
  Codes from, to;
  std::shared_ptr<const Cells> cells;
};

Made made(const ColourInfo& from, int from_depth, int to_depth, int parts = 1, const ColourInfo& to = kSdr,
          const ConversionOptions& options = {}) {
  Made all{make_route(from, to, options).value(),
           {from.matrix, from.range, from_depth, parts},
           {to.matrix, to.range, to_depth, 1},
           nullptr};
  all.cells = make_cells(all.route, all.from, all.to);
  return all;
}

/// With all that has no cell.
Rows evaluate(const Cells& cells, const Samples& in) {
  const auto run = [&](const uint16_t* y, const uint16_t* cb, const uint16_t* cr, int width,
                       const std::array<Target, 3>& out) {
    const auto rough = std::make_unique<Rough>();
    evaluate_row(cells, y, cb, cr, width, out, *rough);
    finish(cells, *rough);
  };
  return evaluate(run, in, cells.bytes);
}

/// Codes by the reference, in double precision, not rounded.
Rgb exact(const Reference& reference, const Samples& in, size_t i, const Made& all) {
  const auto& from = all.from;
  const Rgb signal = from_ycbcr(
      {luma_signal(in.rows[0][i], from.bit_depth, from.range), chroma_signal(in.rows[1][i], from.bit_depth, from.range),
       chroma_signal(in.rows[2][i], from.bit_depth, from.range)},
      *luma_weights(from.matrix));
  const Rgb ycbcr = to_ycbcr(reference(signal), *luma_weights(all.to.matrix));
  return {luma_code(ycbcr[0], all.to.bit_depth, all.to.range), chroma_code(ycbcr[1], all.to.bit_depth, all.to.range),
          chroma_code(ycbcr[2], all.to.bit_depth, all.to.range)};
}

struct Difference {
  int most = 0;
  double part = 0;  // of the components
};

Difference difference(const Made& all, const Reference& reference, int count) {
  const Samples in = colours(all.route.from, all.from.bit_depth, all.route.source_top, count, 5);
  const Rows out = evaluate(*all.cells, in);
  constexpr size_t components = 3;
  const int top = (1 << all.to.bit_depth) - 1;
  Difference found;
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    const Rgb wanted = exact(reference, in, i, all);
    for (size_t c = 0; c < components; ++c) {
      const int off = std::abs(std::min(static_cast<int>(std::floor(wanted[c] + 0.5)), top) - out.rows[c][i]);
      found.most = std::max(found.most, off);
      found.part += off > 0 ? 1.0 / static_cast<double>(static_cast<size_t>(count) * components) : 0.0;
    }
  }
  return found;
}

TEST(Cells, NoComponentIsMoreThanOneCodeFromTheReference) {
  for (const ColourInfo& colour : {kHlg, kPq}) {
    for (const auto& [from_depth, to_depth] : {std::pair{10, 10}, std::pair{10, 8}, std::pair{12, 10}}) {
      const Made all = made(colour, from_depth, to_depth);
      const Difference found = difference(all, Reference::make(colour, kSdr).value(), 200000);
      std::printf("%s %d to %d bit: at most %d codes, other than the reference's %.2f %%\n",
                  to_string(colour.transfer).c_str(), from_depth, to_depth, found.most, 100.0 * found.part);
      EXPECT_LE(found.most, 1);
      EXPECT_LT(found.part, 0.1);
    }
  }
}

TEST(Cells, EveryMethodAndEveryTargetIsFollowed) {
  const struct {
    const char* name;
    ColourInfo from, to;
    double peak;
    ToneMap tone;
  } cases[] = {{"PQ of 4000, A", kPq, kSdr, 4000, ToneMap::kBt2446A},
               {"PQ P3, A", kPqP3, kSdr, 1000, ToneMap::kBt2446A},
               {"PQ to sRGB full range", kPq, kSrgbFull, 1000, ToneMap::kBt2446A},
               {"HLG to BT.2020 SDR", kHlg, kSdr2020, 1000, ToneMap::kBt2446A},
               {"HLG, C", kHlg, kSdr, 1000, ToneMap::kBt2446C},
               {"PQ of 4000, EETF", kPq, kSdr, 4000, ToneMap::kBt2390}};
  for (const auto& [name, from, to, peak, tone] : cases) {
    ConversionOptions options;
    options.peak_nits = peak;
    options.tone_map = tone;
    for (const int depth : {8, 10}) {
      const Made all = made(from, 10, depth, 1, to, options);
      const Difference found = difference(all, Reference::make(from, to, options).value(), 50000);
      std::printf("%s, %d bit: at most %d codes, other than the reference's %.2f %%\n", name, depth, found.most,
                  100.0 * found.part);
      EXPECT_LE(found.most, 1) << name << ", " << depth << " bit";
      EXPECT_LT(found.part, 0.1) << name << ", " << depth << " bit";
    }
  }
}

TEST(Cells, EveryInstructionSetGivesTheSameBytes) {
  std::vector<std::pair<Made, Samples>> work;
  for (const ColourInfo& colour : {kHlg, kPq}) {
    for (const int depth : {8, 10}) {
      Made all = made(colour, 10, depth);
      work.emplace_back(all, any_codes(2));
      work.emplace_back(all, any_codes(3));
      work.emplace_back(all, colours(colour, 10, all.route.source_top, 5001, 4));
    }
  }
  const auto run = [](const auto& item) { return evaluate(*item.first.cells, item.second); };
  std::vector<Rows> best;
  for (const auto& item : work) best.push_back(run(item));
  std::string names;
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    names += std::string(" ") + hwy::TargetName(target);
    for (size_t i = 0; i < work.size(); ++i) {
      const Rows out = run(work[i]);
      for (size_t c = 0; c < 3; ++c) ASSERT_EQ(out.rows[c], best[i].rows[c]) << hwy::TargetName(target) << " " << i;
    }
  }
  hwy::SetSupportedTargetsForTest(0);
  std::printf("compared:%s\n", names.c_str());
}

/// Chroma in quarters of a code, as luma rows of 4:2:0 have it.
TEST(Cells, PartsOfChromaCodesCountAsSuch) {
  const Made whole = made(kHlg, 10, 10), parts = made(kHlg, 10, 10, 4);
  const Samples in = colours(kHlg, 10, 1.0, 20000, 6);
  Samples quarters = in;
  for (size_t c = 1; c < 3; ++c)
    for (uint16_t& sample : quarters.rows[c]) sample = static_cast<uint16_t>(sample * 4);
  const Rows a = evaluate(*whole.cells, in), b = evaluate(*parts.cells, quarters);
  for (size_t c = 0; c < 3; ++c)
    for (size_t i = 0; i < 20000; ++i) ASSERT_NEAR(a.rows[c][i], b.rows[c][i], 1) << c << " " << i;
}

TEST(Cells, GreyStaysGreyUnderAnyDither) {
  for (const ColourInfo& colour : {kHlg, kPq}) {
    const Made all = made(colour, 10, 8);
    uint16_t luma[1024 + 16]{}, chroma[1024 + 16];
    for (size_t i = 0; i < 1024; ++i) luma[i] = static_cast<uint16_t>(i);
    std::fill(std::begin(chroma), std::end(chroma), uint16_t{512});
    for (int part = 1; part < 128; part += 2) {
      std::array<uint8_t, 1040> cb{}, cr{};
      std::array<Target, 3> out{Target(), Target{cb.data()}, Target{cr.data()}};
      for (Target& target : out) target.offsets.fill(static_cast<float>(part) / 128.0f);
      const auto rough = std::make_unique<Rough>();
      evaluate_row(*all.cells, luma, chroma, chroma, 1024, out, *rough);
      finish(*all.cells, *rough);
      for (size_t i = 0; i < 1024; ++i) {
        ASSERT_EQ(cb[i], 128) << i << " " << part;
        ASSERT_EQ(cr[i], 128) << i << " " << part;
      }
    }
  }
}

/// What makes the table fast: nearly all colours of BT.709 have a cell.
TEST(Cells, MostColoursHaveOne) {
  for (const ColourInfo& colour : {kHlg, kPq}) {
    const Made all = made(colour, 10, 8);
    constexpr int kCount = 2000;
    const double top = all.route.source_top;
    std::mt19937 random(8);
    std::uniform_real_distribution<double> unit(0.0, 1.0);
    Samples in(kCount);
    for (size_t i = 0; i < kCount; ++i) {
      const double level = 0.2 + 0.6 * unit(random);
      Rgb signal;
      for (double& channel : signal) channel = top * level * (0.8 + 0.2 * unit(random));
      const Rgb ycbcr = to_ycbcr(signal, *luma_weights(colour.matrix));
      in.rows[0][i] = static_cast<uint16_t>(std::lround(luma_code(ycbcr[0], 10, colour.range)));
      for (size_t c = 1; c < 3; ++c)
        in.rows[c][i] = static_cast<uint16_t>(std::lround(chroma_code(ycbcr[c], 10, colour.range)));
    }
    std::vector<uint16_t> out[3];
    for (auto& row : out) row.resize(kCount + 16);
    const auto without = [&](const std::array<Target, 3>& wanted) {
      const auto rough = std::make_unique<Rough>();
      evaluate_row(*all.cells, in.rows[0].data(), in.rows[1].data(), in.rows[2].data(), kCount, wanted, *rough);
      return rough->count;
    };
    const int luma = without({Target{out[0].data()}, Target(), Target()});
    const int chroma = without({Target(), Target{out[1].data()}, Target{out[2].data()}});
    std::printf("%s: luma of %d and chroma of %d of %d have none\n", to_string(colour.transfer).c_str(), luma, chroma,
                kCount);
    EXPECT_LT(luma, kCount / 50);
    EXPECT_LT(chroma, kCount / 50);
  }
}

/// Whoever makes a cell, in whatever order, makes the same.
TEST(Cells, ManyThreadsGiveWhatOneGives) {
  const Made alone = made(kPq, 10, 10), together = made(kPq, 10, 10);
  std::vector<Samples> in;
  for (unsigned i = 0; i < 8; ++i) in.push_back(colours(kPq, 10, alone.route.source_top, 5000, 40 + i));
  std::vector<Rows> wanted, got(in.size());
  for (const Samples& samples : in) wanted.push_back(evaluate(*alone.cells, samples));
  {
    std::vector<std::jthread> threads;
    for (size_t t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        for (size_t i = in.size(); i-- > 0;)
          if (i / 2 == t) got[i] = evaluate(*together.cells, in[i]);
      });
  }
  for (size_t i = 0; i < in.size(); ++i)
    for (size_t c = 0; c < 3; ++c) ASSERT_EQ(got[i].rows[c], wanted[i].rows[c]) << i;
}

/// A second look finds the cells that the first made.
TEST(Cells, TheSameTwice) {
  const Made all = made(kHlg, 10, 8);
  const Samples in = colours(kHlg, 10, 1.0, 20000, 50);
  const Rows first = evaluate(*all.cells, in), second = evaluate(*all.cells, in);
  for (size_t c = 0; c < 3; ++c) EXPECT_EQ(first.rows[c], second.rows[c]);
}

}  // namespace
}  // namespace pier::colour::impl
