#!/usr/bin/env node
/** `tenon`: the program. What it does stands in `src/program.ts`. */

import { processTerminal, runTenon } from "./dist/mod.js";

process.exitCode = await runTenon(process.argv.slice(2), processTerminal());
