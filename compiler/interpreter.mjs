/**
 * Makes the engine's interpreter faster, in its finished module, where the C compiler left something to do:
 *
 *   tracing     before each instruction the engine asks whether to print it; nobody can switch that on, so it asks no more
 *   freeing     a value that is no reference, or not the last one to what it refers to, is given up without a call
 *   polling     the counter until the next look for an interrupt is counted down without a call
 *   dispatch    the table from opcodes to labels goes into the branch by table
 *
 * All of it does what the engine did before, in fewer steps. What is not found where it is expected stops the build.
 */
import { encodeModule, parseModule, readData, Reader, SECTION, Writer } from "@tenon/wasm";
import { calleesOf, exported, instructionsOf, interpreterOf, localsOf, OP } from "./code.mjs";

/** Switches tracing on. Whoever builds an engine with `withFastInterpreter` exports it to nobody, so that its flags stay 0. */
export const TRACE = "JS_SetDumpFlags";
/** Values from here on are references; the number of their owners stands before what they refer to. */
const FIRST_REFERENCE = -9n << 32n, OWNERS = 4;
const OPCODES = 256;
const I32 = 0x7f, I64 = 0x7e, IF = 0x04, ELSE = 0x05, END = 0x0b, NO_RESULT = 0x40, NOT_LESS = 0x5a, GREATER = 0x4a, STORE = 0x36, LOAD_64 = 0x29, STORE_64 = 0x37, CONST_64 = 0x42, WRAP = 0xa7;

/**
 * @param bytes The engine's module.
 * @returns The same module with a faster interpreter.
 */
export function withFastInterpreter(bytes) {
  const module = parseModule(bytes);
  const interpreter = interpreterOf(module);
  const flags = instructionsOf(module, exported(module, TRACE)).find(({ opcode }) => opcode === OP.storeShort).immediates[1];
  const code = new Writer(bytes.length).u32(module.code.length);
  let untraced = 0;
  for (const [own, range] of module.code.entries()) {
    const index = own + module.imported.function;
    const instructions = instructionsOf(module, index);
    const edits = withoutTracing(instructions, flags);
    untraced += edits.length;
    const { start, end, groups, count } = localsOf(module, index);
    const body = new Writer(range.end - range.start);
    if (index === interpreter) {
      if (edits.length < OPCODES / 2) throw new Error(`Cannot remove tracing: the interpreter asks for it only ${edits.length} times`);
      edits.push(...withoutCalls(module, interpreter, 7 + count), dispatch(module, instructions));
      body.u32(groups + 2).raw(bytes, start, end).all(2, I64, 3, I32);
    } else body.raw(bytes, range.start, end);
    let at = end;
    for (const edit of edits.sort((a, b) => a.start - b.start)) {
      body.raw(bytes, at, edit.start).raw(edit.code.view());
      at = edit.end;
    }
    body.raw(bytes, at, range.end);
    code.u32(body.length).raw(body.view());
  }
  return encodeModule(module.sections.filter(({ id }) => id !== SECTION.custom).map(({ id, start, end }) => ({ id, parts: [id === SECTION.code ? code.view() : bytes.subarray(start, end)] })));
}

/** Where a bit of the three bytes of flags is tested, it is 0, and where the flags are is of no interest. */
function withoutTracing(instructions, flags) {
  const edits = [];
  for (const [i, { opcode, immediates, start, end }] of instructions.entries()) {
    if (opcode !== OP.loadByte || immediates[1] < flags || immediates[1] > flags + 2) continue;
    if (instructions[i + 1].opcode !== OP.const || instructions[i + 2].opcode !== OP.and) continue;
    const before = instructions[i - 1];
    edits.push({ start: before.opcode === OP.load ? before.start : start, end, code: new Writer().all(OP.drop, OP.const, 0) });
  }
  return edits;
}

/**
 * The plain cases of three functions, in place of calls to them:
 *
 *   JS_FreeValue(context, value)            if value is a reference: owners > 1 ? owners -= 1 : JS_FreeValue(context, value)
 *   set_value(context, place, value)        old = *place; *place = value; JS_FreeValue(context, old)
 *   js_poll_interrupts(context) → failed    counter > 1 ? (counter -= 1, 0) : js_poll_interrupts(context)
 */
