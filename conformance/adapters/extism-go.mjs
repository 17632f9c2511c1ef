/** The official Go host of Extism, `github.com/extism/go-sdk`, as a host of the conformance cases. Needs Go; builds itself. */
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { knownOf } from "./known.mjs";
import { hostInProcess } from "./process.mjs";

const folder = fileURLToPath(new URL("go", import.meta.url));
const program = join(tmpdir(), `tenon-go-host-${process.pid}`);
const { status, stderr, error } = spawnSync("go", ["build", "-o", program, "."], { cwd: folder, encoding: "utf8" });
if (status !== 0) throw new Error(`Cannot build the Go host: ${error?.message ?? stderr}`);

/** It reports every field of a failure. */
export const omits = [];
/** What is known to fail, measured with version 1.7.1. */
export const deviations = knownOf("extism-go");
export const { open, end } = hostInProcess(program, []);
