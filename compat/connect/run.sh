#!/usr/bin/env bash
# run.sh: Kafka Connect carries a file's lines into a topic and from there to another file (BROKER=odradek or apache).
cd "$(dirname "${BASH_SOURCE[0]}")/../.." && PYTHONPATH=compat/lib exec python3 compat/connect/check_files.py "$@"
