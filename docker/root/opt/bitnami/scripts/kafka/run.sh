#!/usr/bin/env bash
set -o errexit -o nounset
. /usr/lib/odradek/image.sh
image_launch /opt/bitnami/kafka/config/server.properties
