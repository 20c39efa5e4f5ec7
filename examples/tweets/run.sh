#!/usr/bin/env bash
# run.sh [hosts]: the tweets' story, in containers; or with each part on a host of its own, in network namespaces.
#
# Puts the programs together in build/example/tweets/programs: what the containers hold, and what runs on hosts, is the same.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source compat/lib/venv.sh

kind=${1:-containers}
((EUID == 0)) || { echo "the example needs root: network namespaces, and podman as most servers have it" >&2; exit 1; }
work=$PWD/build/example/tweets
programs=$work/programs

producer() {  # NAME COMPILER_CLASS COMPILER LIBRARY CLIENTS: compiled once, with its jars beside it
  local name=$1 class=$2 compiler libs source=examples/tweets/$1/TweetsProducer.scala home=$programs/$1
  [[ ! -e $home/complete || $source -nt $home/complete ]] || return 0
  compiler=$(compat/lib/jars.sh "example-compiler-$name" "$3" "$4")
  libs=$(compat/lib/jars.sh "example-$name" "$4" "$5" org.slf4j:slf4j-simple:1.7.36)
  rm -rf "$home"; mkdir -p "$home/classes"
  cp -r "$libs" "$home/libs"
  java -cp "$compiler/*" "$class" -usejavacp -cp "$(echo "$compiler"/*library*.jar "$home"/libs/*.jar | tr ' ' :)" -d "$home/classes" "$source"
  touch "$home/complete"
}

packages() {  # NAME PACKAGE==VERSION...: in a folder for PYTHONPATH
  local home=$programs/python/$1; shift
  [[ ! -e $home/complete || $(<"$home/complete") != "$*" ]] || return 0
  rm -rf "$home"; mkdir -p "$home"
  "$(system_python)" -m pip install --quiet --disable-pip-version-check --target "$home" "$@"
  echo "$*" >"$home/complete"
}

mkdir -p "$programs"
producer producer-2.11 scala.tools.nsc.Main org.scala-lang:scala-compiler:2.11.12 org.scala-lang:scala-library:2.11.12 org.apache.kafka:kafka-clients:0.10.2.2
producer producer-3 dotty.tools.dotc.Main org.scala-lang:scala3-compiler_3:3.3.6 org.scala-lang:scala3-library_3:3.3.6 org.apache.kafka:kafka-clients:4.3.1
packages kafka-python-1.4.7 kafka-python==1.4.7
packages kafka-python-3.0.12 kafka-python==3.0.12
packages confluent-kafka confluent-kafka==2.16.1
cp -r examples/tweets/{run,consumer,Dockerfile} "$programs"

tell() { PYTHONPATH=$programs/python/kafka-python-3.0.12 exec "$@" python3 examples/tweets/story.py "$kind" "$programs" "$work/$kind"; }
case $kind in
  hosts) tell unshare --net --mount --pid --mount-proc --uts --fork --kill-child ;;
  containers)
    compat/images/setup.sh
    [[ ${ODRADEK_IMAGE:-} ]] || ./dev image -q >/dev/null
    podman build -q --format docker --isolation chroot --network host -t odradek-tweets -f examples/tweets/Dockerfile "$programs" >/dev/null
    # The compose file's port is fixed, and that of the machine is left alone.
    tell unshare --net -- bash -c 'ip link set lo up && exec "$@"' tweets ;;
  *) echo "run.sh [hosts]" >&2; exit 2 ;;
esac
