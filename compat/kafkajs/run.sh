#!/usr/bin/env bash
# run.sh VERSION setup | ROLE...: kafkajs on Node.js.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

version=$1; shift
home=build/compat/npm/kafkajs-$version
if [[ ! -e $home/complete ]]; then
  mkdir -p "$home"
  echo '{"private": true}' >"$home/package.json"
  npm install --silent --no-audit --no-fund --save-exact --prefix "$home" "kafkajs@$version" >&2
  touch "$home/complete"
fi
[[ $1 == setup ]] || NODE_PATH=$home/node_modules exec node compat/kafkajs/tweets_story.js "$@"
