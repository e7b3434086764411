# ./dev samples DIR: probe, check and publish over real media.

dev_samples() {
  local dir=${1:-}
  [[ -n $dir ]] || give_up "samples wants a folder: ./dev samples DIR"
  dir=$(cd "$called_from" && readlink -f "$dir") || true
  [[ -d $dir ]] || give_up "$1 is no folder"
  build_program
  python3 tools/samples.py build/release/bin/pier "$dir" build/samples
}
