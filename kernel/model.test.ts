/** The kernel against its law (`model.ts`): random operations, and both must agree after every one. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KERNEL_HEAP as HEAP } from "../hosts/typescript/src/abi.ts";
import { U64_MAX, bytesOf, createKernel, field, field64, sealed, unsigned } from "./instance.ts";
import { KernelModel } from "./model.ts";

const PAGE = 65_536;

/** A number that a plug-in may give: near a block it had, near an edge of the heap or memory, or anything. */
type Aim = { near: "block" | "reach" | "memory" | "number"; pick: number; delta: bigint; number: bigint };

type Operation =
  | { name: "alloc" | "block_begin" | "call_begin"; length: bigint; fill: number }
  | { name: "free" | "length" | "load" | "input_load" | "error_set"; aim: Aim }
  | { name: "store"; aim: Aim; value: bigint }
  | { name: "output_set" | "input_set"; aim: Aim; length: bigint }
  | { name: "limit_set"; length: bigint }
  | { name: "reset" };

const EDGES = [0n, 1n, 511n, 512n, 2n ** 31n, 2n ** 32n - 64n, 2n ** 32n, 2n ** 32n + 512n, 2n ** 63n, U64_MAX - 7n, U64_MAX];
const LENGTHS = fc.oneof(
  { weight: 6, arbitrary: fc.bigInt(0n, 300n) },
  { weight: 3, arbitrary: fc.bigInt(1n, 80n).map((granules) => granules * 64n) },
  { weight: 3, arbitrary: fc.bigInt(1n, 200_000n) },
  { weight: 1, arbitrary: fc.constantFrom(65_536n, 2n ** 31n, 2n ** 32n - 64n, 2n ** 32n - 63n, ...EDGES) },
);
const AIM: fc.Arbitrary<Aim> = fc.record({
  near: fc.constantFrom("block", "block", "block", "reach", "memory", "number"),
  pick: fc.nat(),
  delta: fc.oneof(fc.constant(0n), fc.constant(0n), fc.bigInt(-70n, 70n), fc.bigInt(0n, 5000n)),
  number: fc.oneof(fc.constantFrom(...EDGES), fc.bigInt(0n, U64_MAX)),
});
const OPERATION: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ name: fc.constantFrom("alloc", "alloc", "alloc", "block_begin"), length: LENGTHS, fill: fc.nat(255) }) },
  { weight: 8, arbitrary: fc.record({ name: fc.constantFrom("free", "free", "free", "length", "load", "input_load", "error_set"), aim: AIM }) },
  { weight: 4, arbitrary: fc.record({ name: fc.constant("store"), aim: AIM, value: fc.bigInt(0n, U64_MAX) }) },
  { weight: 2, arbitrary: fc.record({ name: fc.constantFrom("output_set", "input_set"), aim: AIM, length: LENGTHS }) },
  { weight: 1, arbitrary: fc.record({ name: fc.constant("call_begin"), length: LENGTHS, fill: fc.nat(255) }) },
  { weight: 1, arbitrary: fc.record({ name: fc.constant("limit_set"), length: fc.bigInt(0n, 30n * 65_536n) }) },
  { weight: 1, arbitrary: fc.constant({ name: "reset" }) },
) as fc.Arbitrary<Operation>;

