#!/usr/bin/env bash
# java.sh VERSION setup | BOOTSTRAP NAME: the life of transactional producers with a kafka-clients.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source compat/lib/jvm.sh

version=$1; shift
libs=$(compat/lib/jars.sh "kafka-clients-$version" "org.apache.kafka:kafka-clients:$version" org.slf4j:slf4j-simple:1.7.36)
classes=build/compat/transactions/classes-$version
source=compat/transactions/Transactions.java
if [[ ! -e $classes/complete || $source -nt $classes/complete ]]; then
  mkdir -p "$classes"
  javac -nowarn -cp "$libs/*" -d "$classes" "$source"
  touch "$classes/complete"
fi
[[ $1 == setup ]] || exec "${jvm[@]}" -cp "$libs/*:$classes" Transactions "$@"
