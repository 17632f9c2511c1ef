/**
 * WebAssembly instructions by name, written behind each other. It knows nothing of JavaScript.
 * Source: https://webassembly.github.io/spec/core/binary/instructions.html
 */
import { Writer } from "@tenon/wasm";

/** Instructions without an operand that compiled functions use. */
const PLAIN = {
  unreachable: 0x00, else: 0x05, end: 0x0b, return: 0x0f, drop: 0x1a, select: 0x1b,
  "i32.eqz": 0x45, "i32.eq": 0x46, "i32.ne": 0x47, "i32.lt_s": 0x48, "i32.lt_u": 0x49, "i32.gt_s": 0x4a, "i32.le_s": 0x4c, "i32.le_u": 0x4d, "i32.ge_s": 0x4e,
  "i64.eqz": 0x50, "i64.eq": 0x51, "i64.ne": 0x52, "i64.lt_u": 0x54, "i64.le_u": 0x58, "i64.ge_u": 0x5a,
  "f64.eq": 0x61, "f64.ne": 0x62, "f64.lt": 0x63, "f64.gt": 0x64, "f64.le": 0x65, "f64.ge": 0x66,
  "i32.add": 0x6a, "i32.sub": 0x6b, "i32.mul": 0x6c, "i32.div_s": 0x6d, "i32.rem_s": 0x6f, "i32.and": 0x71, "i32.or": 0x72, "i32.xor": 0x73,
  "i32.shl": 0x74, "i32.shr_s": 0x75, "i32.shr_u": 0x76,
  "i64.add": 0x7c, "i64.sub": 0x7d, "i64.mul": 0x7e, "i64.and": 0x83, "i64.or": 0x84, "i64.shr_u": 0x88,
  "f64.abs": 0x99, "f64.neg": 0x9a, "f64.add": 0xa0, "f64.sub": 0xa1, "f64.mul": 0xa2, "f64.div": 0xa3,
  "i32.wrap_i64": 0xa7, "i64.extend_i32_s": 0xac, "i64.extend_i32_u": 0xad, "f64.convert_i32_s": 0xb7, "f64.convert_i64_s": 0xb9,
  "i64.reinterpret_f64": 0xbd, "f64.reinterpret_i64": 0xbf, "i64.extend32_s": 0xc4,
} as const;
const MEMORY = { "i32.load": [0x28, 2], "i64.load": [0x29, 3], "i32.load16_u": [0x2f, 1], "i32.store": [0x36, 2], "i64.store": [0x37, 3], "i32.store8": [0x3a, 0], "i32.store16": [0x3b, 1] } as const;
const TYPES = { void: 0x40, i32: 0x7f, i64: 0x7e, f64: 0x7c } as const;

/** Name of an instruction without operands. */
export type Plain = keyof typeof PLAIN;
/** What a block gives. */
export type BlockType = keyof typeof TYPES;

/** The body of a function under construction. */
export class Code {
  readonly writer: Writer = new Writer(1024);
  /** Constructs that are open. */
  depth = 0;

  op(...names: readonly Plain[]): this {
    for (const name of names) {
      if (name === "end") this.depth--;
      this.writer.byte(PLAIN[name]);
    }
    return this;
  }
  get(local: number): this {
    this.writer.byte(0x20).u32(local);
    return this;
  }
  set(local: number): this {
    this.writer.byte(0x21).u32(local);
    return this;
  }
  tee(local: number): this {
    this.writer.byte(0x22).u32(local);
    return this;
  }
  globalGet(index: number): this {
    this.writer.byte(0x23).u32(index);
    return this;
  }
  globalSet(index: number): this {
    this.writer.byte(0x24).u32(index);
    return this;
  }
  i32(value: number): this {
    this.writer.byte(0x41).signed(value | 0);
    return this;
  }
  i64(value: bigint): this {
    this.writer.byte(0x42).signed(BigInt.asIntN(64, value));
    return this;
  }
  f64(value: number): this {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, value, true);
    this.writer.byte(0x44).raw(bytes);
    return this;
  }
  call(index: number): this {
    this.writer.byte(0x10).u32(index);
    return this;
  }
  memory(name: keyof typeof MEMORY, offset = 0): this {
    const [opcode, align] = MEMORY[name];
    this.writer.all(opcode, align).u32(offset);
    return this;
  }
  truncate(): this {
    this.writer.all(0xfc, 6); // i64.trunc_sat_f64_s
    return this;
  }
  open(kind: "block" | "loop" | "if", type: BlockType = "void"): this {
    this.depth++;
    this.writer.all(kind === "block" ? 0x02 : kind === "loop" ? 0x03 : 0x04, TYPES[type]);
    return this;
  }
  branch(depth: number): this {
    this.writer.byte(0x0c).u32(depth);
    return this;
  }
}
