# Sourced by the Python clients' run.sh: a virtual environment with pinned packages under build/compat.
#
#   venv NAME PACKAGE==VERSION...    makes build/compat/venv/NAME once; sets $python

# The newest Python that every client's release still runs on.
system_python() {
  local name
  for name in python3.11 python3.10 python3.9 python3; do
    command -v "$name" >/dev/null && "$name" -c 'import venv, ensurepip' 2>/dev/null && { echo "$name"; return; }
  done
  echo "no Python with venv: run ./dev setup compat" >&2
  return 1
}

venv() {
  local home=build/compat/venv/$1; shift
  python=$home/bin/python
  [[ -e $home/complete && $(<"$home/complete") == "$*" ]] && return
  rm -rf "$home"
  "$(system_python)" -m venv "$home"
  "$python" -m pip install --quiet --disable-pip-version-check "$@" >&2
  echo "$*" >"$home/complete"
}
