// Faults of streams: access units made by hand, in which everything is known, and small clips of real encoders that are
// cut or joined.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <pier/media/source.hpp>

#include "analyzers/bitrate/bitrate.hpp"
#include "analyzers/edits/edits.hpp"
#include "analyzers/gop/gop.hpp"
#include "analyzers/hrd/hrd.hpp"
#include "analyzers/metadata/metadata.hpp"
#include "analyzers/timecode/timecode.hpp"
#include "case_list.hpp"
#include "test_packets.hpp"

namespace pier::analysis::bench {

namespace {

namespace fs = std::filesystem;

constexpr MasteringDisplay kDisplay{{34000, 16000}, {13250, 34500}, {7500, 3000}, {15635, 16450}, 10'000'000, 50};
constexpr int kGroup = 25;

/// Ten seconds of a stream at 1 Mbit/s with everything that can be told of it.
struct Stream {
  std::vector<test::UnitSpec> units;
  AnalyzerContext context = test::context_of();
  media::HrdParameters hrd;
  std::optional<media::LevelLimit> level;

  explicit Stream(int count = 200, int group = kGroup) {
    hrd.schedules = {{.bit_rate = 1'000'000, .buffer_bits = 500'000, .constant = false}};
    hrd.tick = Rational(1, 50);
    for (int i = 0; i < count; ++i) {
      test::UnitSpec spec = test::units_of(i % group == 0 ? "I(0)" : "P(0)")[0];
      spec.pts = spec.dts = i;
      media::AccessUnit& unit = spec.unit;
      unit.nal_bits = 20'000;
      unit.vcl_bits = 19'000;
      unit.start_codes = true;
      unit.timing = media::PictureTiming{static_cast<uint32_t>(i == 0 ? 0 : (i - 1) % group + 1), 0};
      unit.clock = media::ClockTime{.hours = 10, .minutes = 0, .seconds = i / 50, .frames = i % 50 / 2};
      unit.hdr10_plus = unit.dovi_rpu = unit.hdr_vivid = true;
      if (i % group == 0) {
        unit.buffering_period = media::BufferingPeriod{.delays = {{45000, 0}}};
        unit.mastering_display = kDisplay;
        unit.content_light = ContentLight{900, 300};
      }
      units.push_back(spec);
    }
  }
  media::AccessUnit& at(int index) { return units[static_cast<size_t>(index)].unit; }

  AnalysisResult analyse() const {
    GopAnalyzer gop(context);
    HrdAnalyzer buffer(context);
    MetadataAnalyzer metadata(context);
    TimecodeAnalyzer timecode(context);
    BitrateAnalyzer bitrate(context);
    EditsAnalyzer edits(context);
    const media::AccessUnitReader reader(media::Codec::kHevc, {});
    for (const test::UnitSpec& spec : units) {
      media::Packet packet;
      packet.pts = spec.pts;
      packet.dts = spec.dts;
      packet.duration = spec.duration;
      packet.key = spec.key;
      for (Analyzer* one : {static_cast<Analyzer*>(&gop), static_cast<Analyzer*>(&metadata),
                            static_cast<Analyzer*>(&timecode), static_cast<Analyzer*>(&bitrate)}) {
        one->read(packet);
        one->read_unit(packet, spec.unit, reader);
      }
      buffer.take(packet, spec.unit, level ? std::nullopt : std::optional(hrd), level);
    }
    AnalysisResult result;
    for (Analyzer* one :
         {static_cast<Analyzer*>(&gop), static_cast<Analyzer*>(&buffer), static_cast<Analyzer*>(&metadata),
          static_cast<Analyzer*>(&timecode), static_cast<Analyzer*>(&bitrate), static_cast<Analyzer*>(&edits)}) {
      Outcome outcome = one->finish();
      for (Finding& finding : outcome.findings) result.findings.push_back(std::move(finding));
      result.measures[one->name()] = std::move(outcome.measures);
    }
    return result;
  }
};

/// A case around a stream that `change` did something to.
template <typename Change>
void made(CaseList& list, const std::string& fault, const std::string& strength, std::vector<Range> planted,
          Change change, bool near_miss = false) {
  Case one;
  one.fault = fault;
  one.strength = strength;
  one.planted = std::move(planted);
  one.near_miss = near_miss;
  one.encoded = [change](const std::string&) -> Result<AnalysisResult> {
    Stream stream;
    change(stream);
    return stream.analyse();
  };
  list.add(std::move(one));
}

void groups(CaseList& list) {
  for (const int lost : {1, 12}) {
    made(list, "gop.start", std::to_string(lost) + " pictures before the first access point", {{0, lost - 1}},
         [lost](Stream& s) { s.units.erase(s.units.begin(), s.units.begin() + kGroup - lost); });
  }
  for (const int length : {501, 700, 500}) {
    made(
        list, "gop.access_gap", frames(length) + " without access", {{0, length - 1}},
        [length](Stream& s) {
          s = Stream(length + kGroup, length);
          for (auto& spec : s.units) spec.unit.buffering_period.reset();
        },
        length == 500);
  }
  for (const int at : {50, 150}) {
    made(list, "gop.structure", "a skipped leading picture behind the IDR picture " + std::to_string(at),
         {{at - 1, at - 1}}, [at](Stream& s) {
           // In decoding order it comes behind the picture that it is shown before.
           auto& leading = s.units[static_cast<size_t>(at) + 1];
           leading.unit.access = media::PictureAccess::kRasl;
           leading.pts = at - 1;
           s.units[static_cast<size_t>(at) - 1].pts = at + 1;
           std::swap(leading.unit.clock, s.at(at - 1).clock);
         });
    made(list, "gop.false_key", "picture " + std::to_string(at + 5), {{at + 5, at + 5}},
         [at](Stream& s) { s.units[static_cast<size_t>(at) + 5].key = true; });
  }
}

void buffers(CaseList& list) {
  for (const int bits : {502'000, 800'000, 490'000}) {
    made(
        list, "hrd.underflow", "a picture of " + std::to_string(bits) + " bits that may take 500000",
        {{60, 60 + std::max(0, bits - 500'000) / 19'000}},
        [bits](Stream& s) {
          s.hrd.schedules[0].buffer_bits = 1'000'000;
          s.at(60).nal_bits = bits;
          for (int i = 61; i < 100; ++i) s.at(i).nal_bits = 1'000;
        },
        bits < 500'000);
  }
  for (const int bits : {19'000, 10'000, 20'000}) {
    made(
        list, "hrd.overflow", "a picture of " + std::to_string(bits) + " bits at a constant rate of 20000", {{31, 199}},
        [bits](Stream& s) {
          s.hrd.schedules[0].constant = true;
          s.at(30).nal_bits = bits;
        },
        bits == 20'000);
  }
  for (const int bits : {302'000, 400'000, 295'000}) {
    made(
        list, "hrd.level", "a picture of " + std::to_string(bits) + " bits in a buffer of 300000",
        {{40, 40 + std::max(0, bits - 300'000) / 19'000}},
        [bits](Stream& s) {
          s.level = media::LevelLimit{"level 9", 1'000'000, 300'000};
          s.at(40).nal_bits = bits;
          for (int i = 41; i < 200; ++i) s.at(i).nal_bits = 1'000;
        },
        bits < 300'000);
  }
}

void carriers(CaseList& list) {
  made(list, "metadata.changed.content_light", "900 to 901 cd/m2", {{100, 100}}, [](Stream& s) {
    for (int i = 100; i < 200; i += kGroup) s.at(i).content_light = ContentLight{901, 300};
  });
  made(list, "metadata.changed.mastering_display", "the least luminance", {{50, 50}}, [](Stream& s) {
    for (int i = 50; i < 200; i += kGroup) s.at(i).mastering_display->min_luminance = 51;
  });
  for (const int until : {25, 100}) {
    made(list, "metadata.late.content_light", "first at picture " + std::to_string(until), {{0, until - 1}},
         [until](Stream& s) {
           for (int i = 0; i < until; ++i) s.at(i).content_light.reset();
         });
    made(list, "metadata.late.mastering_display", "first at picture " + std::to_string(until), {{0, until - 1}},
         [until](Stream& s) {
           for (int i = 0; i < until; ++i) s.at(i).mastering_display.reset();
         });
  }
  for (const int count : {1, 30}) {
    const std::string strength = frames(count) + " without";
    made(list, "metadata.missing_dynamic.hdr10_plus", strength, {{70, 69 + count}}, [count](Stream& s) {
      for (int i = 0; i < count; ++i) s.at(70 + i).hdr10_plus = false;
    });
    made(list, "metadata.missing_dynamic.dolby_vision", strength, {{70, 69 + count}}, [count](Stream& s) {
      for (int i = 0; i < count; ++i) s.at(70 + i).dovi_rpu = false;
    });
    made(list, "metadata.missing_dynamic.hdr_vivid", strength, {{70, 69 + count}}, [count](Stream& s) {
      for (int i = 0; i < count; ++i) s.at(70 + i).hdr_vivid = false;
    });
  }
  for (const uint32_t nits : {1000U, 10'000'001U * 10U}) {
    made(list, "metadata.st2086_implausible", "maximum written as " + std::to_string(nits), {{0, 199}},
         [nits](Stream& s) {
           for (int i = 0; i < 200; i += kGroup) {
             s.at(i).mastering_display->max_luminance = nits;
             s.at(i).content_light.reset();
           }
         });
  }
  for (const int fall : {901, 2000, 900}) {
    made(
        list, "metadata.light_implausible", "MaxFALL " + std::to_string(fall) + " beside MaxCLL 900", {{0, 199}},
        [fall](Stream& s) {
          for (int i = 0; i < 200; i += kGroup) s.at(i).content_light = ContentLight{900, static_cast<uint16_t>(fall)};
        },
        fall == 900);
  }
}

void clocks(CaseList& list) {
  for (const int by : {1, 10}) {
    made(list, "timecode.jump", "by " + std::to_string(by) + " s", {{80, 80}}, [by](Stream& s) {
      for (int i = 80; i < 200; ++i) s.at(i).clock->seconds += by;
    });
  }
}

void edit_lists(CaseList& list) {
  const auto edited = [&](const char* fault, const char* strength, auto change, bool near_miss = false) {
    made(
        list, fault, strength, {{0, 199}},
        [change](Stream& s) {
          media::EditList whole;
          whole.edits = 1;
          change(whole);
          s.context.video->edits = whole;
        },
        near_miss);
  };
  edited("edits.trims", "half a second of the head", [](media::EditList& e) { e.cut_start = Rational(1, 2); });
  edited("edits.delays", "one frame", [](media::EditList& e) { e.delay = Rational(1, 50); });
  edited("edits.rearranges", "three stretches", [](media::EditList& e) {
    e.edits = 3;
    e.rearranged = true;
  });
  edited("edits.trims", "the whole of the media", [](media::EditList&) {}, true);
}

// ---- clips of real encoders

constexpr const char* kHevc =
    "-pix_fmt yuv420p10le -c:v libx265 -preset ultrafast -x265-params "
    "log-level=none:keyint=10:min-keyint=10:scenecut=0:bframes=3:b-adapt=0:repeat-headers=1:";
constexpr const char* kHdr =
    "open-gop=0:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:"
    "master-display='G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)':max-cll=";

Result<void> execute(const std::string& command) {
  if (std::system(command.c_str()) == 0) return {};
  return fail(ErrorCode::kInternal, "the encoder failed: " + command);
}

Result<std::string> encode(const std::string& arguments, const std::string& folder, const std::string& name) {
  fs::create_directories(folder);
  const std::string path = folder + "/" + name;
  PIER_CHECK(
      execute("ffmpeg -nostdin -v error -y -f lavfi -i testsrc2=s=128x72:r=50 -frames:v 50 " + arguments + " " + path));
  return path;
}

Result<AnalysisResult> analyse_file(const std::string& path) {
  PIER_TRY(const auto source, media::open_source(path));
  PIER_TRY(const auto facts, media::probe(source));
  PIER_TRY(AnalysisResult result, analyse(source, facts, {}));
  // The picture of the generator is what it is.
  std::erase_if(result.findings, [](const Finding& finding) {
    for (const char* ours : {"gop", "hrd", "metadata", "timecode", "edits", "damaged"}) {
      if (finding.kind.starts_with(ours)) return false;
    }
    return true;
  });
  return result;
}

void coded(CaseList& list, const std::string& fault, const std::string& strength, std::vector<Range> planted,
           std::function<Result<std::string>(const std::string& folder)> make) {
  Case one;
  one.fault = fault;
  one.strength = strength;
  one.planted = std::move(planted);
  one.encoded = [make = std::move(make)](const std::string& folder) -> Result<AnalysisResult> {
    const auto path = make(folder);
    if (!path) return tl::unexpected(path.error());
    auto result = analyse_file(*path);
    fs::remove_all(folder);
    return result;
  };
  list.add(std::move(one));
}

/// Without the bytes before the second access point.
Result<void> cut_head(const std::string& from, const std::string& to) {
  std::ifstream in(from, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const std::string vps("\x00\x00\x01\x40\x01", 5);  // parameter sets begin every access point
  const size_t second = bytes.find(vps, bytes.find(vps) + 1);
  if (second == std::string::npos) return fail(ErrorCode::kInternal, "a stream with a single access point");
  std::ofstream(to, std::ios::binary) << bytes.substr(second - 1);
  return {};
}

void encoded(CaseList& list) {
  const std::string hdr = std::string(kHevc) + kHdr + "'900,300'";
  const std::string buffered = ":hrd=1:bitrate=300:vbv-maxrate=400:vbv-bufsize=400";
  for (const char* name : {"clip.ts", "clip.mp4", "clip.mkv"}) {
    coded(list, "control", std::string("HEVC, ") + name, {},
          [=](const std::string& folder) { return encode(hdr + buffered, folder, name); });
  }
  coded(list, "control", "AVC", {}, [](const std::string& folder) {
    return encode(
        "-pix_fmt yuv420p -c:v libx264 -preset ultrafast -b:v 300k -maxrate 400k -bufsize 400k -x264-params "
        "keyint=10:min-keyint=10:scenecut=0:nal-hrd=vbr:bframes=2:b-adapt=0",
        folder, "clip.mp4");
  });
  coded(list, "gop.start", "HEVC, the head of an open group cut off", {{0, 0}}, [](const std::string& folder) {
    return encode(std::string(kHevc) + "open-gop=1", folder, "whole.hevc").and_then([&](const std::string& whole) {
      const std::string cut = folder + "/cut.hevc";
      return cut_head(whole, cut).map([&] { return cut; });
    });
  });
  coded(list, "metadata.changed.content_light", "HEVC, two streams joined", {{50, 50}}, [=](const std::string& folder) {
    return encode(hdr, folder, "a.hevc").and_then([&](const std::string& first) {
      return encode(std::string(kHevc) + kHdr + "'950,300'", folder, "b.hevc").and_then([&](const std::string& second) {
        const std::string joined = folder + "/joined.hevc";
        return execute("cat " + first + " " + second + " > " + joined).map([&] { return joined; });
      });
    });
  });
  coded(list, "edits.trims", "HEVC, a copy that begins inside a group", {{10, 19}}, [=](const std::string& folder) {
    return encode(hdr, folder, "whole.mov").and_then([&](const std::string& whole) {
      const std::string cut = folder + "/cut.mov";
      return execute("ffmpeg -nostdin -v error -y -ss 0.3 -i " + whole + " -c copy " + cut).map([&] { return cut; });
    });
  });
}

}  // namespace

void add_stream_faults(CaseList& list) {
  groups(list);
  buffers(list);
  carriers(list);
  clocks(list);
  edit_lists(list);
  encoded(list);
}

}  // namespace pier::analysis::bench
