/**
 * How a plug-in's thread uses files that the host's thread keeps: each operation of `wasi/file-tree.ts` is a question like
 * that of a host function. Numbers go through the mailbox; names and contents through a window of shared memory.
 *
 *   question  values: operation, handle, numbers …, lengths …      window: texts or bytes, one behind the other
 *   answer    values: errno, numbers …                             window: bytes
 *
 * What is larger than the window is read or written in several operations; a listing's further parts are asked for.
 */

import type { FileEntry, FileStat, FileTimes, FileTypeCode } from "../wasi/file-tree.ts";
import type { WasmValue } from "../functions.ts";

/** Bytes of a window. */
export const WINDOW_BYTES = 65_536;

/** The operations; `top` opens a mount, `more` asks for a further part of a listing. */
export const FILE_OPERATION = {
  top: 0, stat: 1, openDirectory: 2, openFile: 3, list: 4, more: 5, readLink: 6, createDirectory: 7, createLink: 8, linkFile: 9,
  removeDirectory: 10, removeFile: 11, rename: 12, setEntryTimes: 13, close: 14, statFile: 15, read: 16, write: 17, resize: 18,
  setFileTimes: 19, sync: 20,
} as const;

/** Bits of a `FileMode`. */
export const MODE = { read: 1, write: 2, create: 4, exclusive: 8, truncate: 16 } as const;

const NAME_OFFSET = 11;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Both sides' view of a window. */
export class FileWindow {
  readonly #bytes: Uint8Array<SharedArrayBuffer>;

  /** @param buffer {@link WINDOW_BYTES} of shared memory. */
  constructor(buffer: SharedArrayBuffer) {
    this.#bytes = new Uint8Array(buffer);
  }

  /**
   * Puts texts one behind the other.
   *
   * @returns Their lengths in bytes.
   */
  putTexts(texts: readonly string[]): number[] {
    let offset = 0;
    return texts.map((text) => {
      const bytes = encoder.encode(text);
      this.#bytes.set(bytes, offset);
      offset += bytes.length;
      return bytes.length;
    });
  }

  /** @returns The texts of these lengths. */
  texts(lengths: readonly WasmValue[]): string[] {
    let offset = 0;
    return lengths.map((length) => decoder.decode(this.#bytes.slice(offset, (offset += Number(length)))));
  }

  /** Puts as much as there is room for; returns how many bytes. */
  put(bytes: Uint8Array): number {
    const part = bytes.subarray(0, WINDOW_BYTES);
    this.#bytes.set(part);
    return part.length;
  }

  /** @returns A copy of so many bytes. */
  bytes(length: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#bytes.slice(0, length));
  }

  /** Copies so many bytes to the begin of `into`. */
  copy(into: Uint8Array<ArrayBuffer>, length: number): void {
    into.set(this.#bytes.subarray(0, length));
  }
}

/** @returns What is known about an entry, as values. */
export function statValues({ type, inode, links, size, accessed, modified, changed }: FileStat): WasmValue[] {
  return [type, inode, links, size, accessed, modified, changed];
}

/** @returns The same from values. */
export function readStat(values: readonly WasmValue[]): FileStat {
  const [type, inode, links, size, accessed, modified, changed] = values as [FileTypeCode, bigint, bigint, bigint, bigint, bigint, bigint];
  return { type, inode, links, size, accessed, modified, changed };
}

/** @returns Times as values, with -1 for one that stays. */
export function timeValues({ accessed, modified }: FileTimes): WasmValue[] {
  return [accessed ?? -1n, modified ?? -1n];
}

/** @returns The same from values. */
export function readTimes([accessed, modified]: readonly WasmValue[]): FileTimes {
  const time = (value: WasmValue | undefined): bigint | undefined => (value === -1n ? undefined : (value as bigint));
  return { accessed: time(accessed), modified: time(modified) };
}

/**
 * @param entries Entries of a directory.
 * @returns Each as its type, its inode and its name with the length before it, one behind the other.
 */
export function encodeEntries(entries: readonly FileEntry[]): Uint8Array<ArrayBuffer> {
  const names = entries.map(({ name }) => encoder.encode(name));
  const bytes = new Uint8Array(names.reduce((sum, name) => sum + NAME_OFFSET + name.length, 0));
  const view = new DataView(bytes.buffer);
  let offset = 0;
  for (const [index, { type, inode }] of entries.entries()) {
    const name = names[index] as Uint8Array;
    view.setUint8(offset, type);
    view.setBigUint64(offset + 1, inode);
    view.setUint16(offset + 9, name.length);
    bytes.set(name, offset + NAME_OFFSET);
    offset += NAME_OFFSET + name.length;
  }
  return bytes;
}

/** @returns The entries in what {@link encodeEntries} returned. */
export function decodeEntries(bytes: Uint8Array<ArrayBuffer>): FileEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const entries: FileEntry[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const end = offset + NAME_OFFSET + view.getUint16(offset + 9);
    entries.push({ type: view.getUint8(offset) as FileTypeCode, inode: view.getBigUint64(offset + 1), name: decoder.decode(bytes.subarray(offset + NAME_OFFSET, end)) });
    offset = end;
  }
  return entries;
}
