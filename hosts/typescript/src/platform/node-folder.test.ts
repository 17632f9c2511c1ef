import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";

import { ENGINES, runCommand } from "../../test/wasi/command.ts";
import { files as FILES_PROGRAM } from "../../test/wasi/programs.ts";

test.each(ENGINES)("a C program on the $engine engine works on a folder of the host, read-write where granted, read-only else", async ({ on }) => {
  const folder = await mkdtemp(join(tmpdir(), "tenon-"));
  try {
    await writeFile(join(folder, "input.txt"), "one\n");
    const grant = { host: folder, guest: "/data" };
    const refused = await runCommand(FILES_PROGRAM, { ...on, allow: { paths: [grant] } });
    expect(refused.lines.find((line) => line.startsWith("mkdir"))).toMatch(/^mkdir -1/);
    const { lines } = await runCommand(FILES_PROGRAM, { ...on, allow: { paths: [{ ...grant, access: "read-write" }] } });
    expect(lines).toContain("line one");
    expect(await readFile(join(folder, "out/short.txt"), "utf8")).toBe("00000\n00001\n");
  } finally {
    await rm(folder, { recursive: true });
  }
});
