#!/usr/bin/env bash
# Unpacks the oldest and the newest kubectl that Debian has into .kubectls/, for the tests that run with every version.
# Installs nothing. Where there is no apt, or no way to its archive, it says so and the tests use what the machine has.
set -uo pipefail
cd "$(dirname "$0")/.."
target=$PWD/.kubectls
command -v apt-get >/dev/null && command -v dpkg >/dev/null || { echo "no apt here: using the machine's own kubectl"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/parts" "$target"
chmod -R 777 "$work"

# $1 suite, $2 package, $3 folder
fetch() {
  [ -x "$target/$3/usr/bin/kubectl" ] && return 0
  # The archive that this machine's apt already uses, asked for another suite.
  awk 'BEGIN { RS = "" } NR == 1' /etc/apt/sources.list.d/debian.sources 2>/dev/null |
    sed "s/^Suites: .*/Suites: $1/" >"$work/parts/one.sources" || return 1
  local options=(-o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$work/parts" -o Dir::State::lists="$work/lists"
    -o Dir::Cache="$work/cache" -o Dir::State::status=/dev/null)
  apt-get "${options[@]}" update -qq >/dev/null 2>&1 || return 1
  (cd "$work" && apt-get "${options[@]}" download -qq "$2" >/dev/null 2>&1) || return 1
  dpkg -x "$work/$2"_*.deb "$target/$3"
}

fetch bookworm kubernetes-client oldest || echo "kubectl 1.20 could not be fetched"
fetch sid kubectl newest || echo "the newest kubectl could not be fetched"
ls "$target"/*/usr/bin/kubectl 2>/dev/null || true
