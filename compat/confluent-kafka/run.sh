#!/usr/bin/env bash
# run.sh VERSION setup | ROLE...: confluent-kafka, which is librdkafka in Python.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source compat/lib/venv.sh

version=$1; shift
venv "confluent-kafka-$version" "confluent-kafka==$version"
[[ $1 == setup ]] || PYTHONPATH=compat/lib exec "$python" compat/confluent-kafka/tweets_story.py "$@"
