/**
 * WASI preview 1 for one plug-in instance: 46 functions over what the embedder hands in, and nothing else. No
 * process, no environment, no working directory, no input, no network; files only where a tree of them is given.
 * Everything is synchronous and all state belongs to the instance, so any platform with a Wasm engine can run it.
 *
 * The guest is hostile: each function checks its pointers and counts before it acts, and answers with an error
 * number. Only three things are thrown through the guest: `WasiExit`, what the embedder's own functions throw, and
 * the `TypeError` of a module that imports a function with a wrong type, which the linker can rule out beforehand
 * (`WASI_PARAMETERS`).
 * Source: https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md
 */

import { CLOCK_RESOLUTION_NS, checkClock, readClock } from "./clock.ts";
import { createDescriptorCalls } from "./descriptor-calls.ts";
import { DescriptorTable } from "./descriptors.ts";
import { createArguments, createEnvironment } from "./environment.ts";
import { refuse, Refusal } from "./errno.ts";
import { WasiExit } from "./exit.ts";
import type { FileTree } from "./file-tree.ts";
import { GuestMemory } from "./guest-memory.ts";
import { type Instance, type FileLedger, FileQuota } from "./instance.ts";
import { resolveLimits, type WasiLimits } from "./limits.ts";
import type { createPathCalls, PathCall } from "./path-calls.ts";
import { poll } from "./poll.ts";
import { fillRandom, type RandomSource } from "./random.ts";
import type { WasiFunctions } from "./signatures.ts";
import { createTransferCalls } from "./transfer-calls.ts";

/** What one instance may see and do. */
export interface WasiOptions {
  /** Arguments, the program's name first; none by default. */
  readonly args?: readonly string[] | undefined;
  /** Environment; empty by default. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Takes what the guest writes to standard output or error: a copy, at most `limits.maxTransferBytes` at a time. */
  readonly write: (stream: "stdout" | "stderr", bytes: Uint8Array<ArrayBuffer>) => void;
  /** Milliseconds since 1970-01-01T00:00Z, with fractions. */
  readonly now: () => number;
  /** Milliseconds since some fixed moment, with fractions; never less than before. */
  readonly monotonic: () => number;
  /** Fills an unshared array of at most 65,536 bytes with random bytes. */
  readonly random: RandomSource;
  /**
   * Waits for at most so many milliseconds (the guest may ask for centuries), or throws to end the call. Absent: a
   * guest that wants to sleep goes on at once.
   */
  readonly sleep?: ((ms: number) => void) | undefined;
  /** The time that folders put on what changes in them, as `now`, which it is by default; how often it is asked differs by engine. */
  readonly fileTime?: (() => number) | undefined;
  /** What files have grown by before; by default nothing. */
  readonly ledger?: FileLedger | undefined;
  /** Folders; none by default, and then the guest has no file at all. */
  readonly files?: FileTree | undefined;
  /** Makes the functions that take a path: to be passed where there are folders, and not needed where there are none. */
  readonly createPathCalls?: typeof createPathCalls | undefined;
  /** Limits; absent ones take the default. */
  readonly limits?: { readonly [K in keyof WasiLimits]?: number | undefined } | undefined;
}

/** WASI of one instance. */
export interface Wasi {
  /** The functions of `wasi_snapshot_preview1` by name; no prototype, so that a guest's names find nothing else. */
  readonly imports: Readonly<Record<string, (...args: never[]) => number | void>>;
  /** Says which memory pointers mean; until then each function that takes one answers `EFAULT`. */
  attach(memory: WebAssembly.Memory): void;
  /** Closes every descriptor and forgets the memory. Closing twice is safe. */
  close(): void;
}

/**
 * Builds WASI for one instance. Instances share nothing.
 *
 * @param options What the instance may see and do.
 * @returns The functions to import and their life.
 * @throws {TypeError} If an argument or environment variable cannot be expressed in C strings, or a mount's name is
 * empty, stated twice or has a zero character in it, or `createPathCalls` is missing beside folders.
 * @throws {RangeError} If a limit is not a whole number of at least 0.
 * @throws Whatever opening a folder throws.
 */
