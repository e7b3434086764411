#include "publish_options.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include <pier/jobs/job.hpp>
#include <pier/media/facts.hpp>

#include "views.hpp"

namespace pier::app {
namespace {

/// "G(x,y)B(x,y)R(x,y)WP(x,y)L(max,min)" in the units of ST 2086, as encoders take it.
Result<MasteringDisplay> parse_mastering_display(const std::string& text) {
  MasteringDisplay d;
  unsigned gx = 0, gy = 0, bx = 0, by = 0, rx = 0, ry = 0, wx = 0, wy = 0, most = 0, least = 0;
  if (std::sscanf(text.c_str(), "G(%u,%u)B(%u,%u)R(%u,%u)WP(%u,%u)L(%u,%u)", &gx, &gy, &bx, &by, &rx, &ry, &wx, &wy,
                  &most, &least) != 10 ||
      std::max({gx, gy, bx, by, rx, ry, wx, wy}) > 50000 || most <= least) {
    return fail(ErrorCode::kInvalidArgument,
                "--master-display wants G(x,y)B(x,y)R(x,y)WP(x,y)L(max,min), x and y in units of 0.00002, luminance in "
                "0.0001 cd/m2");
  }
  const auto xy = [](unsigned x, unsigned y) {
    return MasteringDisplay::Xy{static_cast<uint16_t>(x), static_cast<uint16_t>(y)};
  };
  d.red = xy(rx, ry), d.green = xy(gx, gy), d.blue = xy(bx, by), d.white = xy(wx, wy);
  d.max_luminance = most, d.min_luminance = least;
  return d;
}

}  // namespace

Result<json::object> publish_body(PublishOptions& options) {
  workflows::PublishRequest& request = options.request;
  std::error_code error;
  request.path = std::filesystem::absolute(options.file, error).native();
  request.keep_copy = options.keep == "copy";
  request.profile = absolute_profile(request.profile);
  PIER_TRY(request.tags, jobs::tags_from(options.tags));
  for (const std::string& text : options.subtitles) {
    PIER_TRY(workflows::SubtitleWish wish, parse_subtitles(text));
    request.subtitles.push_back(std::move(wish));
  }
  for (const std::string& text : options.captions) {
    PIER_TRY(workflows::SubtitleWish wish, parse_captions(text));
    request.subtitles.push_back(std::move(wish));
  }
  if (!options.hdr10_plus.empty()) request.hdr10_plus = std::filesystem::absolute(options.hdr10_plus, error).native();
  PIER_TRY(request.policy, workflows::policy_from(options.policy));
  if (options.max_cll > 0) {
    request.content_light =
        ContentLight{static_cast<uint16_t>(options.max_cll), static_cast<uint16_t>(options.max_fall)};
  }
  if (!options.master_display.empty()) {
    PIER_TRY(request.mastering_display, parse_mastering_display(options.master_display));
  }
  return json::object{{"kind", "publish"}, {"request", workflows::to_json(request)}};
}

void add_publish_options(CLI::App& command, PublishOptions& options) {
  workflows::PublishRequest& request = options.request;
  command.add_option("FILE", options.file, "The master; it is read where it lies");
  command.add_option("--ladder", request.ladder, "Ladder name; chosen by the source when absent")->type_name("NAME");
  command.add_option("--rung", request.rungs, "Only these rungs of the ladder")->type_name("NAME");
  command.add_option("--title", request.title, "Title; the file name when absent")->type_name("T");
  command.add_option("--profile", request.profile, "Profile to judge by; chosen by the source when absent")
      ->type_name("P");
  command
      .add_option(
          "--policy", options.policy,
          "A verdict \"fail\": block stops before anything is encoded (exit code 1), warn publishes and says so, "
          "ignore publishes")
      ->check(CLI::IsMember({"block", "warn", "ignore"}));
  command
      .add_option("--first", request.first,
                  "What is published, with the sound, before the rest is encoded: auto (long publications), no, or a "
                  "video rung")
      ->type_name("auto|no|RUNG");
  command.add_option("--in", request.in, "First picture: source time code HH:MM:SS:FF, or seconds")->type_name("TC");
  command.add_option("--out", request.out, "End, exclusive")->type_name("TC");
  command.add_option("--audio-map", request.audio_map, "What the sound channels are, e.g. \"1-2 stereo, 3-8 5.1\"")
      ->type_name("MAP");
  command.add_option("--keep", options.keep, "place: the master stays where it lies; copy: copy it into the store")
      ->check(CLI::IsMember({"place", "copy"}));
  command
      .add_option("--subtitles", options.subtitles,
                  "A subtitle file, published as WebVTT and IMSC; its times count from the first picture; repeatable")
      ->type_name("FILE[:lang=TAG][:name=TEXT][:encoding=NAME][:offset=TIME][:forced][:default]")
      ->allow_extra_args(false);
  command
      .add_option(
          "--captions", options.captions,
          "Captions inside of the master, published like a subtitle file: cea-608, cea-708 or teletext; repeatable")
      ->type_name("FROM[:service=N][:lang=TAG][:name=TEXT][:offset=TIME][:forced][:default]")
      ->allow_extra_args(false);
  command
      .add_option("--tags", options.tags,
                  "Only workers that offer all these tags encode it (pier worker --tags); 8k is no tag by itself")
      ->type_name("TAG,TAG");
  command
      .add_option("--hdr10plus", options.hdr10_plus,
                  "HDR10+ JSON, one entry for every picture, in place of what the master carries")
      ->type_name("FILE");
  command.add_option("--max-cll", options.max_cll, "Set MaxCLL by hand (cd/m2)")->check(CLI::Range(1, 65535));
  command.add_option("--max-fall", options.max_fall, "Set MaxFALL by hand (cd/m2)")->check(CLI::Range(1, 65535));
  command.add_option("--master-display", options.master_display,
                     "Set ST 2086 by hand: G(x,y)B(x,y)R(x,y)WP(x,y)L(max,min)");
}

}  // namespace pier::app
