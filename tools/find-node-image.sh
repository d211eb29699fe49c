#!/usr/bin/env bash
# Prints a node image for KinD that is on this machine: the one that LIQOLAB_NODE_IMAGE names, else one of KinD's own,
# which is pulled if it has to be. Fails where there is none.
set -euo pipefail

engine=${KIND_EXPERIMENTAL_PROVIDER:-docker}
default=kindest/node:v1.34.0
if [ -n "${LIQOLAB_NODE_IMAGE:-}" ]; then
    "$engine" image inspect "$LIQOLAB_NODE_IMAGE" >/dev/null 2>&1
    echo "$LIQOLAB_NODE_IMAGE"
    exit
fi
found=$("$engine" image ls --filter reference=kindest/node --format '{{.Repository}}:{{.Tag}}' | sed -n '/<none>/!{p;q}')
if [ -z "$found" ]; then
    timeout 600 "$engine" pull -q "$default" >/dev/null 2>&1
    found=$default
fi
echo "$found"
