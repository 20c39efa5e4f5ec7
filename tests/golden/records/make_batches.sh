#!/usr/bin/env bash
# make_batches.sh LIBS: writes batches.json anew with the jars of an Apache Kafka 4.3.1 in the folder LIBS.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
javac -cp "$1/*" -d "$work" "$here/MakeBatches.java"
java -cp "$work:$1/*" MakeBatches "$here/batches.json"
ls -l "$here/batches.json"
