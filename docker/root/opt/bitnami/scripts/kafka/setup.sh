#!/usr/bin/env bash
# The configuration, then the scripts of users.
set -o errexit -o nounset
. /usr/lib/odradek/image.sh
image_configure /opt/bitnami/kafka/config/server.properties
for script in /docker-entrypoint-initdb.d/*.sh; do
  if [[ -x $script ]]; then "$script"; elif [[ -e $script ]]; then . "$script"; fi
done
