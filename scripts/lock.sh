#!/bin/sh
# Pin every package with hashes and without the address of any index, for every platform with Python 3.11 or newer.
set -eu
tools=.venv/tools
[ -x "$tools/bin/uv" ] || .venv/bin/python -m pip install --quiet --target "$tools" uv
"$tools/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
    "$@" requirements.in requirements-dev.in --output-file requirements.lock
if grep -nE 'https?://|--find-links|--index-url' requirements.lock; then
    echo "requirements.lock must name no address" >&2
    exit 1
fi
