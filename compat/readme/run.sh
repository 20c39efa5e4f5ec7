#!/usr/bin/env bash
# run.sh: what the README tells to type works: ./dev run, and its round trips, copied out of it, on a port that is free.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source compat/lib/venv.sh

./dev setup build compat
work=$PWD/build/compat/readme
rm -rf "$work"; mkdir -p "$work"
port=$(PYTHONPATH=compat/lib python3 -c 'import brokers; print(brokers.free_ports(1)[0])')

block() { awk -v start="\`\`\`$1" '$0 == start { on = 1; next } /^```/ { on = 0 } on' README.md | sed "s/:9092/:$port/g"; }
block python >"$work/round_trip.py"
block scala >"$work/RoundTrip.scala"

./dev run --port "$port" --data "$work/data" >"$work/broker.log" 2>&1 </dev/null &
broker=$!
# Only for a run that fails before the end, whose code must stay its own; how it ends on SIGTERM is checked below.
trap 'kill "$broker" 2>/dev/null; wait "$broker" || true' EXIT
for ((tries = 0; tries < 6000; tries++)); do
  (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
  kill -0 "$broker" 2>/dev/null || { cat "$work/broker.log"; exit 1; }
  sleep 0.1
done

same() {  # WHAT GOT WANTED
  [[ $2 == "$3" ]] || { echo "$1: got $2, wanted $3"; exit 1; }
  echo "$1: as the README says"
}

# Twice: the second time only the ten new ones are printed.
venv readme kafka-python==3.0.12
for round in 1 2; do
  timeout 60 "$python" "$work/round_trip.py" >"$work/python.$round"
  same "Python, round $round" "$(sort -k4n "$work/python.$round" | awk '{ print $3, $5 }' | sort | tr '\n' ,)" \
    "$(for n in 0 1 2 3 4 5 6 7 8 9; do echo "user-$((n % 3)) $n"; done | sort | tr '\n' ,)"
done

libs=$(compat/lib/jars.sh scala-kafka-4.3.1 org.scala-lang:scala-library:2.13.16 org.apache.kafka:kafka-clients:4.3.1 \
  org.slf4j:slf4j-simple:1.7.36)
compiler=$(compat/lib/jars.sh scala-2.13.16 org.scala-lang:scala-compiler:2.13.16)
java -cp "$compiler/*" scala.tools.nsc.Main -cp "$(echo "$libs"/*.jar | tr ' ' :)" -d "$work" "$work/RoundTrip.scala"
timeout 60 java -cp "$libs/*:$work" RoundTrip >"$work/scala.out" 2>"$work/scala.log"
same Scala "$(awk '{ print $3, $5 }' "$work/scala.out" | sort | tr '\n' ,)" \
  "$(for n in 0 1 2 3 4 5 6 7 8 9; do echo "user-$((n % 3)) $n"; done | sort | tr '\n' ,)"

# The command line.
block "sh cli" | sed "s/localhost:/127.0.0.1:/g" >"$work/cli.sh"
(PATH=$PWD/build/release:$PATH ODRADEK_BOOTSTRAP=127.0.0.1:$port timeout 60 bash -e "$work/cli.sh") >"$work/cli.out" 2>"$work/cli.log"
same "records of the command line" "$(grep says "$work/cli.out" | sort | tr '\n' ,)" "anna says hello,bert says hi,"
same "kafka-topics" "$(grep -c $'^\tTopic: letters\tPartition: ' "$work/cli.out")" 3
same "the doctor" "$(tail -1 "$work/cli.out")" "A client here can work with 127.0.0.1:$port."

kill "$broker"
code=0; wait "$broker" || code=$?
trap - EXIT
same "the broker's end on SIGTERM" "$code" 0

# The settings of a broker beside ZooKeeper.
block "sh serve" >"$work/serve.sh"
odradek=$PWD/build/release/odradek
(cd "$work" && PATH=${odradek%/*}:$PATH exec timeout 60 bash -c 'source serve.sh; exit $?') >"$work/serve.log" 2>&1 </dev/null &
broker=$!
# Only for a run that fails before the end, whose code must stay its own.
trap 'kill "$broker" 2>/dev/null; wait "$broker" || true' EXIT
for ((tries = 0; tries < 200; tries++)); do
  "$odradek" topic list -b "127.0.0.1:$port" >"$work/topics" 2>&1 && break
  sleep 0.1
done
same "topics of a broker configured by its environment" "$(cat "$work/topics")" ""
same "what takes ZooKeeper's place" "$(grep -c 'zookeeper.connect is of an earlier release' "$work/serve.log")" 1
# The broker itself, below timeout and bash, so that its code comes back through them.
child_of() { cut -d' ' -f1 "/proc/$1/task/$1/children"; }
kill "$(child_of "$(child_of "$broker")")"
code=0; wait "$broker" || code=$?
trap - EXIT
same "its end on SIGTERM" "$code" 0
echo "10 passed, 0 failed"
