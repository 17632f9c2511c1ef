/**
 * Forbids that anything generated differs from its source: what `abi/generate.mjs` writes from the tables of `abi/`,, the
 * kernel that `kernel/build.mjs` compiles, and the walk that `wasm/build.mjs` compiles. It has to run before a build, which would write over what is stale.
 */
import { check, firstLine, run } from "./check.mjs";

const GENERATORS = ["abi/generate.mjs", "kernel/build.mjs", "wasm/build.mjs"];

await check((fail) => {
  for (const generator of GENERATORS) {
    const { ok, stdout, stderr } = run(process.execPath, [generator, "--check"]);
    const said = (stderr + stdout).split("\n").find((line) => /error|stale|cannot|differ/i.test(line));
    if (!ok) fail(generator, `${said?.trim() ?? firstLine(stderr + stdout)}; run npm run build and commit what it writes`);
  }
  return `${GENERATORS.length} generators agree with what is committed`;
});