function withoutCalls(module, interpreter, local) {
  const [value, added, context, place, number] = [local, local + 1, local + 2, local + 3, local + 4];
  const free = exported(module, "JS_FreeValue");
  const release = (w) => {
    w.all(OP.get).u32(value).byte(CONST_64).signed(FIRST_REFERENCE).all(NOT_LESS, IF, NO_RESULT);
    w.byte(OP.get).u32(value).all(WRAP, OP.const, OWNERS, OP.sub, OP.tee).u32(place).all(OP.load, 2, 0, OP.tee).u32(number).all(OP.const, 1, GREATER, IF, NO_RESULT);
    w.byte(OP.get).u32(place).byte(OP.get).u32(number).all(OP.const, 1, OP.sub, STORE, 2, 0);
    return w.all(ELSE, OP.get).u32(context).byte(OP.get).u32(value).byte(OP.call).u32(free).all(END, END);
  };
  const freed = () => release(new Writer().byte(OP.set).u32(value).byte(OP.set).u32(context));
  const set = () => {
    const w = new Writer().byte(OP.set).u32(added).byte(OP.set).u32(place).byte(OP.set).u32(context);
    w.byte(OP.get).u32(place).all(LOAD_64, 3, 0, OP.set).u32(value);
    return release(w.byte(OP.get).u32(place).byte(OP.get).u32(added).all(STORE_64, 3, 0));
  };
  const polled = (poll, counter) => {
    const w = new Writer().byte(OP.tee).u32(context).all(OP.load, 2).u32(counter).byte(OP.tee).u32(number).all(OP.const, 1, GREATER, IF, I32);
    w.byte(OP.get).u32(context).byte(OP.get).u32(number).all(OP.const, 1, OP.sub, STORE, 2).u32(counter).all(OP.const, 0);
    return w.all(ELSE, OP.get).u32(context).byte(OP.call).u32(poll).byte(END);
  };

  const replacements = new Map([[free, freed]]);
  const names = ["JS_FreeValue"];
  for (const callee of new Set(calleesOf(module, interpreter))) {
    const instructions = instructionsOf(module, callee);
    const text = instructions.map(({ opcode, immediates }) => [opcode, ...immediates].map((part) => part.toString(16)).join(".")).join(" ");
    const counter = /^20\.0 20\.0 28\.2\.(?<at>\w+) 22\.1 41\.1 6b 36\.2\.\k<at> /.exec(text)?.groups.at;
    if (counter !== undefined) {
      names.push("js_poll_interrupts");
      replacements.set(callee, () => polled(callee, Number.parseInt(counter, 16)));
    } else if (text === `20.1 29.3.0 21.3 20.1 20.2 37.3.0 20.0 20.3 10.${free.toString(16)} b`) {
      names.push("set_value");
      replacements.set(callee, set);
    }
  }
  if (names.sort().join() !== "JS_FreeValue,js_poll_interrupts,set_value") throw new Error(`Cannot inline what the interpreter calls: found ${names.join()}`);
  return instructionsOf(module, interpreter).flatMap(({ opcode, immediates, start, end }) => {
    const replacement = opcode === OP.call ? replacements.get(immediates[0]) : undefined;
    return replacement === undefined ? [] : [{ start, end, code: replacement() }];
  });
}

/** `labels[table[opcode] - first]` with one load less: the table is constant. */
function dispatch(module, instructions) {
  const at = instructions.findIndex(({ opcode, immediates }) => opcode === OP.brTable && immediates.length > OPCODES / 2);
  const index = instructions.slice(at - 5, at);
  if (index.map(({ opcode }) => opcode).join() !== [OP.const, OP.shl, OP.load, OP.const, OP.sub].join() || index[0].immediates[0] !== 2) throw new Error("Cannot shorten the interpreter's dispatch: it does not read as expected");
  const table = index[2].immediates[1];
  const first = index[3].immediates[0];
  const begins = ({ offset }) => new Reader(module.bytes, offset.start + 1, offset.end).s32();
  const segment = readData(module).find((entry) => begins(entry) <= table && table + 4 * OPCODES <= begins(entry) + entry.data.end - entry.data.start);
  if (segment === undefined) throw new Error("Cannot shorten the interpreter's dispatch: its table is in no data segment");
  const { data } = segment;
  const view = new DataView(module.bytes.buffer, module.bytes.byteOffset + data.start + table - begins(segment), 4 * OPCODES);
  const labels = instructions[at].immediates;
  // The last of the labels is the one for all other numbers, and there are no others.
  const code = new Writer().byte(OP.brTable).u32(OPCODES - 1);
  for (let opcode = 0; opcode < OPCODES; opcode += 1) code.u32(labels[view.getUint32(4 * opcode, true) - first] ?? labels.at(-1));
  return { start: index[0].start, end: instructions[at].end, code };
}
