#!/usr/bin/env bash
# run.sh [ROUNDS]: one data directory, handed to and fro between Odradek and Apache Kafka 4.3.1, two ways each round.  2 rounds
# see every combination; the long form is 10.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source compat/lib/venv.sh

venv "confluent-kafka-2.16.1" "confluent-kafka==2.16.1"
PYTHONPATH=compat/lib exec "$python" compat/interchange/interchange.py "$@"
