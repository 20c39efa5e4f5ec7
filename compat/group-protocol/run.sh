#!/usr/bin/env bash
# run.sh: the classic group protocol in its wrong states, answer by answer as Apache Kafka 4.3.1 gives them (BROKER=odradek or apache).
cd "$(dirname "${BASH_SOURCE[0]}")/../.." && PYTHONPATH=compat/lib exec python3 compat/group-protocol/check_groups.py "$@"
