#include <algorithm>

#include <pier/core/file.hpp>
#include <pier/imf/conformance.hpp>

#include "codestream.hpp"
#include "descriptors.hpp"
#include "header.hpp"
#include "labels.hpp"
#include "track_reader.hpp"

namespace pier::imf {
namespace {

using namespace impl;
namespace p = property;

enum SetKind : uint8_t { kEssenceData = 0x23, kCdci = 0x28, kRgba = 0x29, kPreface = 0x2F, kFilePackage = 0x37 };
enum SoundKind : uint8_t { kWave = 0x48, kJpeg2000 = 0x5A, kChannelLabel = 0x6B, kSoundfieldLabel = 0x6C };
constexpr uint8_t kHeader = 2, kFooter = 4, kClosedComplete = 4;
constexpr size_t kMostFaults = 100;

bool is_label(ByteView item, const Label& wanted) {
  Label found{};
  if (item.size() != found.size()) return false;
  std::ranges::transform(item, found.begin(), [](std::byte b) { return std::to_integer<uint8_t>(b); });
  return same_label(found, wanted);
}

class Checks {
 public:
  Checks(const ReadTrackFile& file, int fd) : x_file(file), x_fd(fd) {}

  Result<Conformance> run() {
    partitions();
    random_index();
    header();
    if (const ReadSet* picture = x_file.find(kCdci) != nullptr ? x_file.find(kCdci) : x_file.find(kRgba)) {
      variable_index();
      picture_items(*picture);
      PIER_CHECK(codestream(*picture));
    } else if (const ReadSet* sound = x_file.find(kWave)) {
      constant_index(*sound);
      sound_items(*sound);
      channel_labels(*sound);
    } else {
      expect("ST 2067-5 clause 5", false, "there is no descriptor of a picture or of wave audio");
    }
    return std::move(x_found);
  }

 private:
  /// Says that the clause was looked at, and what breaks it.
  void expect(const std::string& clause, bool holds, const std::string& what) {
    if (std::ranges::find(x_found.checked, clause) == x_found.checked.end()) x_found.checked.push_back(clause);
    if (!holds && x_found.faults.size() < kMostFaults) x_found.faults.push_back({clause, what});
  }

  void partitions() {
    const auto& all = x_file.partitions;
    expect("ST 377-1 clause 7.1", all.front().at == 0 && all.front().kind == kHeader,
           "the file does not begin with a header partition");
    expect("ST 2067-5 clause 5", all.front().status == kClosedComplete,
           "the header partition is not closed and complete");
    expect("ST 377-1 clause 7.1", all.back().kind == kFooter, "the last partition is no footer");
    uint64_t previous = 0;
    for (const ReadPartition& one : all) {
      const std::string where = "the partition at byte " + std::to_string(one.at);
      expect("ST 377-1 clause 7.1", one.this_partition == one.at, where + " says it lies elsewhere");
      expect("ST 377-1 clause 7.1", one.previous == previous, where + " does not lead to the one before");
      expect("ST 377-1 clause 7.1", one.footer == all.back().at, where + " does not lead to the footer");
      expect("ST 378", same_label(one.pattern, labels::kOp1a), where + " is not of operational pattern 1a");
      expect("ST 2067-5 clause 5", one.index_bytes == 0 || one.body_sid == 0,
             where + " holds index and essence together");
      expect("ST 377-1 clause 7.1", one.body_offset == one.stream_at, where + " says another place in the essence");
      previous = one.at;
    }
  }

  void random_index() {
    expect("ST 377-1 clause 12", x_file.random_index_closes, "no random index pack closes the file");
    bool same = x_file.random_index.size() == x_file.partitions.size();
    for (size_t i = 0; same && i < x_file.partitions.size(); ++i) {
      same = x_file.random_index[i] == std::pair(x_file.partitions[i].body_sid, x_file.partitions[i].at);
    }
    expect("ST 377-1 clause 12", same, "the random index pack does not list the partitions as they lie");
  }

  void header() {
    expect("ST 377-1 clause 9.2", x_file.primer, "there is no primer");
    const ReadSet* preface = x_file.find(kPreface);
    const ReadSet* package = x_file.find(kFilePackage);
    const ReadSet* data = x_file.find(kEssenceData);
    expect("ST 377-1 clause 9", preface != nullptr && package != nullptr && data != nullptr,
           "preface, file package or essence container data is missing");
    if (preface == nullptr || package == nullptr || data == nullptr) return;
    expect("ST 378", is_label(preface->item(p::kPattern), labels::kOp1a), "the preface names another pattern than 1a");
    expect("ST 2067-2 clause 5.1", std::ranges::equal(package->item(p::kPackageId), data->item(p::kLinkedPackage)),
           "the essence belongs to another package than the file package");
    expect("ST 2067-2 clause 5.1", package->item(p::kPackageId).size() == 32, "the file package has no UMID");
    expect("ST 2067-5 clause 5", x_file.all(kFilePackage).size() == 1, "there is more than one file package");
  }

