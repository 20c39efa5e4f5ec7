#!/usr/bin/env bash
# run.sh VERSION setup | ROLE...: a Scala 2.11 program on kafka-clients VERSION of the 0.10 days, compiled without sbt.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source compat/lib/jvm.sh

scala=2.11.12
version=$1; shift
libs=$(compat/lib/jars.sh "scala-2.11-kafka-$version" "org.scala-lang:scala-library:$scala" \
  "org.apache.kafka:kafka-clients:$version" org.slf4j:slf4j-simple:1.7.36)
classes=build/compat/scala-2.11/$version
if [[ ! -e $classes/complete || compat/scala-2.11/TweetsStory.scala -nt $classes/complete ]]; then
  compiler=$(compat/lib/jars.sh "scala-$scala" "org.scala-lang:scala-compiler:$scala")
  mkdir -p "$classes"
  java -cp "$compiler/*" scala.tools.nsc.Main -usejavacp -cp "$(echo "$libs"/*.jar | tr ' ' :)" -d "$classes" \
    compat/scala-2.11/TweetsStory.scala
  touch "$classes/complete"
fi
[[ $1 == setup ]] || exec "${jvm[@]}" -cp "$libs/*:$classes" TweetsStory "$@"
