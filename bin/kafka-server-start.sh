#!/bin/sh
# Runs the command of this name; `dist` is built first where it is missing.
self=$0
while [ -L "$self" ]; do
  target=$(readlink "$self")
  case $target in /*) self=$target ;; *) self=$(dirname "$self")/$target ;; esac
done
root=$(cd "$(dirname "$self")/.." && pwd -P) || exit 1
[ -f "$root/dist/cli/kafka-server-start.cjs" ] || node "$root/tools/prepare.js" >&2 || exit 1
exec node "$root/dist/cli/kafka-server-start.cjs" "$@"
