/**
 * Forbids that limits change what a module means, or do not hold: a minute of random modules, from a seed of the day, so
 * that each day looks elsewhere and a failure can be made again. Where there is no cargo it is skipped, and says so.
 */
import { check, firstLine, run } from "../check.mjs";

const SECONDS = "60";
const MODULES_PER_DAY = 1_000_000;
const DAY_MS = 86_400_000;

await check((fail) => {
  const seed = String(Math.floor(Date.now() / DAY_MS) * MODULES_PER_DAY);
  const { ok, stdout, stderr } = run(process.execPath, ["wasm/fuzz/run.mjs", "--seconds", SECONDS, "--seed", seed]);
  const lines = stdout.trim().split("\n");
  if (stdout.startsWith("Cannot fuzz: there is no cargo")) return `skipped: ${firstLine(stdout)}`;
  for (const line of lines) if (line.startsWith("seed ")) fail(line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2));
  if (!ok && !lines.some((line) => line.startsWith("seed "))) fail("fuzz", `does not run: ${firstLine(stderr + stdout)}`);
  const compared = Number(/ (\d+) calls the same/.exec(stdout)?.[1] ?? 0);
  if (ok && compared === 0) fail("fuzz", "compared no call; look at its generator");
  return lines.at(-1);
});
