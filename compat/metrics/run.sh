#!/usr/bin/env bash
# run.sh: the HTTP port of a real broker, as curl, Prometheus and Grafana see it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

home=$PWD/build/compat/metrics
mkdir -p "$home"
# promtool comes with Debian's prometheus; that is not installed, since it would start a server.
promtool=$(command -v promtool || echo "$home/prometheus/usr/bin/promtool")
if [[ ! -x $promtool ]]; then
  command -v apt-get >/dev/null || { echo "NOT RUN: no promtool, and no apt-get to get it with"; exit 0; }
  (cd "$home" && rm -f ./*.deb && apt-get -q -o APT::Sandbox::User=root download prometheus >/dev/null && dpkg-deb -x prometheus_*.deb prometheus && rm ./*.deb)
fi
PYTHONPATH=compat/lib exec python3 compat/metrics/check_metrics.py "$promtool" "$home"
