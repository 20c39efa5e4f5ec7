#!/usr/bin/env bash
# run.sh VERSION setup | ROLE...: kafka-python, from 1.4.7 of 2019 to today's.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source compat/lib/venv.sh

version=$1; shift
venv "kafka-python-$version" "kafka-python==$version" lz4==4.4.5 python-snappy==0.7.3 zstandard==0.25.0 crc32c==2.8
[[ $1 == setup ]] || PYTHONPATH=compat/lib exec "$python" compat/kafka-python/tweets_story.py "$@"
