#!/usr/bin/env bash
# run.sh: the versions that only clients older than 2.1 use, answer by answer as Apache Kafka 3.9.2 gives them
# (BROKER=odradek or apache).
cd "$(dirname "${BASH_SOURCE[0]}")/../.." && ORACLE_VERSION=3.9.2 PYTHONPATH=compat/lib exec python3 compat/old-versions/check_old_versions.py "$@"
