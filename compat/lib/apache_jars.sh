#!/usr/bin/env bash
# apache_jars.sh: the folder of the jars of Apache Kafka, broker and tools, at the version that is our oracle.
exec "$(dirname "${BASH_SOURCE[0]}")/jars.sh" kafka-4.3.1 \
  org.apache.kafka:kafka_2.13:4.3.1 org.apache.kafka:kafka-tools:4.3.1 org.apache.kafka:kafka-server:4.3.1 \
  org.apache.kafka:kafka-shell:4.3.1 org.slf4j:slf4j-simple:1.7.36
