#!/usr/bin/env bash
# run.sh [CODEC...]: Apache Kafka's LogCompactionTester against a broker that compacts eagerly (BROKER=odradek or apache).
cd "$(dirname "${BASH_SOURCE[0]}")/../.." && PYTHONPATH=compat/lib exec python3 compat/log-compaction/check_compaction.py "$@"
