/**
 * What is known of a value while a function is compiled: a set of kinds, and for constants the value itself. A check is left
 * out only for what is known here, so a kind that is missing from a set is a wrong answer: when in doubt, `ANY`.
 */

/** Kinds of values, as bits. `OTHER` is null, undefined, what is not initialised, and the engine's marks; `REFERENCE` counts. */
export const INT = 1, FLOAT = 2, BOOL = 4, OTHER = 8, REFERENCE = 16;
export const NUMBER: number = INT | FLOAT;
export const ANY = 31;

/** An entry of the operand stack. Constants are in no local until they must be. */
export type Entry = {
  readonly kinds: number;
  readonly constant?: bigint;
  /** The constant is an object that lives as long as the engine: whoever keeps it counts it. */
  readonly isPinned?: boolean;
  /** It is a condition in a local of its own, to be used by the very next instruction. */
  readonly isCondition?: boolean;
};

/** Kinds of everything a function holds at one point. */
export type State = { readonly parameters: number[]; readonly locals: number[]; readonly stack: Entry[] };

/** A copy to change. */
export function copyState({ parameters, locals, stack }: State): State {
  return { parameters: [...parameters], locals: [...locals], stack: [...stack] };
}

/** What is known where two ways meet; `undefined` if it is what is known already. */
export function joinStates(known: State | undefined, added: State): State | undefined {
  if (known === undefined) return { ...copyState(added), stack: added.stack.map(({ kinds }) => ({ kinds })) };
  if (known.stack.length !== added.stack.length) throw new RangeError("two ways meet with different heights of the stack");
  const join = (a: readonly number[], b: readonly number[]): number[] => a.map((kinds, i) => kinds | (b[i] as number));
  const joined = {
    parameters: join(known.parameters, added.parameters),
    locals: join(known.locals, added.locals),
    stack: known.stack.map(({ kinds }, i) => ({ kinds: kinds | (added.stack[i] as Entry).kinds })),
  };
  const same = (a: readonly number[], b: readonly number[]): boolean => a.every((kinds, i) => kinds === b[i]);
  const isSame = same(joined.parameters, known.parameters) && same(joined.locals, known.locals) && joined.stack.every(({ kinds }, i) => kinds === known.stack[i]?.kinds);
  return isSame ? undefined : joined;
}
