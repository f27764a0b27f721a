#!/usr/bin/env node
await import("../dist/cli/odradek.js");
