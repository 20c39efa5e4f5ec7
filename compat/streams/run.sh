#!/usr/bin/env bash
# run.sh: Kafka Streams' word count, stopped and started again, and a broker that is, too (BROKER=odradek or apache).
cd "$(dirname "${BASH_SOURCE[0]}")/../.." && PYTHONPATH=compat/lib exec python3 compat/streams/check_word_count.py "$@"
