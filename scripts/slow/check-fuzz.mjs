/**
 * Forbids that limits change what a module means, or do not hold, and that any law of `npm run fuzz` is broken: half a minute of
 * random modules and ten seconds for each law, from a seed of the day, so that each day looks elsewhere and a failure can
 * be made again. What needs cargo is skipped where there is none, and says so.
 */
import { check, firstLine, run } from "../check.mjs";

const LIMITS_SECONDS = "30";
const LAW_SECONDS = "10";
const LAWS = ["abi", "http-rules", "manifest", "module", "wasi-paths", "programs"];
const MODULES_PER_DAY = 1_000_000;
const DAY_MS = 86_400_000;

await check((fail) => {
  const seed = String((Math.floor(Date.now() / DAY_MS) * MODULES_PER_DAY) % 2 ** 31);
  const said = [];
  for (const [targets, seconds] of [[LAWS, LAW_SECONDS], [["limits"], LIMITS_SECONDS]]) {
    const { stdout, stderr } = run(process.execPath, ["scripts/fuzz.mjs", ...targets, "--seconds", seconds, "--seed", seed, "--json"]);
    const results = stdout.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
    for (const target of targets) {
      const result = results.find((each) => each.target === target);
      if (result === undefined) fail(target, `does not run: ${firstLine(stderr + stdout)}`);
      else if (result.finding !== undefined) fail(target, `${result.finding.split("\n").slice(0, 3).join(" ")}; npm run fuzz -- ${target} --seed ${seed}`);
      else if (result.runs === 0) fail(target, "ran nothing; look at its generator");
      else said.push(`${target} ${result.runs ?? result.note}`);
    }
  }
  return said.join(", ");
});
