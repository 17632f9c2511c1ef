import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { loadRuntime } from "./assets.ts";
import { locate, positionTable, readMappings, type SourceMap } from "./positions.ts";

// What reads the table is the PDK's, as it is bundled into plug-ins.
const reader = (await loadRuntime()).get("stack.js") ?? "";
const { describeError, setPositions } = (await import(`data:text/javascript,${encodeURIComponent(reader)}`)) as { describeError: (error: unknown) => string; setPositions: (text: string) => void };

const files: Record<string, string> = {
  "own.ts": 'import { far } from "./node_modules/far/index.js";\n\ntype Unused = { a: 1 };\n\nexport function near(x: number): number {\n  const y = x + 1;   const z = far(y);\n  return z;\n}\nnear(1);\n',
  "node_modules/far/index.js": "// a comment\n\nexport function far(n) {\n  if (n > 0) {\n    return n * 2;\n  }\n  return 0;\n}\n",
};

async function bundled(minify: boolean): Promise<SourceMap> {
  const { outputFiles } = await build({
    entryPoints: ["own.ts"], bundle: true, write: false, sourcemap: "external", minify, outdir: "/", format: "esm", absWorkingDir: "/",
    plugins: [{ name: "files", setup(setup) {
      setup.onResolve({ filter: /.*/ }, ({ path }) => ({ path: path.replace(/^\.\//, ""), namespace: "file-of-test" }));
      setup.onLoad({ filter: /.*/ }, ({ path }) => ({ contents: files[path] ?? "", loader: path.endsWith(".ts") ? "ts" : "js" }));
    } }],
  });
  return JSON.parse(outputFiles.find(({ path }) => path.endsWith(".map"))?.text ?? "") as SourceMap;
}

const nameOf = (source: string): string => source.replace("file-of-test:", "");
const isOwn = (source: string): boolean => !source.includes("node_modules");

describe("positionTable()", () => {
  it.each([false, true])("leads every place of the author's file to where the full map leads it (minified: %s)", async (minify) => {
    const map = await bundled(minify);
    setPositions(positionTable(map, nameOf, isOwn));
    let compared = 0;
    for (const { line, column, source } of readMappings(map.mappings)) {
      if (source === undefined) continue;
      const expected = locate(map, line + 1, column + 1);
      const stack = `    at f (plugin.js:${line + 1}:${column + 1})\n`;
      const shown = describeError(Object.assign(new Error("x"), { stack })).split("\n")[1];
      const own = isOwn(map.sources[source] as string);
      const place = `${nameOf(expected?.source ?? "")}:${expected?.line}`;
      if (own) expect(shown).toBe(`    at f (${place}:${expected?.column})`);
      else expect(shown).toContain(`(${place}:`);
      compared++;
    }
    expect(compared).toBeGreaterThan(15);
  });

  it("is smaller than the map, and leaves out what has no name", async () => {
    const map = await bundled(false);
    expect(positionTable(map, nameOf, isOwn).length).toBeLessThan(map.mappings.length);
    expect(positionTable(map, () => "", isOwn)).toBe("");
  });
});
