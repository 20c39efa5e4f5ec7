#!/usr/bin/env bash
# run.sh [CLASS...]: every class of listener trouble, in network namespaces, with clients inside and outside: it works, or the log
# says in one line what is wrong and what to set.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source compat/lib/venv.sh
source compat/lib/jvm.sh

venv kafka-python-2.0.2 kafka-python==2.0.2
export OLD_KAFKA_PYTHON=$PWD/$python
venv kafka-python-3.0.12 kafka-python==3.0.12
export KAFKA_PYTHON=$PWD/$python
venv confluent-kafka-2.16.1 confluent-kafka==2.16.1
export LIBRDKAFKA=$PWD/$python
libs=$(compat/lib/jars.sh kafka-clients-4.3.1 org.apache.kafka:kafka-clients:4.3.1 org.slf4j:slf4j-simple:1.7.36)
classes=$PWD/build/compat/listeners/classes
if [[ ! -e $classes/JavaClient.class || compat/listeners/JavaClient.java -nt $classes/JavaClient.class ]]; then
  mkdir -p "$classes"
  javac -nowarn -cp "$libs/*" -d "$classes" compat/listeners/JavaClient.java
fi
export JAVA_CLIENT="${jvm[*]} -cp $libs/*:$classes JavaClient"

# All of it is gone with the last of these processes: interfaces, routes, rules, mounts.
namespaces=(--net --mount --pid --mount-proc --uts --fork --kill-child)
((EUID == 0)) || namespaces=(--map-root-user "${namespaces[@]}")
unshare "${namespaces[@]}" true 2>/dev/null || {
  echo "compat/listeners needs network namespaces, and this user may make none (\`unshare ${namespaces[*]} true\` fails):" \
    "run it as root, in a container with --privileged" >&2
  exit 1
}
# unshare itself does not heed a SIGTERM; killed, it takes its child along.
unshare "${namespaces[@]}" python3 compat/listeners/check_listeners.py "$@" &
child=$!
trap 'kill -KILL "$child"; exit 143' TERM INT HUP
wait "$child"
