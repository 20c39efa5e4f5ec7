#!/usr/bin/env bash
# run.sh BUILD_DIR [TARGET|all] [SECONDS]: runs one fuzz target, or each, for 60 seconds or as long as told, side by side.
#
# A target is the name of its file without _fuzz.cc.  It starts from tests/fuzz/corpus/<target> (kept in the repository) and adds
# what it finds to BUILD_DIR/corpus/<target>.  An input that breaks something is left as BUILD_DIR/<target>-crash-*, and its
# bytes are printed: they become a test.
set -uo pipefail

build=$(cd "$1" && pwd); shift
wanted=${1:-all} seconds=${2:-60}
cd "$(dirname "${BASH_SOURCE[0]}")"

targets=()
for source in *_fuzz.cc; do
  name=${source%_fuzz.cc}
  [[ $wanted == all || $wanted == "$name" ]] && targets+=("$name")
done
((${#targets[@]})) || { echo "no fuzz target $wanted; there are: $(ls ./*_fuzz.cc | sed 's|./||; s/_fuzz.cc//' | tr '\n' ' ')" >&2; exit 2; }

fuzz() {  # TARGET: a bounded run; memory is bounded too, so that a declared length that allocates is found
  local target=$1 corpus=$build/corpus/$1
  mkdir -p "$corpus" "corpus/$target"
  "$build/${target}_fuzz" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -malloc_limit_mb=64 -max_len=65536 \
    -artifact_prefix="$build/$target-" -print_final_stats=1 "$corpus" "corpus/$target" >"$build/$target.log" 2>&1
  local code=$? runs
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$build/$target.log")
  if ((code == 0)); then
    echo "$target: passed, ${runs:-0} runs"
  else
    tail -60 "$build/$target.log"
    echo "$target: FAILED, see $build/$target.log"
  fi
  return "$code"
}
export -f fuzz
export build seconds

printf '%s\n' "${targets[@]}" | xargs -P "$(nproc)" -I{} bash -c 'fuzz {}' | tee "$build/fuzz.log"
failed=$(grep -c ': FAILED, see ' "$build/fuzz.log")
passed=$((${#targets[@]} - failed))
echo "$passed passed, $failed failed"
((failed == 0))
