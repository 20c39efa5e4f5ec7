#!/usr/bin/env bash
# describe_configs.sh LIBS: writes apache_described.tsv anew, with a broker run from the jars of an Apache Kafka 4.3.1 in
# the folder LIBS.  Its server.properties is describe_configs.properties.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
broker=
trap '[ -z "$broker" ] || kill -9 "$broker" 2>/dev/null || true; rm -rf "$work"' EXIT
export KAFKA_LOG4J_OPTS=
(cat "$here/describe_configs.properties"; echo "log.dirs=$work/data") >"$work/server.properties"
java -cp "$1/*" kafka.tools.StorageTool format -t 4L6g3nShT-eMCtK--X86sw -c "$work/server.properties" --standalone >/dev/null 2>&1 ||
  java -cp "$1/*" kafka.tools.StorageTool format -t 4L6g3nShT-eMCtK--X86sw -c "$work/server.properties" >/dev/null
java -Xmx512m -cp "$1/*" kafka.Kafka "$work/server.properties" >"$work/broker.log" 2>&1 &
broker=$!
javac -cp "$1/*" -d "$work" "$here/DescribeConfigs.java"
sleep 8
timeout 60 java -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp "$work:$1/*" DescribeConfigs 127.0.0.1:29192 "$work/out.tsv" || { tail -20 "$work/broker.log"; exit 1; }
sed "s|$work/data|/data|g" "$work/out.tsv" >"$here/apache_described.tsv"
wc -l "$here/apache_described.tsv"
