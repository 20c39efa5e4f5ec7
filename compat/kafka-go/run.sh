#!/usr/bin/env bash
# run.sh VERSION setup | ROLE...: kafka-go.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source compat/lib/golang.sh

version=$1; shift
golang kafka-go github.com/segmentio/kafka-go "$version"
[[ $1 == setup ]] || exec "$program" "$@"
