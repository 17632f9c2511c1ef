#!/usr/bin/env node
/** `tenon`: the program. What it does stands in `src/program.ts`. */

import { runTenon } from "./dist/program.js";
import { processTerminal } from "./dist/terminal.js";

process.exitCode = await runTenon(process.argv.slice(2), processTerminal());
