/** Go: the Go on the machine, from 1.24 on, which exports functions by `//go:wasmexport`. */

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { BuildFailed, type BuildOptions, type Built, type Language, type Source } from "./language.ts";
import { answerOf, program, runTool } from "./tool.ts";

const GO = program("go", "Install Go 1.24 or newer from https://go.dev/dl");

/** The driver. */
export const go: Language = { name: "go", title: "Go", entries: ["plugin.go", "main.go"], files: /\.go$/, tools: [GO], build };

async function build({ folder, entry }: Source, options: BuildOptions): Promise<Built> {
  const version = /go(\d+)\.(\d+)[.\d]*/.exec((await answerOf(["go", "version"])) ?? "");
  if (version === null) throw new BuildFailed(`Cannot build the plug-in: Go is missing. ${GO.install}`);
  if (Number(version[1]) === 1 && Number(version[2]) < 24) throw new BuildFailed(`Cannot build the plug-in: this is ${version[0]}, which exports no functions. ${GO.install}`);
  const scratch = await mkdtemp(join(tmpdir(), "tenon-go-"));
  try {
    const out = join(scratch, "plugin.wasm");
    const env = { GOOS: "wasip1", GOARCH: "wasm", GOWORK: "off" };
    // A module without paths of the machine, so that the same source gives the same bytes.
    await runTool(GO, ["go", "build", "-trimpath", "-buildvcs=false", "-buildmode=c-shared", "-ldflags=-s -w -buildid=", "-o", out, "."], entry.startsWith(folder) ? dirname(entry) : folder, options, env);
    return { wasm: await readFile(out), warnings: [], compiler: version[0] };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
