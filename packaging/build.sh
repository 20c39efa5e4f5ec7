#!/usr/bin/env bash
# build.sh PROGRAM DIR: a wheel, an npm package and a Debian package in DIR, each with this program, which is linked statically.
set -euo pipefail
program=$(realpath "$1"); mkdir -p "$2"; out=$(realpath "$2")
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source compat/lib/venv.sh
venv packaging setuptools==80.9.0 wheel==0.45.1
python=$PWD/$python
cd packaging
version=$("$program" --version | awk '{ print $NF }')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cp -r python npm "$work"
install -D "$program" "$work/python/odradek/bin/odradek"
ODRADEK_VERSION=$version "$python" -m pip wheel -q --no-build-isolation --no-deps -w "$out" "$work/python"

install -D "$program" "$work/npm/bin/odradek"
sed -i "s/\"version\": \"0.0.0\"/\"version\": \"$version\"/" "$work/npm/package.json"
(cd "$work/npm" && npm pack --silent --pack-destination "$out" >/dev/null)

root=$work/debian
install -D "$program" "$root/usr/bin/odradek"
install -D -m 644 debian/odradek.service "$root/lib/systemd/system/odradek.service"
install -D -m 644 debian/server.properties "$root/etc/odradek/server.properties"
mkdir -p "$root/DEBIAN"
echo /etc/odradek/server.properties >"$root/DEBIAN/conffiles"
sed -e "s/@VERSION@/$version/" -e "s/@ARCHITECTURE@/$(dpkg --print-architecture)/" debian/control >"$root/DEBIAN/control"
dpkg-deb --root-owner-group --build "$root" "$out" >/dev/null
ls -l "$out"
