/**
 * WASI for one session. What the plug-in finds is what the embedder's options say: folders, arguments, environment, a
 * clock. Its standard streams go to the logger by lines, its standard input is empty. Loaded only where a module asks.
 */

import { timeoutFailure } from "../session/watch.ts";
import { PluginError } from "../error.ts";
import type { Signature } from "../functions.ts";
import type { WasiImports } from "../inline/link.ts";
import { LineSplitter, type LogLevel } from "../session/log.ts";
import type { Deterministic, PathGrant } from "../options.ts";
import type { Platform } from "../platform.ts";
import { type Session, canLog, failCall, writeLog } from "../session/session.ts";
import { WasiExit } from "../wasi/exit.ts";
import type { FileTree, Folder } from "../wasi/file-tree.ts";
import type { createPathCalls } from "../wasi/path-calls.ts";
import { seededRandom } from "../wasi/random.ts";
import { WASI_PARAMETERS } from "../wasi/signatures.ts";
import { createWasi } from "../wasi/wasi.ts";

/** What the embedder lets a plug-in see through WASI. */
export interface WasiGrant {
  readonly paths: readonly PathGrant[];
  readonly args: readonly string[];
  readonly env: ReadonlyMap<string, string>;
  readonly deterministic: Deterministic | undefined;
}

const LEVELS = { stdout: "info", stderr: "error" } as const satisfies Record<string, LogLevel>;

/**
 * Opens the folders that are granted.
 *
 * @param paths The folders.
 * @param platform Opens those of the host.
 * @returns What WASI mounts.
 * @throws {PluginError} `manifest/invalid` if a folder is not there, or the platform has no files.
 */
export async function openFiles(paths: WasiGrant["paths"], platform: Platform): Promise<FileTree> {
  const openFolder = paths.some((path) => path.folder === undefined) ? await platform.loadFiles?.() : undefined;
  return paths.map((path) => ({
    guest: path.guest,
    access: path.access === "read" ? "read" : "write",
    folder: path.folder ?? openHostFolder(path.host ?? "", openFolder, platform),
  }));
}

/**
 * Makes WASI.
 *
 * @param grant What the plug-in may see, but for folders.
 * @param files Folders that are open.
 * @param paths Makes the functions that take a path; needed where there are folders.
 * @returns A maker of WASI for each new instance.
 */
export function makeWasi(grant: Omit<WasiGrant, "paths">, files: FileTree, paths: typeof createPathCalls | undefined): (session: Session) => WasiImports {
  const env = Object.fromEntries(grant.env);
  return (session) => {
    const splitter = (source: "stdout" | "stderr"): LineSplitter => new LineSplitter((line) => {
        writeLog(session, LEVELS[source], line, source);
        return canLog(session, LEVELS[source], source);
      });
    const lines = { stdout: splitter("stdout"), stderr: splitter("stderr") };
    const wasi = createWasi({
      args: grant.args,
      env,
      files,
      createPathCalls: paths,
      ledger: session,
      limits: { maxFileBytes: Math.min(session.limits.fileBytes, Number.MAX_SAFE_INTEGER) },
      write(stream, bytes) {
        if (canLog(session, LEVELS[stream], stream)) lines[stream].push(bytes);
      },
      ...(grant.deterministic === undefined ? realTime(session) : virtualTime(session, grant.deterministic)),
    });
    const imports = Object.create(null) as Record<string, (...values: never[]) => unknown>;
    for (const [name, run] of Object.entries(wasi.imports)) {
      imports[name] = QUICK.has(name) ? run : (...values) => (checkTime(session), run(...values));
    }
    // An exit ends the call even if the module catches what is thrown for it.
    imports["proc_exit"] = (code: number) => {
      session.call.exitCode ??= code >>> 0;
      throw new WasiExit(code >>> 0);
    };
    return {
      imports,
      accepts,
      attach: (memory) => wasi.attach(memory),
      flush() {
        lines.stdout.flush();
        lines.stderr.flush();
      },
      close: () => wasi.close(),
    };
  };
}

/** Functions that do nothing to speak of. What the others do is the host's time, which the module's own counting does not see. */
const QUICK: ReadonlySet<string> = new Set(["clock_res_get", "clock_time_get", "fd_fdstat_get", "fd_prestat_get", "fd_seek", "fd_tell", "sched_yield"]);

function checkTime(session: Session): void {
  const { call, platform } = session;
  const now = platform.now();
  call.deadline ??= now + call.timeoutMs;
  if (now >= call.deadline) throw failCall(session, timeoutFailure(call));
}

/** Random bytes from which on a look at the clock is cheap beside them. */
const LARGE_RANDOM_BYTES = 4_096;

/** What of the world is neither files nor streams. */
interface World {
  readonly now: () => number;
  /** For folders; by default `now`. */
  readonly fileTime?: () => number;
  readonly monotonic: () => number;
  readonly random: (into: Uint8Array<ArrayBuffer>) => void;
  readonly sleep: (ms: number) => void;
}

function realTime(session: Session): World {
  const { platform } = session;
  return {
    now: platform.wallClock,
    monotonic: platform.now,
    random(into) {
      if (into.length >= LARGE_RANDOM_BYTES) checkTime(session); // megabytes are filled in pieces
      platform.random(into);
    },
    sleep(ms) {
      const { call } = session;
      call.deadline ??= platform.now() + call.timeoutMs;
      // It would be stopped while it sleeps, so nobody has to wait for that.
      if (platform.now() + ms >= call.deadline) throw failCall(session, timeoutFailure(call));
      platform.sleep?.(ms);
    },
  };
}

/**
 * Time that begins anew at each call and passes by being looked at, a microsecond each time, so that what waits for it
 * gets there; and random numbers that begin anew too. The same call then does the same, byte for byte.
 */
function virtualTime(session: Session, { now, seed }: Deterministic): World {
  let passedMs = 0;
  let random = seededRandom(seed);
  let current = session.call;
  const renew = (): void => {
    if (session.call === current) return;
    current = session.call;
    passedMs = 0;
    random = seededRandom(seed);
  };
  const pass = (): number => {
    renew();
    passedMs += 0.001;
    return passedMs;
  };
  return {
    now: () => now + pass(),
    // Passes no time: a folder of this thread looks at it more often than one that another thread keeps.
    fileTime: () => (renew(), now + passedMs),
    monotonic: pass,
    random(into) {
      renew();
      random(into);
    },
    sleep(ms) {
      renew();
      passedMs += ms;
      if (passedMs >= session.call.timeoutMs) throw failCall(session, timeoutFailure(session.call));
    },
  };
}

function openHostFolder(host: string, open: ((path: string) => Folder) | undefined, platform: Platform): Folder {
  const invalid = (why: string, cause?: unknown): PluginError =>
    new PluginError("manifest/invalid", `Cannot offer the folder "${host}": ${why}`, { path: "allow.paths", expected: "a folder of the host" }, { cause });
  if (open === undefined) throw invalid(`the platform "${platform.name}" has no files; pass { folder: memoryFolder() } instead of host`);
  try {
    return open(host);
  } catch (cause) {
    throw invalid(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

const LETTERS: Readonly<Record<string, string>> = { i32: "i", i64: "I" };

/** Whether preview 1 has a function of this name and type. */
function accepts(name: string, { params, results }: Signature): boolean {
  if (!Object.hasOwn(WASI_PARAMETERS, name)) return false;
  const expected = WASI_PARAMETERS[name as keyof typeof WASI_PARAMETERS];
  return params.map((type) => LETTERS[type] ?? "?").join("") === expected && results.join() === (name === "proc_exit" ? "" : "i32");
}
