/** A folder that the host's thread keeps, on the plug-in's thread: every operation asks, and blocks until it is answered. */

import type { WasmValue } from "../functions.ts";
import { type ErrnoCode, Refusal } from "../wasi/errno.ts";
import type { Directory, FileEntry, FileMode, FileStat, FileTimes, Folder, OpenFile } from "../wasi/file-tree.ts";
import { decodeEntries, FILE_OPERATION as OPERATION, type FileWindow, MODE, readStat, timeValues, WINDOW_BYTES } from "./file-window.ts";

/** Asks the host's thread; returns the answer's values. */
export type AskFiles = (values: readonly WasmValue[]) => readonly WasmValue[];

/**
 * @param mount Which of the plug-in's folders.
 * @param window Shared memory for names and contents.
 * @param askHost Asks.
 * @returns The folder.
 */
export function remoteFolder(mount: number, window: FileWindow, askHost: AskFiles): Folder {
  return {
    open(now) {
      const ask = new Questions(window, askHost, now);
      return new RemoteDirectory(ask, Number(ask.look(OPERATION.top, mount, [])[0]));
    },
  };
}

/** What one instance asks, with its clock where something changes. */
class Questions {
  readonly window: FileWindow;
  readonly #ask: AskFiles;
  readonly #now: () => number;

  constructor(window: FileWindow, ask: AskFiles, now: () => number) {
    this.window = window;
    this.#ask = ask;
    this.#now = now;
  }

  /** Asks something that changes nothing. */
  look(operation: number, handle: number, values: readonly WasmValue[]): readonly WasmValue[] {
    return this.#send(operation, handle, 0, values);
  }

  /** Asks for a change, which happens at the instance's time. */
  change(operation: number, handle: number, values: readonly WasmValue[]): readonly WasmValue[] {
    return this.#send(operation, handle, this.#now(), values);
  }

  /** Puts names where the host finds them; returns their lengths. */
  names(...names: readonly string[]): number[] {
    return this.window.putTexts(names);
  }

  /** What is not there any more, or cannot be asked for, is closed. */
  close(handle: number): void {
    try {
      this.look(OPERATION.close, handle, []);
    } catch {
      // The call has ended, and with it the host closes what this instance had open.
    }
  }

  #send(operation: number, handle: number, nowMs: number, values: readonly WasmValue[]): readonly WasmValue[] {
    const [errno, ...rest] = this.#ask([operation, handle, nowMs, ...values]);
    // oxlint-disable-next-line typescript/only-throw-error -- see Refusal
    if (errno !== 0) throw new Refusal(errno as ErrnoCode);
    return rest;
  }
}

class RemoteDirectory implements Directory {
  readonly #ask: Questions;
  readonly #handle: number;

  constructor(ask: Questions, handle: number) {
    this.#ask = ask;
    this.#handle = handle;
  }

  stat(name: string): FileStat {
    return readStat(this.#ask.look(OPERATION.stat, this.#handle, this.#ask.names(name)));
  }

  openDirectory(name: string): Directory {
    return new RemoteDirectory(this.#ask, Number(this.#ask.look(OPERATION.openDirectory, this.#handle, this.#ask.names(name))[0]));
  }

  openFile(name: string, mode: FileMode): OpenFile {
    const bits = Object.entries(MODE).reduce((sum, [key, bit]) => sum + (mode[key as keyof FileMode] ? bit : 0), 0);
    const values = [bits, ...this.#ask.names(name)];
    const [handle] = mode.create || mode.truncate ? this.#ask.change(OPERATION.openFile, this.#handle, values) : this.#ask.look(OPERATION.openFile, this.#handle, values);
    return new RemoteFile(this.#ask, Number(handle));
  }

  list(maxEntries: number): FileEntry[] {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let [count, left] = this.#ask.look(OPERATION.list, this.#handle, [maxEntries]);
    for (;;) {
      parts.push(this.#ask.window.bytes(Number(count)));
      if (left === 0) break;
      [count, left] = this.#ask.look(OPERATION.more, this.#handle, []);
    }
    const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let offset = 0;
    for (const part of parts) {
      bytes.set(part, offset);
      offset += part.length;
    }
    return decodeEntries(bytes);
  }

  readLink(name: string): string {
    return this.#ask.window.texts(this.#ask.look(OPERATION.readLink, this.#handle, this.#ask.names(name)))[0] ?? "";
  }

  createDirectory(name: string): void {
    this.#ask.change(OPERATION.createDirectory, this.#handle, this.#ask.names(name));
  }

  createLink(name: string, target: string): void {
    this.#ask.change(OPERATION.createLink, this.#handle, this.#ask.names(name, target));
  }

  linkFile(name: string, to: Directory, toName: string): void {
    this.#ask.change(OPERATION.linkFile, this.#handle, [RemoteDirectory.handleOf(to), ...this.#ask.names(name, toName)]);
  }

  removeDirectory(name: string): void {
    this.#ask.change(OPERATION.removeDirectory, this.#handle, this.#ask.names(name));
  }

  removeFile(name: string): void {
    this.#ask.change(OPERATION.removeFile, this.#handle, this.#ask.names(name));
  }

  rename(name: string, to: Directory, toName: string): void {
    this.#ask.change(OPERATION.rename, this.#handle, [RemoteDirectory.handleOf(to), ...this.#ask.names(name, toName)]);
  }

  setTimes(name: string, times: FileTimes): void {
    this.#ask.change(OPERATION.setEntryTimes, this.#handle, [...timeValues(times), ...this.#ask.names(name)]);
  }

  close(): void {
    this.#ask.close(this.#handle);
  }

  /** The host's number of a directory, which comes from the same folder. */
  static handleOf(directory: Directory): number {
    return (directory as RemoteDirectory).#handle;
  }
}

class RemoteFile implements OpenFile {
  readonly #ask: Questions;
  readonly #handle: number;

  constructor(ask: Questions, handle: number) {
    this.#ask = ask;
    this.#handle = handle;
  }

  stat(): FileStat {
    return readStat(this.#ask.look(OPERATION.statFile, this.#handle, []));
  }

  read(into: Uint8Array<ArrayBuffer>, position: number): number {
    let total = 0;
    while (total < into.length) {
      const wanted = Math.min(into.length - total, WINDOW_BYTES);
      const count = Number(this.#ask.change(OPERATION.read, this.#handle, [wanted, position + total])[0]);
      this.#ask.window.copy(into.subarray(total), count);
      total += count;
      if (count < wanted) break;
    }
    return total;
  }

  write(bytes: Uint8Array<ArrayBuffer>, position: number): number {
    let total = 0;
    while (total < bytes.length) {
      const sent = this.#ask.window.put(bytes.subarray(total));
      try {
        const count = Number(this.#ask.change(OPERATION.write, this.#handle, [sent, position + total])[0]);
        total += count;
        if (count < sent) break;
      } catch (thrown) {
        if (!(thrown instanceof Refusal) || total === 0) throw thrown;
        break; // what was written is written
      }
    }
    return total;
  }

  resize(size: number): void {
    this.#ask.change(OPERATION.resize, this.#handle, [size]);
  }

  setTimes(times: FileTimes): void {
    this.#ask.change(OPERATION.setFileTimes, this.#handle, timeValues(times));
  }

  sync(): void {
    this.#ask.look(OPERATION.sync, this.#handle, []);
  }

  close(): void {
    this.#ask.close(this.#handle);
  }
}
