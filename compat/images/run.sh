#!/usr/bin/env bash
# run.sh [FILE...]: compose files as people have them, with only the image changed, each with a client inside and one outside.
#
# In a network namespace of its own: the files' ports are fixed, and those of the machine are left alone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source compat/lib/venv.sh

((EUID == 0)) || { echo "compat/images needs root: network namespaces, and podman as most servers have it" >&2; exit 1; }
compat/images/setup.sh
venv images kafka-python==2.0.2 six==1.17.0
clients=$PWD/build/compat/images/client
rm -rf "$clients"; mkdir -p "$clients"
packages=$("$python" -c 'import kafka, os; print(os.path.dirname(os.path.dirname(kafka.__file__)))')
cp -r "$packages/kafka" "$packages/six.py" compat/images/round_trip.py "$clients"
./dev image -q >/dev/null
./dev image -q --target scratch -t odradek-scratch >/dev/null
podman build -q --format docker --isolation chroot --network host -t odradek-client -f compat/images/client.Dockerfile "$clients" >/dev/null
exec unshare --net -- bash -c 'ip link set lo up && exec "$@"' images env PYTHONPATH=compat/lib "$python" compat/images/images.py "$@"
