#!/usr/bin/env bash
# run.sh [KAFKA_VERSION...]: kafka-python 2.0.2's own integration tests against the broker (BROKER=odradek or apache).
# run.sh --fixtures: those for one broker with the tests' own fixtures, which start it by KAFKA_ROOT/bin/kafka-run-class.sh, of `odradek shims`.
#
# The tests are in no package, but in Debian's source of python3-kafka: its original archive is fetched with this machine's own
# package sources.  KAFKA_VERSION is what the tests believe to talk to (0.10.2.2, 1.1.1 and 2.4.0 unless told).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source compat/lib/venv.sh

home=$PWD/build/compat/kafka-python-suite
archive=python-kafka_2.0.2.orig.tar.xz
if [[ ! -e $home/complete ]]; then
  rm -rf "$home"; mkdir -p "$home/apt/parts" "$home/apt/lists/partial"
  (
    cd "$home"
    # The sources of binary packages name those of source packages, too.
    for list in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
      [[ -s $list ]] && sed 's/^Types: deb$/Types: deb-src/; s/^deb /deb-src /' "$list" >"apt/parts/${list##*/}"
    done
    apt=(apt-get -q -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$home/apt/parts" -o "Dir::State::lists=$home/apt/lists")
    "${apt[@]}" update || echo "a source without source packages does not matter"
    "${apt[@]}" source --download-only python-kafka || [[ -s $archive ]]
    tar xJf "$archive" --strip-components=1
  ) >"$home.log" 2>&1 || { tail -20 "$home.log" >&2; exit 1; }
  touch "$home/complete"
fi
venv kafka-python-suite pytest==7.4.4 pytest-mock==3.14.0 pytest-timeout==2.3.1 mock==5.1.0 lz4==4.3.3 python-snappy==0.7.3 \
  crc32c==2.7.1 xxhash==3.5.0 zstandard==0.23.0
PYTHONPATH=compat/lib exec "$python" compat/kafka-python-suite/suite.py "$home" "$@"
