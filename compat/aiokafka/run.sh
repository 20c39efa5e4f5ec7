#!/usr/bin/env bash
# run.sh VERSION setup | ROLE...: aiokafka, the asyncio client.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source compat/lib/venv.sh

version=$1; shift
venv "aiokafka-$version" "aiokafka==$version" cramjam==2.14.0
[[ $1 == setup ]] || PYTHONPATH=compat/lib exec "$python" compat/aiokafka/tweets_story.py "$@"
