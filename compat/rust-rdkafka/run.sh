#!/usr/bin/env bash
# run.sh VERSION setup | ROLE...: Rust's rdkafka, linked to the librdkafka that librdkafka's own tests use (it brings an older one of its own,
# which takes minutes to compile).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

version=$1; shift
source=compat/rust-rdkafka target=$PWD/build/compat/rust-rdkafka
program=$target/release/rust-rdkafka-story
librdkafka=$(compat/lib/librdkafka.sh)/src
grep -q "\"=$version\"" "$source/Cargo.toml" || { echo "$source/Cargo.toml has another version than $version" >&2; exit 1; }
if [[ ! -x $program || $(find "$source" -newer "$program") ]]; then
  command -v cargo >/dev/null || ./dev setup rust >&2
  mkdir -p "$target/pkgconfig"
  # It was built, not installed.
  sed "s|^libdir=.*|libdir=$librdkafka|; s|^includedir=.*|includedir=$librdkafka|" "$librdkafka/rdkafka.pc" >"$target/pkgconfig/rdkafka.pc"
  PKG_CONFIG_PATH=$target/pkgconfig \
    cargo build --quiet --locked --release --manifest-path "$source/Cargo.toml" --target-dir "$target" >&2
  touch "$program"
fi
export LD_LIBRARY_PATH=$librdkafka
[[ $1 == setup ]] || exec "$program" "$@"
