#!/bin/sh
# Runs the command of this name; `dist` is built first where it is missing.
self=$0
while [ -L "$self" ]; do
  target=$(readlink "$self")
  case $target in /*) self=$target ;; *) self=$(dirname "$self")/$target ;; esac
done
root=$(cd "$(dirname "$self")/.." && pwd -P) || exit 1
[ -f "$root/dist/cli/kafka-server-start.cjs" ] || node "$root/tools/prepare.js" >&2 || exit 1
# The young generation: with 16 MiB, which is Node's default, a broker with many connections takes some 20 MB more memory, and
# the processor's caches lose sight of what requests leave behind.
exec node --max-semi-space-size=4 "$root/dist/cli/kafka-server-start.cjs" "$@"
