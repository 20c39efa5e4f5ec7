#!/usr/bin/env bash
# dump_configs.sh LIBS: writes apache_configs.tsv anew with the jars of an Apache Kafka 4.3.1 in the folder LIBS.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
javac -cp "$1/*" -d "$work" "$here/DumpConfigs.java"
java -cp "$work:$1/*" DumpConfigs "$here/apache_configs.tsv"
wc -l "$here/apache_configs.tsv"
