#!/usr/bin/env bash
# librdkafka.sh: builds librdkafka and its tests once, under build/compat/librdkafka, and prints that folder.
#
# The sources come with the npm package of Confluent's JavaScript client, pinned.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

package=@confluentinc/kafka-javascript@1.10.1  # librdkafka 2.15.1
home=$PWD/build/compat/librdkafka
if [[ ! -e $home/complete || $(<"$home/complete") != "$package" ]]; then
  rm -rf "$home"; mkdir -p "$home"
  (
    cd "$home"
    npm pack --silent "$package"
    tar xzf ./*.tgz --strip-components=3 package/deps/librdkafka
    ./configure --disable-gssapi && make -j2 libs && make -j2 -C tests build
  ) >"$home/build.log" 2>&1 || { tail -40 "$home/build.log" >&2; exit 1; }
  echo "$package" >"$home/complete"
fi
echo "$home"
