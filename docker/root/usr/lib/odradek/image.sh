# Functions of the scripts by which the images of others are started: from variables and mounted files to one properties file,
# and from that to a broker.  Sourced, by plain sh too.

# Where the data goes if nobody says so: the data directory of whichever image this one stands for, if something is mounted there.
image_data_directory() {
  for image_mount in /bitnami/kafka/data /bitnami/kafka /bitnami; do
    if mountpoint -q "$image_mount"; then echo /bitnami/kafka/data; return; fi
  done
  if mountpoint -q /kafka; then echo /kafka/data; return; fi
  if mountpoint -q /var/lib/redpanda/data; then echo /var/lib/redpanda/data; return; fi
  echo /var/lib/kafka/data
}

# As Apache's image does: who says only where clients are sent listens on the same ports of all addresses.
image_derive_listeners() {
  if [ -z "${KAFKA_LISTENERS:-}${KAFKA_CFG_LISTENERS:-}" ]; then
    image_advertised=${KAFKA_CFG_ADVERTISED_LISTENERS:-${KAFKA_ADVERTISED_LISTENERS:-}}
    if [ -n "$image_advertised" ]; then
      KAFKA_LISTENERS=$(echo "$image_advertised" | sed -e 's|://[^:,]*:|://0.0.0.0:|g')
      export KAFKA_LISTENERS
    fi
  fi
}

# As wurstmeister's image does: *_COMMAND are run for their values, which other variables may name.
image_run_commands() {
  if [ -n "${BROKER_ID_COMMAND:-}" ]; then KAFKA_BROKER_ID=$(eval "$BROKER_ID_COMMAND"); export KAFKA_BROKER_ID; fi
  if [ -n "${RACK_COMMAND:-}" ]; then KAFKA_BROKER_RACK=$(eval "$RACK_COMMAND"); export KAFKA_BROKER_RACK; fi
  for image_name in HOSTNAME PORT; do
    eval "image_command=\${${image_name}_COMMAND:-}"
    [ -n "$image_command" ] || continue
    image_value=$(eval "$image_command")
    for image_variable in $(env | sed -n 's/^\(KAFKA_[A-Za-z0-9_]*\)=.*/\1/p'); do
      eval "image_text=\$$image_variable"
      image_text=$(echo "$image_text" | sed "s|_{${image_name}_COMMAND}|$image_value|g")
      export "$image_variable=$image_text"
    done
  done
  if [ -n "${CUSTOM_INIT_SCRIPT:-}" ]; then eval "$CUSTOM_INIT_SCRIPT"; fi
}

# image_defaults FILE: writes what a container is configured with before files and variables are looked at.
image_defaults() {
  { cat /etc/odradek/image.properties; echo "log.dir=$(image_data_directory)"; } >"$1"
}

# image_configure FILE: writes FILE from the image's defaults, a mounted file if there is one, and the environment, which wins.
# A file mounted where bitnami's image looks for it is the whole configuration, as there.
image_configure() {
  image_run_commands
  image_derive_listeners
  image_below=$(mktemp)
  image_defaults "$image_below"
  if [ -e /bitnami/kafka/config/server.properties ]; then
    odradek config print --no-environment -c "$image_below" -c /bitnami/kafka/config/server.properties >"$1"
  elif [ -e /mnt/shared/config/server.properties ]; then
    odradek config print -c "$image_below" -c /mnt/shared/config/server.properties >"$1"
  else
    odradek config print -c "$image_below" >"$1"
  fi
  image_result=$?
  rm -f "$image_below"
  grep -q -e '^node\.id=' -e '^broker\.id=' "$1" || echo node.id=1 >>"$1"
  return $image_result
}

# image_launch FILE: becomes the broker.
image_launch() {
  image_check_writable "$1" || exit 1
  exec odradek serve --no-environment -c "$1"
}

# A directory that the user of the container may not write is the commonest reason for a broker that ends at once.
image_check_writable() {
  image_directories=$(sed -n 's/^log\.dirs=//p' "$1")
  [ -n "$image_directories" ] || image_directories=$(sed -n 's/^log\.dir=//p' "$1")
  echo "$image_directories" | tr ',' '\n' | while read -r image_directory; do
    image_existing=$image_directory
    while [ ! -e "$image_existing" ]; do image_existing=$(dirname "$image_existing"); done
    if [ ! -w "$image_existing" ]; then
      echo "$image_directory cannot be written by uid $(id -u), gid $(id -g): $image_existing belongs to $(stat -c '%u:%g, mode %a' "$image_existing")." \
        "Give it to them (chown), or start the container with --user $(stat -c %u "$image_existing")." >&2
      exit 1
    fi
  done
}
