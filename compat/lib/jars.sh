#!/usr/bin/env bash
# jars.sh NAME GROUP:ARTIFACT:VERSION...: fetches these jars and what they need from Maven Central, once, and prints their folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

name=$1; shift
home=$PWD/build/compat/jars/$name
if [[ ! -e $home/complete || $(<"$home/complete") != "$*" ]]; then
  rm -rf "$home"; mkdir -p "$home"
  {
    echo "<project xmlns='http://maven.apache.org/POM/4.0.0'><modelVersion>4.0.0</modelVersion>"
    echo "<groupId>odradek.compat</groupId><artifactId>jars</artifactId><version>1</version><dependencies>"
    for coordinate in "$@"; do
      IFS=: read -r group artifact version <<<"$coordinate"
      echo "<dependency><groupId>$group</groupId><artifactId>$artifact</artifactId><version>$version</version></dependency>"
    done
    echo "</dependencies></project>"
  } >"$home/pom.xml"
  mvn -q -B -f "$home/pom.xml" dependency:copy-dependencies -DoutputDirectory="$home/libs" >"$home/log" 2>&1 ||
    { cat "$home/log" >&2; exit 1; }
  echo "$*" >"$home/complete"
fi
echo "$home/libs"
