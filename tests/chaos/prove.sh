#!/usr/bin/env bash
# prove.sh [FAULT...]: does a chaos run find what it is for?  A broker is built with each fault of faults/*.patch, and a run against it
# must report a breach of one of the rules that the patch names.
#
# Source and programs of the faulty brokers lie in build/faults; ccache spares it all but the sources that a fault changes.  The next
# one is built while the present one's run goes, which mostly waits.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export CCACHE_BASEDIR=${CCACHE_BASEDIR:-$PWD/build/faults/source}

rounds=12 seed=1
scratch=$PWD/build/faults
build=$scratch/source/build/release  # as deep as the real one: ccache goes by relative paths
faults=("$@")
((${#faults[@]})) || faults=($(cd tests/chaos/faults; ls -- *.patch | sed 's/\.patch$//'))

# The working tree as it is.  What was patched becomes new, so that ninja sees it.
copy_sources() {
  mkdir -p "$scratch/source"
  git ls-files --cached --others --exclude-standard -z -- CMakeLists.txt cmake wire storage cluster cmd tests bench |
    while IFS= read -r -d '' file; do
      [[ -e $file ]] || continue
      cmp -s "$file" "$scratch/source/$file" || cp --parents --remove-destination "$file" "$scratch/source"
    done
}

make_faulty() {
  copy_sources
  (cd "$scratch/source" && patch --quiet --strip=1 --forward --fuzz=0) <"tests/chaos/faults/$1.patch"
  [[ -e $build/build.ninja ]] ||
    cmake -S "$scratch/source" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
      $(command -v ccache >/dev/null && echo -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  nice ninja -C "$build" odradek
  cp "$build/odradek" "$scratch/odradek-$1"
}

begin_to_make() {
  make_faulty "$1" >"$scratch.log" 2>&1 &
  making=$!
}

mkdir -p "$scratch"
passed=0 failed=0
begin_to_make "${faults[0]}"
for number in "${!faults[@]}"; do
  fault=${faults[number]} next=${faults[number + 1]:-}
  wait "$making" || { tail -30 "$scratch.log"; exit 1; }
  [[ -z $next ]] || begin_to_make "$next"
  rules=$(sed -n 's/^Found by: //p' "tests/chaos/faults/$fault.patch")
  log=$scratch/$fault.log
  # What counts is the rule that the run reports.  It fails for other reasons, too: then, as when it passes, the fault is not found.
  if ODRADEK=$scratch/odradek-$fault tests/chaos/run.sh --rounds "$rounds" --seed "$seed" --home "$scratch/run" >"$log" 2>&1; then
    found=
  else
    found=$(sed -nE "/^(${rules// /|}): /{p;q}" "$log")
  fi
  if [[ $found ]]; then
    passed=$((passed + 1))
    echo "$fault: found: $found"
  else
    failed=$((failed + 1))
    echo "$fault: NOT FOUND by $rules; it said:"
    tail -5 "$log"
  fi
done
echo "$passed passed, $failed failed"
((failed == 0 && passed > 0))
