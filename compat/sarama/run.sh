#!/usr/bin/env bash
# run.sh VERSION setup | ROLE...: sarama.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source compat/lib/golang.sh

version=$1; shift
golang sarama github.com/IBM/sarama "$version"
[[ $1 == setup ]] || exec "$program" "$@"
