/**
 * Exports whose input and output are checked against a schema, with any library that speaks
 * Standard Schema (zod, valibot, arktype and others).
 * Source: https://standardschema.dev
 */

/** The part of Standard Schema v1 that is used here. */
export type Schema<Output = unknown> = {
  readonly "~standard": {
    readonly version: 1;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
};

/** What a schema's `validate` answers. */
export type SchemaResult<Output> =
  | {
      readonly value: Output;
      /** None: the value fits. */
      readonly issues?: undefined;
    }
  | { readonly issues: ReadonlyArray<{ readonly message: string; readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined }> };

/** Marks a function made by `typed`, for the runtime. */
export const SCHEMAS: unique symbol = Symbol("tenon.schemas");

/** A function with its schemas. */
export type Typed = { readonly [SCHEMAS]?: { readonly input?: Schema | undefined; readonly output?: Schema | undefined } };

/**
 * Makes an export of a handler whose JSON input (and output, if given) is checked by a schema.
 *
 * @param schemas The schema of the input, and one of the output if it shall be checked too.
 * @param handler Gets the checked value.
 * @returns A plug-in function; the call fails with the schema's messages when the input does not fit.
 */
export function typed<Input, Output>(
  schemas: { input: Schema<Input>; output?: Schema<Output> },
  handler: (input: Input) => Output | Promise<Output>,
): (input: Input) => Output | Promise<Output> {
  return Object.assign((input: Input) => handler(input), { [SCHEMAS]: schemas });
}

/**
 * Checks a value.
 *
 * @param schema The schema.
 * @param value The value.
 * @param what How the error names the value.
 * @returns The schema's output, or a promise of it when the schema is asynchronous.
 * @throws {TypeError} When the value does not fit, with every issue and its path.
 */
export function check(schema: Schema, value: unknown, what: string): unknown {
  const result = schema["~standard"].validate(value);
  return result instanceof Promise ? result.then((settled) => accept(settled, what)) : accept(result, what);
}

function accept(result: SchemaResult<unknown>, what: string): unknown {
  if (result.issues === undefined) return result.value;
  const issues = result.issues.map(({ message, path = [] }) => {
    const where = path.map((part) => String(typeof part === "object" ? part.key : part)).join(".");
    return where === "" ? message : `${where}: ${message}`;
  });
  throw new TypeError(`Cannot accept ${what}: ${issues.join("; ")}`);
}
