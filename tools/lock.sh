#!/usr/bin/env bash
# Write requirements.lock anew: exact versions with hashes for all platforms, no addresses. Needs uv.
set -eu
cd "$(dirname "$0")/.."
uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
  --all-extras --group dev pyproject.toml --output-file requirements.lock --quiet "$@"
# What a server needs of it, for deploy/Containerfile.
uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
  --extra server --constraint requirements.lock pyproject.toml --output-file deploy/requirements.lock --quiet
