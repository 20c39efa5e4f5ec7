#!/usr/bin/env bash
# As redpandadata/redpanda is started; compose files give several words as one.
set -o noglob
# shellcheck disable=SC2086  # split on purpose
set -- $*
exec /usr/bin/rpk "$@"
