#!/usr/bin/env bash
# run.sh VERSION setup | ROLE...: one Java program, compiled against kafka-clients of each era.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source compat/lib/jvm.sh

version=$1; shift
libs=$(compat/lib/jars.sh "kafka-clients-$version" "org.apache.kafka:kafka-clients:$version" org.slf4j:slf4j-simple:1.7.36)
classes=build/compat/java/$version
# poll(long) became poll(Duration) in 2.0 and went away in 4.0.
case $version in 0.* | 1.*) era=poll_long ;; *) era=poll_duration ;; esac
sources=(compat/java/TweetsStory.java "compat/java/$era/Poll.java")
if [[ ! -e $classes/complete || -n $(find "${sources[@]}" -newer "$classes/complete") ]]; then
  mkdir -p "$classes"
  javac -nowarn -cp "$libs/*" -d "$classes" "${sources[@]}"
  touch "$classes/complete"
fi
[[ $1 == setup ]] || exec "${jvm[@]}" -cp "$libs/*:$classes" TweetsStory "$@"
