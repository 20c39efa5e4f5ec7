#!/usr/bin/env bash
# apache_jars.sh: the folder of the jars of Apache Kafka, broker and tools, at the version that is our oracle; ORACLE_VERSION=3.9.2
# is the one that still serves clients older than 0.11.
version=${ORACLE_VERSION:-4.3.1}
exec "$(dirname "${BASH_SOURCE[0]}")/jars.sh" "kafka-$version" \
  "org.apache.kafka:kafka_2.13:$version" "org.apache.kafka:kafka-tools:$version" "org.apache.kafka:kafka-server:$version" \
  "org.apache.kafka:kafka-shell:$version" org.slf4j:slf4j-simple:1.7.36
