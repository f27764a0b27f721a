#!/bin/sh
# Runs the command of this name; `dist` is built first where it is missing.
self=$0
while [ -L "$self" ]; do
  target=$(readlink "$self")
  case $target in /*) self=$target ;; *) self=$(dirname "$self")/$target ;; esac
done
root=$(cd "$(dirname "$self")/.." && pwd -P) || exit 1
[ -f "$root/dist/cli/kafka-server-start.cjs" ] || node "$root/tools/prepare.js" >&2 || exit 1
# One arena for glibc's malloc: those of V8's compiler threads would keep 5 to 6 MB that nobody asks for again.
export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-1}"
exec node "$root/dist/cli/kafka-server-start.cjs" "$@"
