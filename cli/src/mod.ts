/** `tenon`: the command line as a function, for programs that wrap it; the program itself is `tenon.mjs`. */

export { EXIT_CODES, type ExitCode } from "./exit.ts";
export { runTenon } from "./program.ts";
export { type Channel, processTerminal, type Style, type Terminal } from "./terminal.ts";