/** Runs operations on the kernel and the model side by side; they must agree after every one. */
function compare(operations: readonly Operation[], limitPages: number): void {
  const kernel = createKernel();
  const model = new KernelModel();
  const handles = [0n];
  kernel.limit_set(BigInt(limitPages * PAGE));
  model.limitSet(BigInt(limitPages * PAGE));

  const aimed = ({ near, pick, delta, number }: Aim): bigint => {
    if (near === "block") return unsigned((handles[pick % handles.length] ?? 0n) + delta);
    if (near === "reach") return unsigned(BigInt(HEAP + field(kernel, "reach")) + (delta % 70n));
    return unsigned(near === "memory" ? kernel.memory_bytes() + (delta % 70n) : number);
  };
  const filling = (handle: number, length: bigint, fill: number): Uint8Array | undefined => {
    if (handle === 0) return undefined;
    return bytesOf(kernel).subarray(handle, handle + Number(length)).fill(fill);
  };
  const run = (operation: Operation): void => {
    switch (operation.name) {
      case "alloc": {
        const handle = kernel.alloc(operation.length);
        handles.push(handle);
        return model.alloc(operation.length, Number(handle));
      }
      case "block_begin": {
        const length = BigInt.asUintN(32, operation.length);
        const handle = kernel.block_begin(Number(length)) >>> 0;
        handles.push(BigInt(handle));
        return model.alloc(length, handle, filling(handle, length, operation.fill));
      }
      case "call_begin": {
        const length = BigInt.asUintN(32, operation.length);
        const handle = kernel.call_begin(Number(length)) >>> 0;
        handles.push(BigInt(handle));
        model.reset();
        model.alloc(length, handle, filling(handle, length, operation.fill));
        return model.inputSet(BigInt(handle), length);
      }
      case "free":
        kernel.free(aimed(operation.aim));
        return model.free(aimed(operation.aim));
      case "length": {
        const handle = aimed(operation.aim);
        expect(kernel.length(handle)).toBe(BigInt(model.length(handle)));
        return expect(kernel.length_unsafe(handle)).toBe(BigInt(model.length(handle)));
      }
      case "load": {
        const offset = aimed(operation.aim);
        expect(BigInt(kernel.load_u8(offset))).toBe(model.load(offset, 1));
        return expect(unsigned(kernel.load_u64(offset))).toBe(model.load(offset, 8));
      }
      case "input_load": {
        const offset = unsigned(aimed(operation.aim) - kernel.input_offset());
        expect(BigInt(kernel.input_load_u8(offset))).toBe(model.inputLoad(offset, 1));
        return expect(unsigned(kernel.input_load_u64(offset))).toBe(model.inputLoad(offset, 8));
      }
      case "store": {
        const offset = aimed(operation.aim);
        const before = sealed(kernel);
        kernel.store_u64(offset, operation.value);
        kernel.store_u8(unsigned(offset + 8n), Number(operation.value & 0xffff_ffffn));
        expect(sealed(kernel).equals(before)).toBe(true);
        model.store(offset, 8, operation.value);
        return model.store(unsigned(offset + 8n), 1, operation.value);
      }
      case "error_set":
        kernel.error_set(aimed(operation.aim));
        return model.errorSet(aimed(operation.aim));
      case "output_set":
        kernel.output_set(aimed(operation.aim), operation.length);
        return model.outputSet(aimed(operation.aim), operation.length);
      case "input_set":
        kernel.input_set(aimed(operation.aim), operation.length);
        return model.inputSet(aimed(operation.aim), operation.length);
      case "limit_set":
        kernel.limit_set(operation.length);
        return model.limitSet(operation.length);
      case "reset":
        kernel.reset();
        return model.reset();
      default:
        operation satisfies never;
    }
  };
  for (const operation of operations) {
    run(operation);
    const { input, output, errorText } = model;
    expect({
      memory: Number(kernel.memory_bytes()),
      reach: field(kernel, "reach"),
      input: { offset: field(kernel, "input_offset"), length: field(kernel, "input_length") },
      output: { offset: field(kernel, "output_offset"), length: field(kernel, "output_length") },
      error: [unsigned(kernel.error_get()), field64(kernel, "error")],
      errorText: { offset: field(kernel, "error_offset"), length: field(kernel, "error_length") },
      refused: field64(kernel, "refused_length") > 0n ? [field64(kernel, "refused_offset"), field64(kernel, "refused_length")] : [0n, 0n],
      calls: [kernel.input_offset(), kernel.input_length(), kernel.output_offset(), kernel.output_length()].map(Number),
    }).toEqual({
      memory: model.pages * PAGE,
      reach: model.heap.length,
      input,
      output,
      error: [model.error, model.error],
      errorText,
      refused: model.refused.length > 0n ? [model.refused.offset, model.refused.length] : [0n, 0n],
      calls: [input.offset, input.length, output.offset, output.length],
    });
    expect(handles.every((handle) => kernel.length(handle) === BigInt(model.length(handle)))).toBe(true);
    expect(Buffer.compare(bytesOf(kernel).subarray(HEAP, HEAP + model.heap.length), model.heap)).toBe(0);
  }
}

describe("kernel and model", () => {
  test("agree after every operation", () => {
    fc.assert(
      fc.property(fc.array(OPERATION, { maxLength: 80, size: "max" }), fc.integer({ min: 1, max: 24 }), compare),
      { numRuns: 300 },
    );
  });

  test("agree when many small blocks fill one page", () => {
    const length = fc.bigInt(1n, 1500n);
    const small = fc.oneof(
      { weight: 3, arbitrary: fc.record({ name: fc.constant("alloc"), length, fill: fc.constant(0) }) },
      { weight: 3, arbitrary: fc.record({ name: fc.constant("free"), aim: fc.record({ near: fc.constant("block"), pick: fc.nat(), delta: fc.constant(0n), number: fc.constant(0n) }) }) },
    ) as fc.Arbitrary<Operation>;
    const law = fc.property(fc.array(small, { minLength: 150, maxLength: 400, size: "max" }), (operations) => compare(operations, 1));
    expect(() => fc.assert(law, { numRuns: 60 })).not.toThrow();
  });
});
