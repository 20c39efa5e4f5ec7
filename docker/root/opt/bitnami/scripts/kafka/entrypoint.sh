#!/usr/bin/env bash
# As bitnami/kafka is started: the configuration before run.sh, anything else as it is.
set -o errexit -o nounset
if [[ "$*" == *run.sh* || "$*" == *kafka-server-start* ]]; then
  /opt/bitnami/scripts/kafka/setup.sh
fi
exec "$@"
