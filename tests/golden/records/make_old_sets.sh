#!/usr/bin/env bash
# make_old_sets.sh: writes old_message_sets.jsonl anew, with the kafka-clients of each era from Maven Central.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
: >"$work/sets"
for version in 0.8.2.2 0.9.0.1 0.10.0.1; do
  libs=$("$here/../../../compat/lib/jars.sh" "kafka-clients-$version" "org.apache.kafka:kafka-clients:$version" org.slf4j:slf4j-simple:1.7.36)
  javac -nowarn -cp "$libs/*" -d "$work" "$here/OldMessageSets.java"
  java -cp "$work:$libs/*" OldMessageSets "$version" >>"$work/sets"
done
mv "$work/sets" "$here/old_message_sets.jsonl"
ls -l "$here/old_message_sets.jsonl"
