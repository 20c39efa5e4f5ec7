#!/usr/bin/env bash
# run.sh VERSION setup | ROLE...: franz-go.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source compat/lib/golang.sh

version=$1; shift
golang franz-go github.com/twmb/franz-go "$version"
[[ $1 == setup ]] || exec "$program" "$@"
