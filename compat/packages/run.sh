#!/usr/bin/env bash
# run.sh: each package that ./dev package makes, installed into an empty place, starts a broker and serves a round trip.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source compat/lib/venv.sh

./dev package
work=$PWD/build/compat/packages
rm -rf "$work"; mkdir -p "$work"
passed=0
version=$(build/release/odradek-static --version | awk '{ print $NF }')

# Python: the pytest fixture, the class, and the command line.
rm -rf build/compat/venv/packages
venv packages pytest==8.4.2 kafka-python==3.0.12 "build/packages/odradek-$version-py3-none-manylinux2014_$(uname -m).whl"
[[ $(build/compat/venv/packages/bin/odradek --version) == "odradek $version" ]]
(cd compat/packages && "$OLDPWD/$python" -m pytest -q -p no:cacheprovider -W ignore::DeprecationWarning python)
passed=$((passed + 1))

# Node.js
mkdir "$work/npm"
(
  cd "$work/npm"
  npm install --silent --no-audit --no-fund "$OLDPWD/build/packages/odradek-$version.tgz" kafkajs@2.2.4 >/dev/null
  [[ $(npx odradek --version) == "odradek $version" ]]
  cp ../../../../compat/packages/round_trip.js . && timeout 60 node round_trip.js
)
passed=$((passed + 1))

# Debian: into a root of its own, with dpkg's own database.
root=$work/debian
mkdir -p "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates"; touch "$root/var/lib/dpkg/status"
dpkg --root="$root" --install "build/packages/odradek_${version}_$(dpkg --print-architecture).deb" >/dev/null
[[ $("$root/usr/bin/odradek" --version) == "odradek $version" ]]
"$root/usr/bin/odradek" config explain --no-environment -c "$root/etc/odradek/server.properties" | grep -q '^log.dirs=/var/lib/odradek/logs'
passed=$((passed + 1))

echo "$passed passed, 0 failed"
