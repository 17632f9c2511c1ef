/**
 * What files look like to WASI, whoever keeps them: folders in memory (`memory-folder.ts`) or of the host (a
 * platform's file). One open directory offers operations on *one name* in it and never follows a link; everything
 * that has to do with paths (`..`, links, absolute names) is done above, once, in `file-path.ts`. So an
 * implementation has no paths to get wrong.
 *
 * Every method reports a failure as a {@link Refusal}. Names are valid UTF-8 without `/` and NUL, 1 to 255 bytes
 * long, and neither `.` nor `..`, but where it says so.
 */

/** The kind of a directory entry, with the numbers of preview 1; "other" is a device, pipe or socket. */
export const FileType = { other: 0, directory: 3, file: 4, link: 7 } as const;

/** One of the numbers in {@link FileType}. */
export type FileTypeCode = (typeof FileType)[keyof typeof FileType];

/** What is known about an entry. */
export interface FileStat {
  readonly type: FileTypeCode;
  readonly inode: bigint;
  readonly links: bigint;
  /** Bytes. */
  readonly size: bigint;
  /** Nanoseconds since 1970. */
  readonly accessed: bigint;
  readonly modified: bigint;
  readonly changed: bigint;
}

/** New times in nanoseconds since 1970; an absent one stays. */
export interface FileTimes {
  readonly accessed: bigint | undefined;
  readonly modified: bigint | undefined;
}

/** One entry of a listing. */
export interface FileEntry {
  readonly name: string;
  readonly type: FileTypeCode;
  /** 0 where finding it out would cost one more question per entry. */
  readonly inode: bigint;
}

/** How to open a file. */
export interface FileMode {
  readonly read: boolean;
  readonly write: boolean;
  /** Make the file if there is none. */
  readonly create: boolean;
  /** With `create`: refuse if there is anything. */
  readonly exclusive: boolean;
  /** Empty the file. */
  readonly truncate: boolean;
}

/** An open regular file. Positions and sizes are bytes, whole numbers below 2^53. */
export interface OpenFile {
  stat(): FileStat;
  /** Reads into all of `into` or up to the end of the file; returns how many bytes. */
  read(into: Uint8Array<ArrayBuffer>, position: number): number;
  /** Writes some or all of `bytes`; what lies between the end and `position` becomes zeros. Returns how many. */
  write(bytes: Uint8Array<ArrayBuffer>, position: number): number;
  resize(size: number): void;
  setTimes(times: FileTimes): void;
  /** Waits until the bytes are safe. */
  sync(): void;
  close(): void;
}

/** An open directory. The name `.` stands for itself where the description says so, and nowhere else. */
export interface Directory {
  /** Describes an entry, a link itself and not its target; also `.`. */
  stat(name: string): FileStat;
  /** Opens a directory; also `.`. `ENOTDIR` or `ELOOP` if it is something else, a link for instance. */
  openDirectory(name: string): Directory;
  /** Opens a regular file; refuses all else, a link for instance. */
  openFile(name: string, mode: FileMode): OpenFile;
  /** Lists all entries but `.` and `..`; `EOVERFLOW` if there are more than `maxEntries`. */
  list(maxEntries: number): FileEntry[];
  readLink(name: string): string;
  createDirectory(name: string): void;
  createLink(name: string, target: string): void;
  /** Gives the file `name` a second name in `to`, which comes from the same folder. */
  linkFile(name: string, to: Directory, toName: string): void;
  removeDirectory(name: string): void;
  removeFile(name: string): void;
  /** Moves an entry to `to`, which comes from the same folder, and replaces what is there as POSIX says. */
  rename(name: string, to: Directory, toName: string): void;
  /** Sets times of an entry, of a link itself and not of its target; also `.`. */
  setTimes(name: string, times: FileTimes): void;
  close(): void;
}

/** Something that can be mounted. */
export interface Folder {
  /**
   * Opens its top for one instance.
   *
   * @param now The instance's clock: milliseconds since 1970, with fractions.
   */
  open(now: () => number): Directory;
}

/** A folder as the guest finds it. */
export interface Mount {
  /** Where: `/data`, `/` or a relative name such as `.`. */
  readonly guest: string;
  /** `read` refuses every change with `EROFS`. */
  readonly access: "read" | "write";
  readonly folder: Folder;
}

/** All folders of an instance. The guest sees them as descriptors 3, 4, … in this order. */
export type FileTree = readonly Mount[];
