# Configure and compile.

# Two gigabytes a compiler: the coroutine files need that much.
compile_jobs() {
  local memory cores
  memory=$(($(sed -nE 's/^MemAvailable: +([0-9]+).*/\1/p' /proc/meminfo) / 2000000))
  cores=$(nproc)
  echo $((memory < 1 ? 1 : memory < cores ? memory : cores))
}

configure() { # PRESET [cmake arguments]
  local preset=$1 log=build/log/configure-$1.log
  shift
  if [[ ! -f build/$preset/build.ninja ]] || (($# > 0)); then
    quietly "configure $preset" cmake --preset "$preset" "$@"
    return
  fi
  mkdir -p build/log
  ninja -C "build/$preset" build.ninja >"$log" 2>&1 || { tail -n 30 "$log" >&2; give_up "configure $preset failed"; }
}

# compile PRESET [TARGET...]: silent when there is little to do; a terminal sees ninja's count.
compile() {
  local preset=$1 status=0 started=$SECONDS log=build/log/compile-$1.log said=no
  shift
  mkdir -p build/log
  ninja -C "build/$preset" -j "$(compile_jobs)" "$@" >"$log" 2>&1 </dev/null &
  local pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    if [[ $said == no ]] && ((SECONDS - started >= 3)); then
      say "compile $preset, $(compile_jobs) at a time"
      said=yes
    fi
    [[ ! -t 2 ]] || printf '\r%s ' "$(tail -n 1 "$log" | cut -c 1-100)" >&2
    sleep 0.2
  done
  wait "$pid" || status=$?
  [[ ! -t 2 ]] || printf '\r\033[K' >&2
  if ((status != 0)); then
    grep -vE '^\[[0-9]+/[0-9]+\] ' "$log" | head -n 200
    give_up "the build failed; again, with all it says: ninja -C build/$preset"
  fi
  [[ $said == no ]] || say "compile $preset: done in $((SECONDS - started)) s"
}

targets_of_program() {
  ninja -C build/release -t targets all | sed -nE 's/^(pier|web): .*/\1/p' | sort -u
}

# The program and what it needs beside it: build/release/bin/pier and build/release/share/pier.
build_program() {
  install_packages $(packages_of build)
  npm_ci web/player
  configure release
  local targets
  mapfile -t targets < <(targets_of_program)
  compile release "${targets[@]}"
  [[ -x build/release/bin/pier ]] || give_up "the build left no build/release/bin/pier; see build/log/configure-release.log"
}

build_everything() {
  install_packages $(packages_of build test)
  npm_ci web/player
  configure release
  compile release
}
