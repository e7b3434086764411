# Node.js and what web/ and tests/e2e take from npm.

kNodeAtLeast=20.19.0

good_node() { # NODE: is it new enough?
  local version
  version=$("$1" --version 2>/dev/null) || return 1
  printf '%s\n%s\n' "$kNodeAtLeast" "${version#v}" | sort -V -C
}

# Puts a Node.js that will do first in PATH: the machine's own, or the npm package `node`, fetched by Debian's npm.
use_node() {
  local own=$PWD/build/tools/node/node_modules/node/bin
  if command -v npm >/dev/null && good_node node; then return; fi
  if ! [[ -x $own/node ]] || ! command -v npm >/dev/null; then
    install_packages nodejs npm
    if good_node node; then return; fi
    say "Node.js here is $(node --version); taking Node.js 20 from the npm package \"node\" (about 45 MB) into build/tools"
    mkdir -p build/tools/node
    quietly 'npm install node' npm install --prefix build/tools/node --no-save --no-audit --no-fund node@20
  fi
  export PATH=$own:$PATH
  good_node node || give_up "the Node.js in build/tools/node does not run; remove that folder and try again"
}

# npm_ci DIR: what its package-lock.json names, once for every state of that file.
npm_ci() {
  local dir=$1 lock=$1/package-lock.json
  [[ -f $lock ]] || return 0
  cmp -s "$lock" "$dir/node_modules/.pier-installed" && return
  use_node
  say "$dir: npm packages to fetch: $(grep -c '"node_modules/' "$lock")"
  quietly "npm ci ${dir//\//-}" npm ci --prefix "$dir" --no-audit --no-fund
  cp "$lock" "$dir/node_modules/.pier-installed"
}
