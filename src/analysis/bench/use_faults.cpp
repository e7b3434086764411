#include "case_list.hpp"

namespace pier::analysis::bench {

using test::Kind;

namespace {

/// Eleven seconds at 25 Hz: statements about a programme need ten. 720p does, most statistics are shares.
Case programme(const CaseList& list, const std::string& fault, const std::string& strength, Kind kind,
               Content content) {
  Case one = list.picture(fault, strength, kind, content, 276);
  one.clip.fps = 25;
  one.planted = {{0, 275}};
  return one;
}

/// Near miss: small lights above SDR white.
void sdr_in_hdr(CaseList& list) {
  for (const Kind kind : {Kind::kHlg, Kind::kPq}) {
    for (const Content content : {Content::kDetail, Content::kSky, Content::kGrain, Content::kHighlights}) {
      if (!list.full() && content != Content::kDetail && content != Content::kHighlights) continue;
      const bool near_miss = content == Content::kHighlights;
      Case one = programme(list, "hdr_use.sdr_in_hdr", "a programme of " + name(content), kind, content);
      one.near_miss = near_miss;
      one.look.colour = 6;  // within BT.709 also where it is dark
      list.add(std::move(one));
    }
  }
}

/// Codes of gamma video tagged as HDR, and in a near miss the same scene graded for HDR.
void suspect_transfer(CaseList& list) {
  for (const Kind kind : {Kind::kHlg, Kind::kPq}) {
    for (const bool near_miss : {false, true}) {
      Case one = programme(list, "hdr_use.suspect_transfer", near_miss ? "graded for HDR" : "codes of SDR", kind,
                           Content::kSky);
      one.near_miss = near_miss;
      if (near_miss) {
        one.look.peak = 300;
      } else {
        one.second_look = look_of(Content::kSky);
        one.second_look->peak = 99;
        one.second_clip = one.clip;
        one.second_clip->kind = Kind::kSdr;
        const ColourInfo tag = test::colour_of(kind);
        one.plant = [tag](media::Frame& frame, int index, const Scenery* second) {
          frame = second->frame(index);
          frame.picture.set_colour(tag);
        };
      }
      list.add(std::move(one));
    }
  }
}

}  // namespace

void add_use_faults(CaseList& list) {
  sdr_in_hdr(list);
  suspect_transfer(list);
}

}  // namespace pier::analysis::bench
