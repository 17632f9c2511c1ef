/**
 * The files of one plug-in on the host's thread: holds what its instance has open, and answers its thread's questions. The
 * rules of paths, rights and budgets are kept on the other thread, by `wasi/`, whoever keeps the files.
 */

import type { WasmValue } from "../functions.ts";
import { Errno, Refusal, refuse } from "../wasi/errno.ts";
import type { Directory, FileTree, OpenFile } from "../wasi/file-tree.ts";
import { encodeEntries, FILE_OPERATION as OPERATION, FileWindow, MODE, readTimes, statValues, WINDOW_BYTES } from "./file-window.ts";

/** How many numbers stand before the lengths of names. */
const NUMBERS_FIRST: Readonly<Record<number, number>> = { [OPERATION.openFile]: 1, [OPERATION.list]: 1, [OPERATION.linkFile]: 1, [OPERATION.rename]: 1, [OPERATION.setEntryTimes]: 2 };

/** Answers for one plug-in. */
export class FileDesk {
  readonly #files: FileTree;
  #window = new FileWindow(new SharedArrayBuffer(WINDOW_BYTES));
  readonly #directories = new Map<number, Directory>();
  readonly #openFiles = new Map<number, OpenFile>();
  #lastHandle = 0;
  /** The instance's clock, as it said last. */
  #nowMs = 0;
  /** What of a listing did not fit. */
  #rest: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  /** @param files Folders that the plug-in was granted. */
  constructor(files: FileTree) {
    this.#files = files;
  }

  /**
   * Does one operation.
   *
   * @param values The question.
   * @returns The answer.
   * @throws What a folder of the embedder throws that is no refusal.
   */
  answer(...[operation, handle, nowMs, ...values]: WasmValue[]): WasmValue[] {
    this.#nowMs = Number(nowMs);
    try {
      return [0, ...this.#do(Number(operation), Number(handle), values)];
    } catch (thrown) {
      if (thrown instanceof Refusal) return [thrown.errno];
      throw thrown;
    }
  }

  /**
   * Opens a window for a thread. The last one is good no more: a thread that was given up may still write to it.
   *
   * @returns Shared memory for names and contents, for that thread.
   */
  openWindow(): SharedArrayBuffer {
    const window = new SharedArrayBuffer(WINDOW_BYTES);
    this.#window = new FileWindow(window);
    return window;
  }

  /** Closes whatever an instance left open that is gone. */
  closeAll(): void {
    for (const open of [...this.#openFiles.values(), ...this.#directories.values()]) close(open);
    this.#openFiles.clear();
    this.#directories.clear();
    this.#rest = new Uint8Array(0);
  }

  #do(operation: number, handle: number, values: readonly WasmValue[]): WasmValue[] {
    switch (operation) {
      case OPERATION.top: return [this.#holdDirectory((this.#files[handle] ?? missing()).folder.open(() => this.#nowMs))];
      case OPERATION.more: return this.#part();
      case OPERATION.close:
        this.#close(handle);
        return [];
      default: return operation < OPERATION.statFile ? this.#inDirectory(operation, this.#directories.get(handle) ?? missing(), values) : this.#inFile(operation, this.#openFiles.get(handle) ?? missing(), values);
    }
  }

  #inDirectory(operation: number, directory: Directory, values: readonly WasmValue[]): WasmValue[] {
    const [name = "", second = ""] = this.#window.texts(values.slice(NUMBERS_FIRST[operation] ?? 0));
    checkName(name);
    if (operation !== OPERATION.createLink) checkName(second);
    const other = (): Directory => this.#directories.get(Number(values[0])) ?? missing();
    switch (operation) {
      case OPERATION.stat: return statValues(directory.stat(name));
      case OPERATION.openDirectory: return [this.#holdDirectory(directory.openDirectory(name))];
      case OPERATION.openFile: {
        const bits = Number(values[0]);
        const has = (bit: number): boolean => (bits & bit) !== 0;
        this.#lastHandle += 1;
        this.#openFiles.set(this.#lastHandle, directory.openFile(name, { read: has(MODE.read), write: has(MODE.write), create: has(MODE.create), exclusive: has(MODE.exclusive), truncate: has(MODE.truncate) }));
        return [this.#lastHandle];
      }
      case OPERATION.list:
        this.#rest = encodeEntries(directory.list(Number(values[0])));
        return this.#part();
      case OPERATION.readLink: return this.#window.putTexts([directory.readLink(name)]);
      case OPERATION.createDirectory: directory.createDirectory(name); return [];
      case OPERATION.createLink: directory.createLink(name, second); return [];
      case OPERATION.linkFile: directory.linkFile(name, other(), second); return [];
      case OPERATION.removeDirectory: directory.removeDirectory(name); return [];
      case OPERATION.removeFile: directory.removeFile(name); return [];
      case OPERATION.rename: directory.rename(name, other(), second); return [];
      case OPERATION.setEntryTimes: directory.setTimes(name, readTimes(values)); return [];
      default: return missing();
    }
  }

  #inFile(operation: number, file: OpenFile, values: readonly WasmValue[]): WasmValue[] {
    switch (operation) {
      case OPERATION.statFile: return statValues(file.stat());
      case OPERATION.read: {
        const into = new Uint8Array(Math.min(Number(values[0]), WINDOW_BYTES));
        const count = file.read(into, Number(values[1]));
        this.#window.put(into.subarray(0, count));
        return [count];
      }
      case OPERATION.write: return [file.write(this.#window.bytes(Number(values[0])), Number(values[1]))];
      case OPERATION.resize: file.resize(Number(values[0])); return [];
      case OPERATION.setFileTimes: file.setTimes(readTimes(values)); return [];
      case OPERATION.sync: file.sync(); return [];
      default: return missing();
    }
  }

  #holdDirectory(directory: Directory): number {
    this.#lastHandle += 1;
    this.#directories.set(this.#lastHandle, directory);
    return this.#lastHandle;
  }

  /** The next part of a listing, and how much is left behind it. */
  #part(): WasmValue[] {
    const count = this.#window.put(this.#rest);
    this.#rest = this.#rest.subarray(count);
    return [count, this.#rest.length];
  }

  #close(handle: number): void {
    const open = this.#openFiles.get(handle) ?? this.#directories.get(handle);
    this.#openFiles.delete(handle);
    this.#directories.delete(handle);
    if (open !== undefined) close(open);
  }
}

/** A directory opens by a name whatever it leads to, so none may lead anywhere else, whoever checked it before. */
function checkName(name: string): void {
  if (name === ".." || /[/\0]/.test(name)) refuse("notcapable");
}

function close(open: OpenFile | Directory): void {
  try {
    open.close();
  } catch {
    // Nobody is there any more who could do anything about it.
  }
}

function missing(): never {
  // oxlint-disable-next-line typescript/only-throw-error -- see Refusal
  throw new Refusal(Errno.badf);
}