  void variable_index() {
    std::vector<uint64_t> offsets;
    bool in_turn = true;
    for (const ReadIndex& index : x_file.indexes) {
      in_turn = in_turn && index.start == offsets.size() && index.duration == index.offsets.size();
      offsets.insert(offsets.end(), index.offsets.begin(), index.offsets.end());
    }
    expect("ST 377-1 clause 11", in_turn, "index segments do not follow one another");
    expect("ST 377-1 clause 11", std::ranges::equal(offsets, x_file.elements, {}, {}, &ReadElement::offset),
           "index entries do not lead to the pictures");
  }

  void constant_index(const ReadSet& sound) {
    const uint64_t block = sound.number(p::kBlockAlign);
    expect("ST 382", x_file.elements.size() == 1 && same_label(x_file.elements.front().key, labels::kWaveClipElement),
           "the sound is not one clip of wave audio");
    const uint64_t bytes = x_file.elements.empty() ? 0 : x_file.elements.front().length;
    expect("ST 377-1 clause 11", x_file.indexes.size() == 1 && x_file.indexes.front().unit_bytes == block,
           "the sound has no index of constant edit units");
    expect("ST 382", block > 0 && bytes == sound.number(p::kEssenceLength) * block,
           "the clip is not as long as its descriptor says");
  }

  void picture_items(const ReadSet& picture) {
    expect("ST 422",
           std::ranges::all_of(x_file.elements,
                               [](const ReadElement& one) { return same_label(one.key, labels::kJpeg2000Element); }),
           "there are elements that are no frame-wrapped JPEG 2000 pictures");
    expect("ST 422", is_label(picture.item(p::kContainer), labels::kJpeg2000Container),
           "the container is not that of frame-wrapped JPEG 2000");
    expect("ST 377-1 clause 9.5", picture.number(p::kEssenceLength) == x_file.elements.size(),
           "the descriptor counts " + std::to_string(picture.number(p::kEssenceLength)) + " pictures, there are " +
               std::to_string(x_file.elements.size()));
    expect("ST 2067-21 clause 6.2", picture.number(p::kFrameLayout, 255) == 0, "pictures are not full frames");
    colour(picture);
    levels(picture);
  }

  void colour(const ReadSet& picture) {
    const auto has = [&](const Property& property, const Label& label) {
      return is_label(picture.item(property), label);
    };
    const bool rgb = picture.key[14] == kRgba;
    const bool sdr = has(p::kPrimaries, labels::kPrimariesBt709) && has(p::kTransfer, labels::kTransferBt709) &&
                     (rgb || has(p::kEquations, labels::kEquationsBt709));
    const bool wide = has(p::kPrimaries, labels::kPrimariesBt2020) &&
                      (has(p::kTransfer, labels::kTransferBt2020) || has(p::kTransfer, labels::kTransferPq) ||
                       has(p::kTransfer, labels::kTransferHlg)) &&
                      (rgb || has(p::kEquations, labels::kEquationsBt2020));
    const bool cinema = rgb && has(p::kPrimaries, labels::kPrimariesP3D65) && has(p::kTransfer, labels::kTransferPq);
    expect("ST 2067-21 clause 6.2", sdr || wide || cinema,
           "primaries, transfer and coding equations are no colour system of Application 2E");
  }

  void levels(const ReadSet& picture) {
    const bool rgb = picture.key[14] == kRgba;
    const ByteView layout = picture.item(p::kPixelLayout);
    const uint64_t depth =
        rgb ? (layout.size() >= 2 ? std::to_integer<uint64_t>(layout[1]) : 0) : picture.number(p::kDepth);
    const uint64_t low = picture.number(rgb ? p::kComponentMin : p::kBlack, UINT64_MAX);
    const uint64_t high = picture.number(rgb ? p::kComponentMax : p::kWhite);
    const bool sane = depth >= 8 && depth <= 16;
    const bool narrow = sane && low == 16ULL << (depth - 8) && high == 235ULL << (depth - 8);
    const bool full = sane && rgb && low == 0 && high == (1ULL << depth) - 1;
    expect("ST 2067-21 clause 6.2", narrow || full, "black and white are at levels that its samples do not have");
    if (!rgb) {
      expect("ST 2067-21 clause 6.2", picture.number(p::kAcross) == 2 && picture.number(p::kDown, 1) == 1,
             "Y'CbCr is not 4:2:2");
    }
  }

