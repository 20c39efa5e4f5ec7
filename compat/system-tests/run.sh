#!/usr/bin/env bash
# run.sh [CHECK...]: the programs of Apache's system tests against the broker (BROKER=odradek or apache).
cd "$(dirname "${BASH_SOURCE[0]}")/../.." && PYTHONPATH=compat/lib exec python3 compat/system-tests/check_programs.py "$@"
