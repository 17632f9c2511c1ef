/**
 * Packages of npm that are WebAssembly inside, which nobody here wrote or built: they answer what they must, and with limits
 * built in they give, byte for byte, what they give without. `../test/npm-packages.mjs` runs them.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { beforeAll, describe, expect, test } from "vitest";

const CAPS = { memoryPages: 16_384, tableElements: 100_000 };
const LIMITS = {
  defaults: { ...CAPS, interrupt: true, stack: true },
  all: { ...CAPS, interrupt: true, fuel: true, stack: true },
};

/** What a package must answer, and how many modules it compiles. */
interface Expected {
  readonly modules: number;
  readonly answer: Readonly<Record<string, unknown>>;
}

/** What `../test/npm-packages.mjs` tells of a package. */
interface Result extends Expected {
  readonly outputs: Readonly<Record<string, Uint8Array>>;
  readonly instances: number;
  readonly memories: readonly string[];
  readonly looks: number;
  readonly fuel: number;
}

const PACKAGES: Readonly<Record<string, Expected>> = {
  "node-sqlite3-wasm": { modules: 1, answer: { rows: 800, total: (799 * 800) / 2 / 4, sum: 1_830, failure: "no such table: nowhere" } },
  "@jsquash/png": { modules: 1, answer: { magic: "PNG", isPicture: true } },
  "@jsquash/webp": { modules: 2, answer: { magic: "WEBP", isLike: true, isPicture: true } },
  "@jsquash/jpeg": { modules: 2, answer: { magic: "JFIF", isLike: true } },
  "@jsquash/resize": { modules: 1, answer: { sizes: [14_760, 14_760, 14_760, 14_760], staysWhite: true } },
  "@bokuweb/zstd-wasm": { modules: 1, answer: { magic: "fd2fb528", isText: true } },
  "brotli-wasm": { modules: 1, answer: { isText: true, isTextToNode: true } },
  "lz4-wasm-nodejs": { modules: 1, answer: { isSmaller: true, isText: true } },
  "hash-wasm": {
    modules: 9, // scrypt and argon2id have two each
    // Test vectors of the algorithms' own specifications; scrypt is compared with Node's.
    answer: {
      blake3: "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
      crc32: "cbf43926",
      md5: "900150983cd24fb0d6963f7d28e17f72",
      sha3: "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
      isScrypt: true,
      xxhash64: "ef46db3751d8e999",
    },
  },
  "vscode-oniguruma": { modules: 1, answer: { first: [[1, "0 the", "0"], [0, "brown", "brown"]], last: [2, "xxxyzzz", "xxxyzzz", "xxyzz"] } },
  "source-map": { modules: 1, answer: { mappings: 199, position: { source: "s2.ts", line: 48, column: 0, name: "n5" } } },
  "yoga-wasm-web": { modules: 1, answer: { fifths: [[0, 0, 100, 300], [100, 0, 400, 300]] } },
  "@hpcc-js/wasm-graphviz": { modules: 1, answer: { nodes: ["a", "b", "c"], edges: ["ab", "bc"], drawn: [23, 24], failure: "syntax error in line 1" } },
  "es-module-lexer": { modules: 1, answer: { imports: ["x", "./y.js?q", null], exports: ["d", "e", "f g", "default"] } },
  "esbuild-wasm": { modules: 1, answer: { code: `const double=o=>o*2;console.log(double(21));` } },
};

describe("packages of npm", () => {
  let plain: Readonly<Record<string, Result>>;
  let limited: Readonly<Record<keyof typeof LIMITS, Readonly<Record<string, Result>>>>;
  beforeAll(async () => {
    [plain, limited] = await Promise.all([
      run(),
      run(LIMITS.defaults).then(async (defaults) => ({ defaults, all: await run(LIMITS.all) })),
    ]);
  }, 300_000); // it takes ten seconds, but machines may be busy

  test.each(Object.entries(PACKAGES))("%s answers what it must, and under limits gives the same", (name, { modules, answer }) => {
    const { outputs, ...expected } = plain[name] as Result;
    expect(expected.answer).toEqual(answer);
    expect(expected.modules).toBe(modules);
    expect([expected.looks, expected.fuel]).toEqual([0, 0]);
    expect(Object.values(outputs).reduce((sum, { length }) => sum + length, 0)).toBeGreaterThan(100);
    for (const limits of ["defaults", "all"] as const) {
      const { outputs: given, looks, fuel, ...told } = limited[limits][name] as Result;
      expect({ limits, ...told, looks: 0, fuel: 0 }).toStrictEqual({ limits, ...expected });
      const differing = Object.keys(outputs).filter((key) => Buffer.compare(outputs[key] as Uint8Array, given[key] ?? new Uint8Array()) !== 0);
      expect({ limits, differing }).toEqual({ limits, differing: [] });
      // Limits were really in: the host was asked, and what ran was charged.
      expect(looks).toBeGreaterThan(0);
      if (limits === "all") expect(fuel).toBeGreaterThan(1_000);
    }
  });
});

/** Runs all packages in a thread of their own. */
async function run(limits?: object): Promise<Readonly<Record<string, Result>>> {
  const worker = new Worker(new URL("../test/npm-packages.mjs", import.meta.url), { workerData: limits });
  const [results] = (await once(worker, "message")) as [Readonly<Record<string, Result>>];
  return results;
}