  Result<void> codestream(const ReadSet& picture) {
    const ReadSet* sub = x_file.find(kJpeg2000);
    expect("ST 422", sub != nullptr, "the descriptor has no JPEG 2000 sub-descriptor");
    if (sub == nullptr || x_file.elements.empty()) return {};
    constexpr uint64_t kMostHeader = 65536;
    Bytes head(std::min(x_file.elements.front().length, kMostHeader));
    PIER_TRY(const size_t got, read_at(x_fd, x_file.elements.front().value_at, head));
    const auto found = read_codestream_header(ByteView(head).first(got));
    expect("ST 422", found.has_value(), found ? "" : found.error().message);
    if (!found) return {};
    const auto coding = coding_label(found->rsiz);
    expect("ST 2067-21 clause 6.5", coding && is_label(picture.item(p::kCoding), *coding),
           "the label of the coding is not that of the codestream (Rsiz " + std::to_string(found->rsiz) + ")");
    expect("ST 422",
           sub->number(p::kRsiz) == found->rsiz && sub->number(p::kXsiz) == found->width &&
               sub->number(p::kYsiz) == found->height &&
               std::ranges::equal(sub->item(p::kCodingStyle), found->coding_style) &&
               std::ranges::equal(sub->item(p::kQuantisation), found->quantisation),
           "the sub-descriptor does not repeat the header of the codestream");
    expect("ST 422", !sub->item(p::kJ2cLayout).empty(), "the sub-descriptor has no J2CLayout");
    expect("ST 2067-21 clause 6.2",
           picture.number(p::kStoredWidth) == found->width && picture.number(p::kStoredHeight) == found->height,
           "the raster of the descriptor is not that of the codestream");
    return {};
  }

  void sound_items(const ReadSet& sound) {
    const ByteView rate = sound.item(p::kAudioRate);
    ByteReader in(rate);
    const uint64_t hertz = in.u32();
    expect("ST 2067-2 clause 5.3", hertz == 48000 || hertz == 96000, "the sound has neither 48 nor 96 kHz");
    const uint64_t bits = sound.number(p::kQuantisationBits), channels = sound.number(p::kChannelCount);
    expect("ST 2067-2 clause 5.3", bits == 16 || bits == 24, "the sound has neither 16 nor 24 bits");
    expect("ST 382", sound.number(p::kBlockAlign) == channels * bits / 8, "BlockAlign is not that of its channels");
    expect("ST 382", is_label(sound.item(p::kContainer), labels::kWaveClipContainer),
           "the container is not that of clip-wrapped wave audio");
    expect("ST 2067-2 clause 5.3", is_label(sound.item(p::kChannelAssignment), labels::kImfChannelAssignment),
           "the channel assignment is not that of labelled IMF channels");
  }

  void channel_labels(const ReadSet& sound) {
    const auto groups = x_file.all(kSoundfieldLabel), channels = x_file.all(kChannelLabel);
    expect("ST 377-4", groups.size() == 1, "there is not one soundfield group");
    expect("ST 377-4", channels.size() == sound.number(p::kChannelCount), "not every channel has a label");
    std::vector<uint64_t> numbers;
    for (const ReadSet* channel : channels) {
      numbers.push_back(channel->number(p::kMcaChannel));
      expect("ST 377-4",
             groups.size() == 1 && std::ranges::equal(channel->item(p::kMcaGroup), groups.front()->item(p::kMcaLink)),
             channel->text(p::kMcaSymbol) + " belongs to no soundfield group");
    }
    std::ranges::sort(numbers);
    for (size_t i = 0; i < numbers.size(); ++i)
      expect("ST 377-4", numbers[i] == i + 1, "channels are not numbered from 1 on");
    if (groups.size() == 1)
      expect("ST 2067-2 clause 5.3", !groups.front()->item(p::kMcaLanguage).empty(), "the sound has no language");
  }

  const ReadTrackFile& x_file;
  int x_fd;
  Conformance x_found;
};

}  // namespace

Result<Conformance> check_track_file(int fd) {
  PIER_TRY(const ReadTrackFile file, read_track_file(fd));
  return Checks(file, fd).run();
}

}  // namespace pier::imf
