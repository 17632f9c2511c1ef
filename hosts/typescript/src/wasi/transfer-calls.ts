/**
 * The functions that move bytes between the guest and an open descriptor, and those about sizes and positions.
 * A call moves at most `limits.maxTransferBytes` and says how many it moved; libraries go on from there.
 * Source: https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#fd_read
 */

import type { FileDescriptor } from "./descriptors.ts";
import { refuse } from "./errno.ts";
import type { Instance } from "./instance.ts";
import { Right } from "./rights.ts";
import type { WasiFunctions } from "./signatures.ts";

const APPEND = 1;
const DSYNC = 2;
const SYNC = 16;
const FROM_START = 0;
const FROM_POSITION = 1;
const FROM_END = 2;
const LAST_ADVICE = 5;

/** The functions of this file. */
export type TransferCall =
  | "fd_advise"
  | "fd_allocate"
  | "fd_filestat_set_size"
  | "fd_pread"
  | "fd_pwrite"
  | "fd_read"
  | "fd_seek"
  | "fd_tell"
  | "fd_write";

/**
 * Builds the functions.
 *
 * @param instance The instance.
 * @returns The functions by name.
 */
export function createTransferCalls(instance: Instance): Pick<WasiFunctions, TransferCall> {
  const { memory, descriptors, limits } = instance;

  /** Reads from a file into the guest; returns how many bytes. */
  const read = (
    { file }: FileDescriptor,
    vectors: number,
    count: number,
    readPointer: number,
    position: number,
  ): number => {
    const ranges = memory.vectors(vectors, count, limits);
    memory.check(readPointer, 4);
    const bytes = new Uint8Array(ranges.reduce((sum, { length }) => sum + length, 0));
    const done = bytes.length === 0 ? 0 : file.read(bytes, position);
    memory.scatter(ranges, bytes.subarray(0, done));
    memory.setU32(readPointer, done);
    return done;
  };

  /** Writes from the guest into a file; returns the position behind. `undefined` as position is the file's end. */
  const write = (
    descriptor: FileDescriptor,
    vectors: number,
    count: number,
    writtenPointer: number,
    position: number | undefined,
  ): number => {
    const ranges = memory.vectors(vectors, count, limits);
    memory.check(writtenPointer, 4);
    const bytes = memory.gather(ranges);
    const size = Number(descriptor.file.stat().size);
    const start = position ?? size;
    if (!Number.isSafeInteger(start + bytes.length)) refuse("fbig");
    let done = 0;
    if (bytes.length > 0) {
      done = instance.quota.grow(Math.max(0, start + bytes.length - size), () => descriptor.file.write(bytes, start));
      if ((descriptor.flags & (DSYNC | SYNC)) !== 0) descriptor.file.sync();
    }
    memory.setU32(writtenPointer, done);
    return start + done;
  };

  /** Makes a file longer or, where `mayShrink`, shorter. */
  const resize = ({ file, mount }: FileDescriptor, size: number, mayShrink: boolean): void => {
    if (mount.access === "read") refuse("rofs");
    const old = Number(file.stat().size);
    if (size > old || mayShrink) instance.quota.grow(size - old, () => file.resize(size));
  };

  return {
    fd_advise(fd, offset, length, advice) {
      descriptors.file(fd, Right.fdAdvise);
      toPosition(offset);
      toPosition(length);
      if (advice >>> 0 > LAST_ADVICE) refuse("inval");
    },
    fd_allocate(fd, offset, length) {
      const descriptor = descriptors.file(fd, Right.fdAllocate);
      const size = toPosition(offset) + toPosition(length);
      if (length === 0n) refuse("inval");
      if (!Number.isSafeInteger(size)) refuse("fbig");
      resize(descriptor, size, false);
    },
    fd_filestat_set_size(fd, size) {
      resize(descriptors.file(fd, Right.fdFilestatSetSize), toPosition(size), true);
    },
    fd_pread(fd, vectors, count, offset, readPointer) {
      read(descriptors.file(fd, Right.fdRead), vectors, count, readPointer, toPosition(offset));
    },
    fd_pwrite(fd, vectors, count, offset, writtenPointer) {
      write(descriptors.file(fd, Right.fdWrite), vectors, count, writtenPointer, toPosition(offset));
    },
    fd_read(fd, vectors, count, readPointer) {
      const stream = descriptors.get(fd, 0);
      if (stream.kind === "stream") {
        descriptors.get(fd, Right.fdRead);
        memory.vectors(vectors, count, limits);
        memory.setU32(readPointer, 0);
      } else {
        const descriptor = descriptors.file(fd, Right.fdRead);
        descriptor.position += read(descriptor, vectors, count, readPointer, descriptor.position);
      }
    },
    fd_seek(fd, offset, whence, positionPointer) {
      const descriptor = descriptors.file(fd, Right.fdSeek);
      memory.check(positionPointer, 8);
      const position = seekFrom(descriptor, whence) + BigInt.asIntN(64, offset);
      if (position < 0n) refuse("inval");
      descriptor.position = toPosition(position);
      memory.setU64(positionPointer, position);
    },
    fd_tell(fd, positionPointer) {
      memory.setU64(positionPointer, BigInt(descriptors.file(fd, Right.fdTell).position));
    },
    fd_write(fd, vectors, count, writtenPointer) {
      const stream = descriptors.get(fd, 0);
      if (stream.kind === "stream") {
        descriptors.get(fd, Right.fdWrite);
        const ranges = memory.vectors(vectors, count, limits);
        memory.check(writtenPointer, 4);
        const bytes = memory.gather(ranges);
        const { length } = bytes;
        if (stream.output !== undefined && length > 0) instance.write(stream.output, bytes);
        memory.setU32(writtenPointer, length);
      } else {
        const descriptor = descriptors.file(fd, Right.fdWrite);
        const position = (descriptor.flags & APPEND) === 0 ? descriptor.position : undefined;
        descriptor.position = write(descriptor, vectors, count, writtenPointer, position);
      }
    },
  };
}

/** An unsigned 64-bit offset as a number; `EFBIG` past 2^53, where numbers have gaps. */
function toPosition(offset: bigint): number {
  const position = BigInt.asUintN(64, offset);
  if (position > BigInt(Number.MAX_SAFE_INTEGER)) refuse("fbig");
  return Number(position);
}

function seekFrom({ position, file }: FileDescriptor, whence: number): bigint {
  if (whence === FROM_START) return 0n;
  if (whence === FROM_POSITION) return BigInt(position);
  return whence === FROM_END ? file.stat().size : refuse("inval");
}
