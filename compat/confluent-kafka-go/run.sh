#!/usr/bin/env bash
# run.sh VERSION setup | ROLE...: confluent-kafka-go.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source compat/lib/golang.sh

version=$1; shift
golang confluent-kafka-go github.com/confluentinc/confluent-kafka-go/v2 "$version"
[[ $1 == setup ]] || exec "$program" "$@"
