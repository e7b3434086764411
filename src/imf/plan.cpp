#include <algorithm>
#include <array>

#include <pier/imf/mastering.hpp>

namespace pier::imf {
namespace {

/// ST 2067-21 Table 3: rates of the UHD row, which holds every smaller raster too; 120 has a place only as RGB.
constexpr std::array<std::pair<int, int>, 8> kRates{
    {{24, 1}, {24000, 1001}, {25, 1}, {30, 1}, {30000, 1001}, {50, 1}, {60, 1}, {60000, 1001}}};

Failure unsupported(const std::string& what) {
  return fail(ErrorCode::kInputUnsupported, what);
}

struct NamedColour {
  std::string_view name;
  Primaries primaries;
  Transfer transfer;
  Matrix matrix;
};
constexpr std::array<NamedColour, 5> kColours{{
    {"bt709", Primaries::kBt709, Transfer::kBt709, Matrix::kBt709},
    {"bt2020", Primaries::kBt2020, Transfer::kBt2020_10, Matrix::kBt2020Ncl},
    {"bt2020-pq", Primaries::kBt2020, Transfer::kPq, Matrix::kBt2020Ncl},
    {"bt2020-hlg", Primaries::kBt2020, Transfer::kHlg, Matrix::kBt2020Ncl},
    {"p3d65-pq", Primaries::kP3D65, Transfer::kPq, Matrix::kBt2020Ncl},
}};

/// What the source says of its colour, completed by the user's word, else refused: colour is never guessed.
Result<ColourInfo> colour_of(const media::VideoFacts& video, const MasteringOptions& options,
                             std::vector<std::string>& notes) {
  ColourInfo colour = video.colour;
  const auto named = std::ranges::find(kColours, options.colour, &NamedColour::name);
  if (!options.colour.empty() && named == kColours.end())
    return fail(ErrorCode::kInvalidArgument, "\"" + options.colour +
                                                 "\" is no colour of Application 2E; there are bt709, bt2020, "
                                                 "bt2020-pq, bt2020-hlg and p3d65-pq");
  const auto complete = [&](auto& field, auto said, const char* what) {
    using Field = std::remove_reference_t<decltype(field)>;
    if (field != Field::kUnspecified || options.colour.empty()) return;
    field = said;
    notes.push_back(std::string(what) + " taken as " + to_string(said) + ", as told: the source says none");
  };
  if (named != kColours.end()) {
    complete(colour.primaries, named->primaries, "primaries");
    complete(colour.transfer, named->transfer, "transfer");
    if (!video.format.rgb) complete(colour.matrix, named->matrix, "matrix");
  }
  if (video.format.rgb) colour.matrix = Matrix::kRgb;
  if (colour.primaries == Primaries::kUnspecified || colour.transfer == Transfer::kUnspecified ||
      colour.matrix == Matrix::kUnspecified) {
    return unsupported(
        "the source does not say its colour, which Application 2E labels (ST 2067-21 clause 6.2); say it with "
        "--colour bt709, bt2020, bt2020-pq, bt2020-hlg or p3d65-pq");
  }
  // H.273: one curve under two numbers.
  if (colour.transfer == Transfer::kSmpte170m && colour.primaries == Primaries::kBt709)
    colour.transfer = Transfer::kBt709;
  if (colour.range == Range::kUnspecified) {
    colour.range = video.format.rgb ? Range::kFull : Range::kNarrow;
    notes.push_back("range taken as " + to_string(colour.range) + ", the default of its coding: the source says none");
  }
  return colour;
}

Result<void> check_raster(const media::VideoFacts& video, const Rational& rate, bool rgb) {
  if (video.interlaced)
    return unsupported("the pictures are interlaced; a package is made of progressive ones: deinterlace the master");
  if (video.rotation != 0) return unsupported("the pictures are rotated by their container; turn them first");
  if (video.variable_rate || rate.num <= 0) {
    return unsupported("the pictures have no constant rate, which a track file needs (ST 2067-2 clause 5.2)");
  }
  const bool known = std::ranges::any_of(kRates, [&](auto one) { return Rational(one.first, one.second) == rate; });
  if (!known && !(rgb && rate == Rational(120))) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3f", rate.value());
    return unsupported(std::string("Application 2E has no place for ") + text +
                       " pictures a second (ST 2067-21 Table 3); it has 23.976, 24, 25, 29.97, 30, 50, 59.94 and 60");
  }
  const int width = rgb ? 4096 : 3840, height = rgb ? 3112 : 2160;
  if (video.width > width || video.height > height) {
    return unsupported("Application 2E has no place for " + std::to_string(video.width) + "x" +
                       std::to_string(video.height) + (rgb ? " RGB" : " Y'CbCr") + " (ST 2067-21 Table 3 ends at " +
                       std::to_string(width) + "x" + std::to_string(height) + "); scale the master down first");
  }
  if (!rgb && video.width % 2 != 0) return unsupported("4:2:2 needs an even width; cut the master by a column");
  return {};
}

/// Bit/s that a mezzanine of such pictures commonly has: about 1.7 bits a pixel.
int64_t usual_bitrate(const media::VideoFacts& video, const Rational& rate) {
  constexpr double kBitsPerPixel = 1.7;
  constexpr int64_t kStep = 10'000'000;
  const double wanted = kBitsPerPixel * video.width * video.height * rate.value();
  return std::max<int64_t>(2, static_cast<int64_t>(wanted / kStep) + 1) * kStep;
}

Result<PicturePlan> plan_pictures(const media::Facts& facts, const MasteringOptions& options,
                                  std::vector<std::string>& notes) {
  PicturePlan plan;
  plan.video = static_cast<size_t>(facts.main_video);
  const media::VideoFacts& video = facts.video[plan.video];
  PIER_TRY(plan.source_colour, colour_of(video, options, notes));
  const ColourInfo& from = plan.source_colour;
  PictureTrack& track = plan.track;
  // Y'CbCr of Application 2E is 4:2:2 and ends at 3840 x 2160; P3 and all that is more goes as RGB.
  const bool rgb = video.format.rgb || from.primaries == Primaries::kP3D65 || video.format.chroma == Chroma::k444 ||
                   video.width > 3840 || video.height > 2160;
  PIER_CHECK(check_raster(video, video.frame_rate, rgb));
  const int depth = video.format.bit_depth;
  track.format.rgb = rgb;
  track.format.chroma = rgb ? Chroma::k444 : Chroma::k422;
  // Two bits more where R'G'B' comes out of Y'CbCr, so that nothing is lost by rounding.
  const bool through_matrix = rgb && !video.format.rgb;
  track.format.bit_depth = static_cast<uint8_t>(depth + (through_matrix ? 2 : 0) <= 10 ? 10 : 12);
  if (depth > 12) notes.push_back("samples of " + std::to_string(depth) + " bits are rounded to 12");
  track.colour = from;
  track.colour.matrix = rgb ? Matrix::kRgb : from.matrix;
  track.colour.range = rgb && video.format.rgb ? from.range : rgb ? Range::kFull : Range::kNarrow;
  track.colour.chroma_site = rgb ? ChromaSite::kUnspecified : ChromaSite::kLeft;
  track.width = video.width;
  track.height = video.height;
  track.rate = video.frame_rate;
  track.aspect = Rational(video.width, video.height) * video.sample_aspect;
  track.mastering_display = video.mastering_display;
  plan.bitrate = options.bitrate > 0 ? options.bitrate : usual_bitrate(video, track.rate);
  if (video.format.to_string() != track.format.to_string())
    notes.push_back("pictures go from " + video.format.to_string() + " to " + track.format.to_string());
  return plan;
}

// ---- sound

constexpr uint64_t k71Wave = 0x63F;  // FL FR FC LFE BL BR SL SR
constexpr uint64_t k51Side = 0x60F, k51Back = 0x3F;

Result<SoundPlan> plan_sound_of(const media::Facts& facts, size_t index, const Rational& rate,
                                const MasteringOptions& options, std::vector<std::string>& notes) {
  const media::AudioFacts& audio = facts.audio[index];
  const std::string name = "sound track " + std::to_string(index + 1);
  SoundPlan plan;
  plan.audio = index;
  const uint64_t mask = audio.channel_mask;
  if (audio.channels == 1) {
    plan.track.soundfield = Soundfield::kMono;
    plan.order = {0};
  } else if (audio.channels == 2) {
    plan.track.soundfield = Soundfield::kStereo;
    plan.order = {0, 1};
  } else if (audio.channels == 6 && (mask == 0 || mask == k51Side || mask == k51Back)) {
    plan.track.soundfield = Soundfield::k51;
    plan.order = {0, 1, 2, 3, 4, 5};
  } else if (audio.channels == 8 && (mask == 0 || mask == k71Wave)) {
    plan.track.soundfield = Soundfield::k71;
    plan.order = {0, 1, 2, 3, 6, 7, 4, 5};  // sides before rears
  } else {
    return unsupported(name + " has " + std::to_string(audio.channels) +
                       " channels in a layout that has no soundfield group here (ST 2067-8); mono, stereo, 5.1 and "
                       "7.1 have: map them first, or leave sound out with --no-sound");
  }
  if (audio.channels > 2 && mask == 0)
    notes.push_back(name + " does not say its layout; taken in the order L R C LFE and surrounds");
  if (audio.sample_rate != 48000 && audio.sample_rate != 96000) {
    return unsupported(name + " has " + std::to_string(audio.sample_rate) +
                       " Hz; a package has 48 or 96 kHz (ST 2067-2 clause 5.3): resample the master first");
  }
  plan.track.sample_rate = audio.sample_rate;
  plan.track.bits = audio.codec == media::Codec::kPcm && audio.bit_depth == 16 ? 16 : 24;
  if (audio.bit_depth > 24) notes.push_back(name + " is rounded to 24 bits");
  plan.track.language = audio.language == "und" ? "" : audio.language;
  if (plan.track.language.empty()) {
    plan.track.language = options.language.empty() ? "und" : options.language;
    notes.push_back(name + " does not say its language; labelled as " + plan.track.language);
  }
  plan.track.title = options.title;
  plan.track.picture_rate = rate;
  return plan;
}

}  // namespace

Result<MasteringPlan> plan_mastering(const media::Facts& facts, const MasteringOptions& options) {
  MasteringPlan plan;
  if (facts.main_video < 0) return unsupported("there are no pictures, which give a composition its rate");
  const media::VideoFacts& video = facts.video[static_cast<size_t>(facts.main_video)];
  plan.edit_rate = video.frame_rate;
  if (options.pictures) {
    PIER_TRY(plan.picture, plan_pictures(facts, options, plan.notes));
    plan.content_light = video.content_light;
  }
  for (size_t i = 0; options.sound && i < facts.audio.size(); ++i) {
    PIER_TRY(SoundPlan sound, plan_sound_of(facts, i, plan.edit_rate, options, plan.notes));
    plan.sound.push_back(std::move(sound));
  }
  if (!plan.picture && plan.sound.empty()) return unsupported("the source has nothing that the package is to hold");
  return plan;
}

}  // namespace pier::imf
