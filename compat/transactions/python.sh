#!/usr/bin/env bash
# python.sh setup | BOOTSTRAP NAME: the life of transactional producers with confluent-kafka (librdkafka).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source compat/lib/venv.sh

venv confluent-kafka-2.16.1 confluent-kafka==2.16.1
[[ $1 == setup ]] || exec "$python" compat/transactions/transactions.py "$@"
