#!/usr/bin/env bash
# make_clip.sh OUT.mp4 [WIDTH HEIGHT FRAMES]: a UHD clip to try Pier with.
#
# 3840x2160, 50p, 10 bit, BT.2020, HLG, HEVC; 384 frames are 7.68 s, two segments. Moving detail (a zooming
# fractal), moving text, a counter of frames. Sound: a stereo track with formants modulated at the rate of syllables
# beside a chord, and a 5.1 track with something of its own in every channel.
set -euo pipefail

out=$1
width=${2:-3840}
height=${3:-2160}
frames=${4:-384}
rate=50
seconds=$(awk -v n="$frames" -v r="$rate" 'BEGIN { printf "%.6f", n / r }')
font=/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf

# One small fractal, scaled up to ten bits and panned: detail that moves everywhere, cheap to make. Levels keep away from
# black and white, so that no overshoot of scaler or encoder reaches the codes reserved for timing.
picture() {
  local w=$((width / 4)) h=$((height / 4)) size=$((height / 15))
  local text="drawtext=fontfile=$font:fontcolor=0xC0C0C0"
  printf '%s' "mandelbrot=size=${w}x${h}:rate=$rate:start_scale=1.2:end_scale=0.02:end_pts=$frames:maxiter=120"
  printf '%s' ",format=rgb24,lutrgb=r=24+val*0.65:g=24+val*0.65:b=24+val*0.65"
  printf '%s' ",scale=$((width * 5 / 4)):-2:flags=bicubic:out_color_matrix=bt2020:out_range=tv,setsar=1,format=yuv420p10le"
  printf '%s' ",crop=$width:$height:x='(iw-ow)*n/$frames':y='(ih-oh)*n/$frames'"
  printf '%s' ",$text:text='Pier 4K HLG':fontsize=$((size * 2)):x='w-mod(t*w/5\,w+tw)':y=h*0.12"
  printf '%s' ",$text:text='fine text moves slowly  0123456789  abcdefghij':fontsize=$((size / 3))"
  printf '%s' ":x=w*0.05+t*$((width / 48)):y=h*0.86"
  printf '%s' ",$text:text='%{frame_num}':fontsize=$size:box=1:boxcolor=0x303030:x=w*0.05:y=h*0.7"
  printf '%s' ",setparams=range=tv:color_primaries=bt2020:color_trc=arib-std-b67:colorspace=bt2020nc"
}

# About -23.5 LKFS. A voice of three formants over a pulse train's harmonics, opened and closed four times a second.
voice() { # BASE_HZ
  local f=$1
  printf '%s' "0.11*(0.5+0.5*sin(2*PI*4*t-1.5))*(0.6+0.4*sin(2*PI*0.7*t))*(sin(2*PI*$f*t)+0.8*sin(2*PI*$((f * 5))*t)"
  printf '%s' "+0.5*sin(2*PI*$((f * 9))*t+sin(2*PI*5*t))+0.3*sin(2*PI*$((f * 19))*t))"
}

sound_stereo() {
  printf '%s' "aevalsrc=exprs='$(voice 120)+0.02*sin(2*PI*440*t)|$(voice 120)+0.02*sin(2*PI*554.37*t)'"
  printf '%s' ":channel_layout=stereo:sample_rate=48000:duration=$seconds"
}

sound_surround() { # L R C LFE Ls Rs
  printf '%s' "aevalsrc=exprs='0.035*sin(2*PI*440*t)|0.035*sin(2*PI*554.37*t)|$(voice 130)|0.09*sin(2*PI*50*t)"
  printf '%s' "|0.022*sin(2*PI*659.25*t)*sin(2*PI*0.5*t)|0.022*sin(2*PI*880*t)*sin(2*PI*0.5*t)'"
  printf '%s' ":channel_layout=5.1:sample_rate=48000:duration=$seconds"
}

encode() {
  local colour=colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc:range=limited
  ffmpeg -nostdin -hide_banner -v error -y -progress pipe:1 \
    -filter_complex_threads 2 -f lavfi -i "$(picture)" -f lavfi -i "$(sound_stereo)" -f lavfi -i "$(sound_surround)" \
    -map 0:v -map 1:a -map 2:a -t "$seconds" \
    -c:v libx265 -preset ultrafast -tag:v hvc1 -pix_fmt yuv420p10le \
    -x265-params "log-level=error:crf=24:bframes=0:rc-lookahead=5:keyint=$rate:min-keyint=$rate:scenecut=0:$colour" \
    -color_range tv -color_primaries bt2020 -color_trc arib-std-b67 -colorspace bt2020nc \
    -c:a:0 aac -b:a:0 256k -c:a:1 ac3 -b:a:1 640k -metadata:s:a:0 language=eng -metadata:s:a:1 language=eng \
    -movflags +faststart -f mp4 "$out.part"
}

# A line of progress on a terminal, nothing elsewhere.
show_progress() {
  local line
  while read -r line; do
    [[ $line == frame=* && -t 2 ]] || continue
    printf '\rmake the clip: %d of %d frames ' "${line#frame=}" "$frames" >&2
  done
  if [[ -t 2 ]]; then printf '\r\033[K' >&2; fi
}

mkdir -p "$(dirname "$out")"
trap 'rm -f "$out.part"' EXIT
encode | show_progress
mv "$out.part" "$out"
