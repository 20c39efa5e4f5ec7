#!/usr/bin/env bash
# run.sh VERSION setup | ROLE...: one Java program, compiled against kafka-clients of each era.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source compat/lib/jvm.sh

version=$1; shift
libs=$(compat/lib/jars.sh "kafka-clients-$version" "org.apache.kafka:kafka-clients:$version" org.slf4j:slf4j-simple:1.7.36)
classes=build/compat/java/$version
# The consumer came with 0.9, the admin client with 0.11; poll(long) became poll(Duration) in 2.0 and went away in 4.0.
idempotent=false
case $version in
  0.8.*) parts=(topics_auto/Topics reading_none/Reading) ;;
  0.9.* | 0.10.*) parts=(topics_auto/Topics reading/Reading poll_long/Poll) ;;
  0.* | 1.*) parts=(topics_admin/Topics reading/Reading poll_long/Poll) ;;
  *) parts=(topics_admin/Topics reading/Reading poll_duration/Poll) idempotent=true ;;
esac
sources=(compat/java/TweetsStory.java)
for part in "${parts[@]}"; do sources+=("compat/java/$part.java"); done
if [[ ! -e $classes/complete || -n $(find "${sources[@]}" -newer "$classes/complete") ]]; then
  mkdir -p "$classes"
  javac -nowarn -cp "$libs/*" -d "$classes" "${sources[@]}"
  touch "$classes/complete"
fi
[[ $1 == setup ]] || exec "${jvm[@]}" -Dtweets.idempotent="$idempotent" -cp "$libs/*:$classes" TweetsStory "$@"
