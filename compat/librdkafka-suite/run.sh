#!/usr/bin/env bash
# run.sh [--mode default|idempotent|old] [--all] [TEST...]: librdkafka's own test-runner against the broker (BROKER=odradek or apache).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

home=$(compat/lib/librdkafka.sh)
PYTHONPATH=compat/lib exec python3 compat/librdkafka-suite/suite.py "$home" "$@"
