#!/usr/bin/env bash
# run.sh: transactions in every state, answer by answer and client by client as on Apache Kafka 4.3.1 (BROKER=odradek or apache).
cd "$(dirname "${BASH_SOURCE[0]}")/../.." &&
  PYTHONPATH=compat/lib:compat/group-protocol exec python3 compat/transactions/check_transactions.py "$@"
