/**
 * What the commands need to know of a language: which sources are its, what builds them, what a new project looks like.
 * A driver is one file beside this one and a line in `table.ts`; its template is the folder of its name in `templates/`.
 */

import type { Diagnostic } from "@tenon/compiler";

/** A language that plug-ins are written in. */
export interface Language {
  /** What `--lang` takes, and the name of the folder in `templates/`; lower case. */
  readonly name: string;
  /** For people, such as `TypeScript`. */
  readonly title: string;
  /** Entry files of a project in the order of preference; `*` in the last part of a path stands for any name, such as `*.c`. */
  readonly entries: readonly string[];
  /** Matches the path of a file that can be built by itself. */
  readonly files: RegExp;
  /** Matches the text of a `.ts` file that is not TypeScript but this. */
  readonly sign?: RegExp;
  /** What has to be there to build; checked by `tenon new`, and by whoever calls them. */
  readonly tools: readonly Tool[];
  /**
   * Builds a plug-in.
   *
   * @throws {BuildFailed} If the source or a tool is at fault.
   */
  readonly build: (source: Source, options: BuildOptions) => Promise<Built>;
}

/** A program or package that a build needs. */
export interface Tool {
  /** What it is called, such as `cargo`. */
  readonly name: string;
  /** What to do where it is missing; a sentence without a full stop, such as `Install Rust from https://rustup.rs`. */
  readonly install: string;
  /** Whether it is there, for a project in a folder. */
  readonly isThere: (folder: string) => Promise<boolean>;
}

/** What is built. */
export interface Source {
  /** Absolute path of the project's folder; what a tool runs in, and what paths in messages are relative to. */
  readonly folder: string;
  /** Absolute path of the entry file. */
  readonly entry: string;
}

/** How it is built. Options that a language has no use for are left alone. */
export interface BuildOptions {
  /** Shorter code, without names. */
  readonly isMinified: boolean;
  /** Whether functions of an interpreted language are compiled where that is possible. */
  readonly isOptimized: boolean;
  /** Whether a source map is wanted. */
  readonly hasSourceMap: boolean;
  /** Whether types are checked where that is not needed to compile. */
  readonly isChecked: boolean;
  /** Path of a tsconfig.json. */
  readonly tsconfig: string | undefined;
  /** Whether a tool may colour its messages. */
  readonly isColored: boolean;
  /** Ends the build. */
  readonly signal: AbortSignal;
}

/** A plug-in, built. */
export interface Built {
  readonly wasm: Uint8Array;
  /** Source map, version 3, as JSON; only if it was wanted and the language makes one. */
  readonly sourceMap?: string;
  readonly warnings: readonly Diagnostic[];
  /** Name and version of the compiler, such as `rustc 1.96.0`. */
  readonly compiler?: string;
}

/** A source that cannot be built, or a tool that is missing or failed. */
export class BuildFailed extends Error {
  override readonly name = "BuildFailed";
  /** What is wrong and where, as far as the driver can tell. */
  readonly findings: readonly Diagnostic[];
  /** What the findings' paths are relative to. */
  readonly folder: string;
  /** What the tool wrote, to be shown as it is. */
  readonly output: string;

  /**
   * @param message What could not be done, and why, in a line.
   * @param more Findings or the tool's own words.
   */
  constructor(message: string, { findings = [], folder = "", output = "", cause }: { readonly findings?: readonly Diagnostic[]; readonly folder?: string; readonly output?: string; readonly cause?: unknown } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.findings = findings;
    this.folder = folder;
    this.output = output;
  }
}
