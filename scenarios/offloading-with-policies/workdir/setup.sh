#!/usr/bin/env bash
# Provisions the playground of this lesson: three clusters, with Liqo on each of them.
# Running it again deletes the clusters and makes them anew. Kubeconfigs are written to the current folder.
set -e
set -o pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"

say() { printf '%s\t%s\n' "$1" "$2"; }

require() {
  command -v "$1" >/dev/null 2>&1 || { say ERROR "$2" >&2; exit 1; }
}

# What a command prints is of interest only when it fails.
attempt() {
  local complaint=$1 output
  shift
  output=$("$@" 2>&1) || { say ERROR "$complaint: $output" >&2; exit 1; }
}

create_cluster() {
  say INFO "Creating cluster \"$1\"..."
  attempt "Failed to create cluster \"$1\"" \
    kind create cluster --name "$1" --kubeconfig "$2" --config "$here/manifests/cluster.yaml" --wait 5m
  say SUCCESS "Cluster \"$1\" has been created."
}

install_liqo() {
  say INFO "Installing liqo on cluster \"$1\"..."
  attempt "Failed to install liqo on cluster \"$1\"" \
    liqoctl install kind --cluster-name "$1" --cluster-labels="$3" --kubeconfig "$2"
  say SUCCESS "Liqo has been installed on cluster \"$1\"."
}

require kubectl "Kubectl could not be found on your system. Please install kubectl to continue: https://kubernetes.io/docs/tasks/tools/install-kubectl/"
require kind "Kind could not be found on your system. Please install kind to continue: https://kind.sigs.k8s.io/docs/user/quick-start/#installation"
require liqoctl "Liqoctl could not be found on your system. Please install liqoctl to continue"

clusters=(venice florence naples)
regions=(north center south)

say INFO "Ensuring that none of ${clusters[*]} is running..."
attempt "Failed to delete the clusters" kind delete clusters "${clusters[@]}"
say SUCCESS "None of ${clusters[*]} is running."

provision() {
  local name=${clusters[$1]} kubeconfig="liqo_kubeconf_${clusters[$1]}"
  create_cluster "$name" "$kubeconfig"
  install_liqo "$name" "$kubeconfig" "topology.liqo.io/region=${regions[$1]}"
}

# The clusters are made side by side. With -m each job leads a process group, which Ctrl-C is passed on to.
set -m
jobs=()
trap 'for job in "${jobs[@]}"; do kill -INT -- "-$job" 2>/dev/null; done; wait 2>/dev/null; exit 130' INT TERM
for index in "${!clusters[@]}"; do
  provision "$index" &
  jobs+=($!)
done
failed=0
for job in "${jobs[@]}"; do wait "$job" || failed=1; done
exit "$failed"
