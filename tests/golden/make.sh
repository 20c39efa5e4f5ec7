#!/usr/bin/env bash
# Writes the golden vectors: every message of Apache Kafka, encoded by Apache Kafka's own classes at every version, next to
# the JSON that its converters make of it.  Needs a JDK (17 or later), Maven and the network; the tests need none of them.
#
#   tests/golden/make.sh      writes tests/golden/kafka-<release>.jsonl.gz
set -euo pipefail
cd "$(dirname "$0")"
work=${TMPDIR:-/tmp}/odradek-golden

# The jars that hold generated messages, with what they depend on.
fetch() {
  local release=$1 to=$2 name
  [ -e "$to/complete" ] && return
  mkdir -p "$to"
  {
    echo "<project xmlns='http://maven.apache.org/POM/4.0.0'><modelVersion>4.0.0</modelVersion>"
    echo "<groupId>odradek</groupId><artifactId>golden</artifactId><version>1</version><dependencies>"
    for name in kafka-clients kafka-metadata kafka-group-coordinator kafka-transaction-coordinator $3; do
      echo "<dependency><groupId>org.apache.kafka</groupId><artifactId>$name</artifactId><version>$release</version></dependency>"
    done
    echo "</dependencies></project>"
  } >"$to/pom.xml"
  mvn -q -B -f "$to/pom.xml" dependency:copy-dependencies -DoutputDirectory="$to/libs"
  touch "$to/complete"
}

# 3.9.2 for the versions that 4.0 removed, 4.3.1 for the newest.
for release in 3.9.2 4.3.1; do
  extra=
  case $release in 4.*) extra=kafka-share-coordinator ;; esac
  fetch "$release" "$work/$release" "$extra"
  java -cp "$work/$release/libs/*" GoldenVectors.java "$release" | gzip -9n >"kafka-$release.jsonl.gz"
  ls -l "kafka-$release.jsonl.gz"
done
