/**
 * From jumps to structure: the blocks of a function, and how WebAssembly's `block`, `loop` and `if` nest to run them.
 *
 * A block whose end is reached from further back in the order becomes a `loop`; one that several others go to stands behind
 * a `block` around all of them; any other stands where its only predecessor ends.
 * Source: Norman Ramsey, "Beyond Relooper" (ICFP 2022)
 */
import type { Instruction } from "./decode.ts";

/** Instructions that run one after the other. */
export type Block = {
  /** Offset of the first instruction. */
  readonly start: number;
  readonly instructions: readonly Instruction[];
  /** Offsets of the blocks that may follow: the taken branch first. */
  readonly next: readonly number[];
};

/** What `writeStructure` needs to write code. */
export type Sink = {
  /** Opens a `block` or `loop` without a type. */
  open(kind: "block" | "loop"): void;
  close(): void;
  /** Writes a block without its jump; for two successors it leaves the condition of the first. */
  body(start: number): void;
  openIf(): void;
  otherwise(): void;
  /** Jumps out of so many open constructs, of those that were opened here. */
  branch(depth: number): void;
};

/**
 * Cuts a function into blocks.
 *
 * @param instructions The function.
 * @param isLast Whether nothing follows an instruction: it returns, or the interpreter goes on from there.
 * @returns Blocks by offset, those that can be reached.
 */
export function blocksOf(instructions: readonly Instruction[], isLast: (instruction: Instruction) => boolean): ReadonlyMap<number, Block> {
  const starts = new Set([instructions[0]?.at ?? 0]);
  for (const { name, operand, next } of instructions) if (name === "goto" || name === "if_true" || name === "if_false") starts.add(operand).add(next);
  const blocks = new Map<number, Block>();
  const index = new Map<number, number>();
  for (const [i, { at }] of instructions.entries()) if (!index.has(at)) index.set(at, i);
  const waiting = [instructions[0]?.at ?? 0];
  for (let start = waiting.pop(); start !== undefined; start = waiting.pop()) {
    if (blocks.has(start)) continue;
    const own: Instruction[] = [];
    let next: number[] = [];
    for (let i = index.get(start) ?? instructions.length; i < instructions.length; i++) {
      const instruction = instructions[i] as Instruction;
      own.push(instruction);
      if (isLast(instruction)) break;
      if (instruction.name === "goto") next = [instruction.operand];
      else if (instruction.name === "if_true" || instruction.name === "if_false") next = [instruction.operand, instruction.next];
      else if (instruction.next !== instruction.at && starts.has(instruction.next) && instructions[i + 1]?.at !== instruction.at) next = [instruction.next];
      if (next.length > 0) break;
    }
    blocks.set(start, { start, instructions: own, next });
    waiting.push(...next);
  }
  return blocks;
}

/** How blocks follow each other. */
export type Flow = { readonly order: readonly number[]; readonly number: ReadonlyMap<number, number>; readonly parent: ReadonlyMap<number, number>; readonly headers: ReadonlySet<number>; readonly merges: ReadonlySet<number> };

/**
 * Orders blocks and finds who dominates whom.
 *
 * @returns `undefined` if a loop is entered in two places, which no `loop` can be.
 */
export function analyse(blocks: ReadonlyMap<number, Block>, entry: number): Flow | undefined {
  const order = postorder(blocks, entry).reverse();
  const number = new Map(order.map((start, i) => [start, i]));
  const numberOf = (start: number): number => number.get(start) as number;
  const from = new Map<number, number[]>(order.map((start) => [start, []]));
  for (const start of order) for (const next of new Set(blocks.get(start)?.next)) from.get(next)?.push(start);
  const parent = dominators(order, numberOf, from);
  const headers = new Set<number>(), merges = new Set<number>();
  for (const [start, sources] of from) {
    const forward = sources.filter((source) => numberOf(source) < numberOf(start));
    if (forward.length > 1) merges.add(start);
    for (const source of sources) {
      if (numberOf(source) < numberOf(start)) continue;
      headers.add(start);
      let at: number | undefined = source;
      while (at !== undefined && at !== start) at = parent.get(at);
      if (at === undefined) return undefined;
    }
  }
  return { order, number, parent, headers, merges };
}

function postorder(blocks: ReadonlyMap<number, Block>, entry: number): number[] {
  const done: number[] = [];
  const seen = new Set([entry]);
  const open: { start: number; next: number[] }[] = [{ start: entry, next: [...(blocks.get(entry)?.next ?? [])] }];
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const next = top.next.shift();
    if (next === undefined) {
      done.push(top.start);
      open.pop();
    } else if (!seen.has(next)) {
      seen.add(next);
      open.push({ start: next, next: [...(blocks.get(next)?.next ?? [])] });
    }
  }
  return done;
}

/** Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm". */
function dominators(order: readonly number[], numberOf: (start: number) => number, from: ReadonlyMap<number, readonly number[]>): Map<number, number> {
  const [entry] = order as [number];
  const parent = new Map([[entry, entry]]);
  for (let isChanging = true; isChanging; ) {
    isChanging = false;
    for (const start of order) {
      if (start === entry) continue;
      let found: number | undefined;
      for (const source of from.get(start) ?? []) {
        if (!parent.has(source)) continue;
        if (found === undefined) found = source;
        for (let other: number = source; found !== other; ) {
          if (numberOf(found) > numberOf(other)) found = parent.get(found) as number;
          else other = parent.get(other) as number;
        }
      }
      if (found !== undefined && parent.get(start) !== found) {
        parent.set(start, found);
        isChanging = true;
      }
    }
  }
  parent.delete(entry);
  return parent;
}

/** Writes blocks in their nesting. */
export function writeStructure(blocks: ReadonlyMap<number, Block>, { order, number, parent, headers, merges }: Flow, sink: Sink): void {
  const numberOf = (start: number): number => number.get(start) as number;
  const children = new Map<number, number[]>();
  for (const start of order) {
    const above = parent.get(start);
    if (above === undefined || !merges.has(start)) continue;
    children.set(above, [...(children.get(above) ?? []), start]);
  }
  /** What is open, innermost last: the block a branch to it leads to. */
  const open: (number | undefined)[] = [];
  const tree = (start: number): void => {
    const isLoop = headers.has(start);
    if (isLoop) {
      sink.open("loop");
      open.push(start);
    }
    within(start, [...(children.get(start) ?? [])].sort((a, b) => numberOf(b) - numberOf(a)));
    if (isLoop) {
      open.pop();
      sink.close();
    }
  };
  const within = (start: number, [last, ...others]: readonly number[]): void => {
    if (last !== undefined) {
      sink.open("block");
      open.push(last);
      within(start, others);
      open.pop();
      sink.close();
      tree(last);
      return;
    }
    sink.body(start);
    const [first, second] = blocks.get(start)?.next ?? [];
    if (first === undefined) return;
    if (second === undefined) return go(start, first);
    sink.openIf();
    open.push(undefined);
    go(start, first);
    sink.otherwise();
    go(start, second);
    open.pop();
    sink.close();
  };
  const go = (from: number, to: number): void => {
    if (numberOf(to) <= numberOf(from) || merges.has(to)) sink.branch(open.length - 1 - open.lastIndexOf(to));
    else tree(to);
  };
  tree(order[0] as number);
}
