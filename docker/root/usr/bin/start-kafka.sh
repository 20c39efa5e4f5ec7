#!/usr/bin/env bash
# As wurstmeister/kafka is started.
set -o errexit -o nounset
. /usr/lib/odradek/image.sh
image_configure /opt/kafka/config/server.properties
image_launch /opt/kafka/config/server.properties
