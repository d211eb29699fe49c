#!/usr/bin/env bash
# Prints the oldest and the newest Python on this machine that liqolab can run on, each a line: version and path. One
# line where there is only one. Looks on the PATH, into pyenv's and uv's folders, and fetches Debian's where there is apt.
set -uo pipefail

if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] && ! /usr/bin/python3 -c 'import ensurepip' 2>/dev/null; then
  (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends python3-venv) \
    >/dev/null 2>&1 || echo "Debian's own Python could not be fetched" >&2
fi

# What a shim cannot start, what is too old and what cannot make a virtual environment says nothing here.
describe='
import ensurepip, sys, venv
version = sys.version_info
if version >= (3, 11) and version.releaselevel == "final":
    print("{}.{}.{}".format(*version), getattr(sys, "_base_executable", sys.executable))
'

folders() {
  tr : '\n' <<<"$PATH:/usr/bin:/usr/local/bin"
  printf '%s\n' "${PYENV_ROOT:-$HOME/.pyenv}"/versions/*/bin "$HOME"/.local/share/uv/python/*/bin
}

folders | while read -r folder; do
  for python in "$folder"/python3 "$folder"/python3.1?; do
    # What cannot be started is passed over: it is no failure of the search.
    if [ -x "$python" ]; then "$python" -c "$describe" 2>/dev/null </dev/null || true; fi
  done
done | sort -u -k 1,1V | sed -n '1p;$p' | uniq
