#!/usr/bin/env bash
# run.sh [CHECK...]: Apache Kafka's own command-line tools against the broker (BROKER=odradek or apache).
cd "$(dirname "${BASH_SOURCE[0]}")/../.." && PYTHONPATH=compat/lib exec python3 compat/apache-tools/check_tools.py "$@"
