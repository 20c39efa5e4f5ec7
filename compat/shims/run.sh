#!/usr/bin/env bash
# run.sh [PART...]: the tools that the program answers to print what Apache's own print, on a broker of ours each.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
PYTHONPATH=compat/lib:compat/shims exec python3 compat/shims/check_shims.py "$@"
