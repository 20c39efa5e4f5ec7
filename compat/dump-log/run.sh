#!/usr/bin/env bash
# run.sh [DATA_DIR...]: Apache Kafka's DumpLogSegments reads what the stories left behind (BROKER=odradek or apache).
cd "$(dirname "${BASH_SOURCE[0]}")/../.." && PYTHONPATH=compat/lib exec python3 compat/dump-log/check_dump.py "$@"
