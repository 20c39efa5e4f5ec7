#!/usr/bin/env bash
# run.sh [OPTIONS]: a chaos run (chaos.py) with the pinned client library.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source compat/lib/venv.sh

venv confluent-kafka-2.16.1 confluent-kafka==2.16.1
exec "$python" tests/chaos/chaos.py "$@"
