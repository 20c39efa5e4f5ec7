#!/usr/bin/env bash
# run.sh [CHECK...]: several log directories: replicas are moved between them, and one that fails leaves the others (BROKER=odradek or apache).
cd "$(dirname "${BASH_SOURCE[0]}")/../.." && PYTHONPATH=compat/lib exec python3 compat/log-dirs/check_log_dirs.py "$@"
