/**
 * The official Python host of Extism (PyPI `extism`, with the Rust runtime of `extism-sys`) as a host of the conformance cases.
 * `PYTHON` names a Python that has the package, else `python3` is asked.
 */
import { fileURLToPath } from "node:url";
import { knownOf } from "./known.mjs";
import { hostInProcess } from "./process.mjs";

/** It says why a call failed, not with which code. */
export const omits = ["returnCode"];
/** What is known to fail, measured with versions 1.1.1 and 1.41.0. */
export const deviations = knownOf("extism-python");
export const { open, end } = hostInProcess(process.env.PYTHON ?? "python3", [fileURLToPath(new URL("python/host.py", import.meta.url))]);
