# ./dev bench NAME: tools/bench/NAME measures beside the peer and prints one JSON object a line.

dev_bench() {
  local name=${1:-} have
  have=$(find tools/bench -maxdepth 1 -type f -executable -printf '%f\n' 2>/dev/null | sort | tr '\n' ' ')
  [[ -n $name ]] || { say "benchmarks: ${have:-none yet}"; return; }
  [[ " $have" == *" $name "* ]] || give_up "no benchmark \"$name\"; there are: ${have:-none yet}"
  shift
  { build_program; install_packages $(packages_of test); } >&2
  tools/bench/"$name" "$@"
}
