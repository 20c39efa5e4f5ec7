#!/usr/bin/env bash
# run.sh VERSION setup | ROLE...: kcat as Debian ships it, fed and watched by a small program.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

version=$1; shift
[[ $(kcat -V) == *"Version $version"* ]] || { echo "kcat $version is wanted" >&2; exit 1; }
[[ $1 == setup ]] || PYTHONPATH=compat/lib exec python3 compat/kcat/tweets_story.py "$@"
