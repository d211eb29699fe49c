#!/usr/bin/env bash
# Provisions the playground of this lesson: two clusters, with Liqo on both of them.
# Running it again deletes the clusters and makes them anew. Kubeconfigs are written to the current folder.
set -e
set -o pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"

say() { printf '%s\t%s\n' "$1" "$2"; }

# What a command prints is of interest only when it fails.
attempt() {
  local complaint=$1 output
  shift
  output=$("$@" 2>&1) || { say ERROR "$complaint: $output" >&2; exit 1; }
}

provision() {
  say INFO "Creating cluster \"$1\"..."
  attempt "Failed to create cluster \"$1\"" \
    kind create cluster --name "$1" --kubeconfig "liqo_kubeconf_$1" --config "$here/manifests/cluster.yaml" --wait 5m
  say SUCCESS "Cluster \"$1\" has been created."
  say INFO "Installing liqo on cluster \"$1\"..."
  attempt "Failed to install liqo on cluster \"$1\"" \
    liqoctl install kind --cluster-name "$1" --kubeconfig "liqo_kubeconf_$1"
  say SUCCESS "Liqo has been installed on cluster \"$1\"."
}

clusters=(london newyork)

attempt "Failed to delete the clusters" kind delete clusters "${clusters[@]}"

# The clusters are made side by side. With -m each job leads a process group, which Ctrl-C is passed on to.
set -m
jobs=()
trap 'for job in "${jobs[@]}"; do kill -INT -- "-$job" 2>/dev/null; done; wait 2>/dev/null; exit 130' INT TERM
for cluster in "${clusters[@]}"; do
  provision "$cluster" &
  jobs+=($!)
done
failed=0
for job in "${jobs[@]}"; do wait "$job" || failed=1; done
exit "$failed"
