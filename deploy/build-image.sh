#!/usr/bin/env bash
# Builds the image of the Dockerfile where there is no Docker engine, and no registry of images to be reached: with
# buildah (chroot isolation, storage driver vfs), on a base image made with debootstrap under the name that the
# Dockerfile uses. Its Python is Debian's own, which is another version than the name says; everything else is the same.
#
#   deploy/build-image.sh DIRECTORY     needs root, buildah, debootstrap, and Python with pip (PYTHON=…)
#
# All is left in DIRECTORY: storage/ (the images), base/ and wheels/, which a second run uses again.
set -euo pipefail
work=$(mkdir -p "${1:?usage: deploy/build-image.sh DIRECTORY}" && cd "$1" && pwd)
cd "$(dirname "$0")/.."

base=$(sed -n 's/^FROM \([^ ]*\).*/\1/p' Dockerfile | head -n 1)
suite=${base##*-}
python=${PYTHON:-python3}
buildah() { command buildah --root "$work/storage" --runroot "$work/run" --storage-driver vfs "$@"; }

if ! [ -e "$work/base.done" ]; then
  rm -rf "$work/base"
  debootstrap --variant=minbase --include=python3,python3-venv,python-is-python3,ca-certificates,tzdata \
    "$suite" "$work/base" >"$work/debootstrap.log" 2>&1 || { tail -n 20 "$work/debootstrap.log" >&2; exit 1; }
  touch "$work/base.done"
fi

if ! buildah inspect --type image "localhost/$base" >/dev/null 2>&1; then
  container=$(buildah from scratch)
  buildah add --quiet "$container" "$work/base" / >/dev/null
  buildah commit --quiet "$container" "localhost/$base" >/dev/null
  buildah rm "$container" >/dev/null
fi

# What the build would fetch is fetched here, with the same hashes, so that nothing of this machine goes into the image.
version=$(chroot "$work/base" python3 -c 'import sys; print(*sys.version_info[:2], sep=".")')
"$python" -m pip download --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
  --python-version "$version" --dest "$work/wheels" --requirement requirements.lock

buildah build --isolation chroot --format docker --pull-never --layers=false --tag localhost/watcher \
  --volume "$work/wheels:/wheels:ro" --build-arg PIP_OPTIONS="--no-index --find-links /wheels" .