export function createWasi(options: WasiOptions): Wasi {
  const limits = resolveLimits(options.limits);
  const memory = new GuestMemory();
  const descriptors = new DescriptorTable(limits.maxDescriptors);
  const args = createArguments(memory, options.args ?? []);
  const env = createEnvironment(memory, options.env ?? {});
  const clocks = { now: options.now, monotonic: options.monotonic };
  const quota = new FileQuota(limits.maxFileBytes, options.ledger ?? { fileBytes: 0 });
  const instance: Instance = { memory, clocks, descriptors, limits, quota, write: options.write };
  const files = options.files ?? [];
  checkMounts(files);
  if (files.length > 0 && options.createPathCalls === undefined) throw new TypeError("Cannot mount a folder: pass createPathCalls with files");
  descriptors.openStandard(files, options.fileTime ?? options.now);

  const functions: WasiFunctions = {
    args_get: args.get,
    args_sizes_get: args.sizes,
    environ_get: env.get,
    environ_sizes_get: env.sizes,
    clock_res_get(id, pointer) {
      checkClock(id);
      memory.setU64(pointer, CLOCK_RESOLUTION_NS);
    },
    clock_time_get(id, _precision, pointer) {
      memory.setU64(pointer, readClock(clocks, id));
    },
    ...createDescriptorCalls(instance),
    ...createTransferCalls(instance),
    ...(options.createPathCalls?.(instance) ?? refusePaths(descriptors)),
    poll_oneoff(input, output, count, events) {
      poll(instance, options.sleep, input, output, count, events);
    },
    proc_exit(code) {
      throw new WasiExit(code >>> 0);
    },
    proc_raise: () => refuse("nosys"),
    random_get(pointer, length) {
      fillRandom(memory, options.random, pointer, length, limits.maxRandomBytes);
    },
    sched_yield() {},
    sock_accept: (fd) => refuseSocket(descriptors, fd),
    sock_recv: (fd) => refuseSocket(descriptors, fd),
    sock_send: (fd) => refuseSocket(descriptors, fd),
    sock_shutdown: (fd) => refuseSocket(descriptors, fd),
  };

  const imports = Object.create(null) as Record<string, (...args: never[]) => number | void>;
  for (const [name, run] of Object.entries(functions)) imports[name] = answer(run);
  return {
    imports: Object.freeze(imports),
    attach: (guest) => memory.attach(guest),
    close() {
      descriptors.clear();
      memory.detach();
    },
  };
}

function checkMounts(files: FileTree): void {
  const names = new Set<string>();
  for (const { guest } of files) {
    if (guest === "" || guest.includes("\0") || names.has(guest)) {
      throw new TypeError(`Cannot mount "${guest}": the name is empty, stated twice or has a zero character in it`);
    }
    names.add(guest);
  }
}

/** Where there are no folders no descriptor is a directory, and looking for one is what each of these begins with. */
function refusePaths(descriptors: DescriptorTable): Pick<WasiFunctions, PathCall> {
  const refusePath = (fd: number): void => void descriptors.directory(fd, 0);
  return {
    path_create_directory: refusePath,
    path_filestat_get: refusePath,
    path_filestat_set_times: refusePath,
    path_link: refusePath,
    path_open: refusePath,
    path_readlink: refusePath,
    path_remove_directory: refusePath,
    path_rename: refusePath,
    path_symlink: (_text, _length, fd) => refusePath(fd),
    path_unlink_file: refusePath,
  };
}

/** There are descriptors, but none is a socket. */
function refuseSocket(descriptors: DescriptorTable, fd: number): never {
  descriptors.get(fd, 0);
  refuse("notsock");
}

/** Makes a function of this layer one that a guest can import. */
function answer<A extends never[]>(run: (...args: A) => void): (...args: A) => number {
  return (...args) => {
    try {
      run(...args);
      return 0;
    } catch (error) {
      if (error instanceof Refusal) return error.errno;
      throw error;
    }
  };
}
