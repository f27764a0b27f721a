#!/usr/bin/env node
require("../dist/cli/odradek.cjs");
