#!/usr/bin/env bash
# setup.sh: podman on Debian, also on a machine that is itself a container and reaches no image registry: the base image is then made
# from Debian's packages.  And the image of the clients inside.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
base=docker.io/library/debian:bookworm-slim

./dev setup containers
# Some machines do not let a limit of resources be raised, and podman's defaults do so: the runtime is given a bundle without.
if ! grep -qs odradek /etc/containers/containers.conf; then
  mkdir -p /etc/containers /usr/local/lib/odradek
  install -m 755 compat/images/runc-without-limits /usr/local/lib/odradek/runc
  [[ ! -e /etc/containers/containers.conf ]] || cp /etc/containers/containers.conf /etc/containers/containers.conf.before-odradek
  cat >/etc/containers/containers.conf <<'CONF'
# By Odradek's compat/images/setup.sh.
[containers]
pids_limit = 0
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
[engine.runtimes]
runc = ["/usr/local/lib/odradek/runc"]
CONF
fi
if ! podman image exists "$base" && ! timeout 60 podman pull -q "$base" >/dev/null 2>&1; then
  echo "making $base from Debian's packages"
  root=$(mktemp -d)
  trap 'rm -rf "$root"' EXIT
  # A machine has its sources in files of either form, not always of both.
  sources=()
  for file in /etc/apt/sources.list.d/*.sources /etc/apt/sources.list; do [[ ! -e $file ]] || sources+=("$file"); done
  mirror=$(sed -n -e '/^URIs: */{s///;p;q}' -e '/^deb /{s/^deb \(\[[^]]*\] \)\{0,1\}\([^ ]*\).*/\2/p;q}' /dev/null "${sources[@]}")
  debootstrap --variant=minbase bookworm "$root" ${mirror:+"$mirror"} >/dev/null
  rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/*
  tar -C "$root" -c . | podman import - "$base" >/dev/null
fi
