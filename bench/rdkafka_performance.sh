#!/usr/bin/env bash
# rdkafka_performance.sh: builds librdkafka's rdkafka_performance once, and prints the program.
#
# The sources of compat/lib/librdkafka.sh come without it; Debian's librdkafka-dev has it among its examples.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

program=$PWD/build/bench/rdkafka_performance
source=/usr/share/doc/librdkafka-dev/examples/rdkafka_performance.c
if [[ ! -x $program ]]; then
  [[ -e $source ]] || { echo "librdkafka-dev is not installed: ./dev setup bench" >&2; exit 1; }
  library=$(compat/lib/librdkafka.sh)
  read -ra libraries < <(sed -n 's/^LIBS+=//p' "$library/Makefile.config")
  mkdir -p build/bench
  cc -O2 -w -I "$library/src" -o "$program" "$source" "$library/src/librdkafka.a" "${libraries[@]}"
fi
echo "$program"
