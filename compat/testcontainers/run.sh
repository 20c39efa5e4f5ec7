#!/usr/bin/env bash
# run.sh: the real Testcontainers for Python and Java start our image where they know Kafka's, through podman's Docker-compatible socket;
# and what the modules for Go, Node, .NET and Rust do, done with podman (modules.py).
#
# In a network namespace of its own, as compat/images.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source compat/lib/venv.sh

((EUID == 0)) || { echo "compat/testcontainers needs root, see compat/images/run.sh" >&2; exit 1; }
work=$PWD/build/compat/testcontainers
mkdir -p "$work"
compat/images/setup.sh
venv testcontainers testcontainers==4.13.3 packaging==25.0 kafka-python==2.0.2 six==1.17.0
libs=$(compat/lib/jars.sh testcontainers org.testcontainers:kafka:1.21.3 org.apache.kafka:kafka-clients:4.3.1 org.slf4j:slf4j-simple:1.7.36)
javac -d "$work" -cp "$libs/*" compat/testcontainers/Fixtures.java
./dev image -q >/dev/null
# By a name as the modules expect it; they look at the release in the tag.
podman tag odradek localhost/odradek:8.0.0

# shellcheck disable=SC2016  # for the inner shell
exec unshare --net -- bash -c '
  set -euo pipefail
  ip link set lo up
  socket=$1/podman.sock python=$2 libs=$3
  podman system service --time=0 "unix://$socket" >"$1/service.log" 2>&1 &
  service=$!
  # podman itself is not what is tested: its end by our signal is no verdict, the fixtures say that.
  trap "kill $service; wait $service || true" EXIT
  for ((tries = 0; tries < 100; tries++)); do [[ ! -S $socket ]] || break; sleep 0.1; done
  export DOCKER_HOST=unix://$socket TESTCONTAINERS_RYUK_DISABLED=true
  # This machine may be a container itself, which is not where the fixtures are.
  export TESTCONTAINERS_CONNECTION_MODE=docker_host TESTCONTAINERS_HOST_OVERRIDE=localhost
  failed=0
  timeout 300 "$python" compat/testcontainers/fixtures.py || failed=1
  timeout 300 "$python" compat/testcontainers/modules.py || failed=1
  timeout 300 java -Xshare:auto -Dorg.slf4j.simpleLogger.defaultLogLevel=error -cp "$1:$libs/*" Fixtures || failed=1
  exit $failed
' testcontainers "$work" "$python" "$libs"
