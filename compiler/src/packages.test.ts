import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { load } from "../test/host.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const CASES: readonly { name: string; source: string; output: unknown }[] = [
  { name: "zod", source: 'import { z } from "zod"; const shape = z.object({ a: z.string(), n: z.number().min(2), e: z.email() }); export function f(input: unknown) { const { data, error } = shape.safeParse(input); return [data, shape.safeParse({ a: 1 }).error?.issues.map(({ path }) => path.join()), error === undefined]; }', output: [{ a: "x", n: 2, e: "a@b.co" }, ["a", "n", "e"], true] },
  { name: "zod as the schema of an export", source: 'import { z } from "zod"; import { typed } from "@tenon/pdk"; export const f = typed({ input: z.object({ a: z.string(), n: z.number(), e: z.email() }) }, ({ a, n }) => a.repeat(n));', output: "xx" },
  { name: "valibot", source: 'import * as v from "valibot"; const shape = v.object({ a: v.string(), n: v.number(), e: v.pipe(v.string(), v.email()) }); export function f(input: unknown) { return v.parse(shape, input); }', output: { a: "x", n: 2, e: "a@b.co" } },
  { name: "date-fns", source: 'import { addDays, differenceInDays, format, parseISO } from "date-fns"; export function f(_: unknown) { return [format(addDays(parseISO("2024-02-28"), 2), "yyyy-MM-dd EEEE"), differenceInDays(new Date(2024, 1, 1), new Date(2023, 1, 1))]; }', output: ["2024-03-01 Friday", 365] },
  { name: "dayjs", source: 'import dayjs from "dayjs"; export function f(_: unknown) { return dayjs("2024-01-31").add(1, "month").format("YYYY-MM-DD"); }', output: "2024-02-29" },
  { name: "lodash-es", source: 'import { groupBy, merge, template } from "lodash-es"; export function f(input: { a: string }) { return [groupBy([1, 2, 3], (n) => (n % 2 ? "odd" : "even")), merge({ a: { b: 1 } }, { a: { c: 2 } }), template("hi <%= a %>")(input)]; }', output: [{ odd: [1, 3], even: [2] }, { a: { b: 1, c: 2 } }, "hi x"] },
  { name: "lodash-es, all of it", source: 'import _ from "lodash-es"; export function f(_input: unknown) { return _.chunk(_.range(5), 2); }', output: [[0, 1], [2, 3], [4]] },
  { name: "fast-xml-parser", source: 'import { XMLBuilder, XMLParser } from "fast-xml-parser"; export function f(_: unknown) { const parsed = new XMLParser({ ignoreAttributes: false }).parse(\'<a x="1"><b>t</b><b>u</b></a>\'); return [parsed, new XMLBuilder({ ignoreAttributes: false }).build(parsed)]; }', output: [{ a: { b: ["t", "u"], "@_x": "1" } }, '<a x="1"><b>t</b><b>u</b></a>'] },
  { name: "marked", source: 'import { marked } from "marked"; export function f(_: unknown) { return marked.parse("# Hi\\n\\n* a\\n* **b**") as string; }', output: "<h1>Hi</h1>\n<ul>\n<li>a</li>\n<li><strong>b</strong></li>\n</ul>\n" },
  { name: "mustache", source: 'import Mustache from "mustache"; export function f(input: { a: string }) { return Mustache.render("Hi {{a}} {{#l}}<{{.}}>{{/l}}", { ...input, l: [1, 2] }); }', output: "Hi x <1><2>" },
  { name: "handlebars", source: 'import Handlebars from "handlebars"; const render = Handlebars.compile("Hi {{a}} {{#each l}}<{{this}}>{{/each}}"); export function f(input: { a: string }) { return render({ ...input, l: [1, 2] }); }', output: "Hi x <1><2>" },
  { name: "eta", source: 'import { Eta } from "eta/core"; const eta = new Eta(); export function f(input: { a: string }) { return eta.renderString("Hi <%= it.a %>", input); }', output: "Hi x" },
  { name: "nanoid", source: 'import { nanoid } from "nanoid"; export function f(_: unknown) { return [nanoid().length, nanoid() === nanoid()]; }', output: [21, false] },
  { name: "uuid", source: 'import { v4, v5, v7, validate } from "uuid"; export function f(_: unknown) { return [validate(v4()), validate(v7()), v5("a", v5.DNS)]; }', output: [true, true, "4f3f2898-69e3-5a0d-820a-c4e87987dbce"] },
  { name: "yaml", source: 'import { parse, stringify } from "yaml"; export function f(_: unknown) { return stringify(parse("a: [1, 2]\\nb:\\n  - c: d\\n")); }', output: "a:\n  - 1\n  - 2\nb:\n  - c: d\n" },
  { name: "semver", source: 'import semver from "semver"; export function f(_: unknown) { return [semver.satisfies("1.2.3", "^1.0.0"), semver.inc("1.2.3", "minor")]; }', output: [true, "1.3.0"] },
  { name: "papaparse", source: 'import Papa from "papaparse"; export function f(_: unknown) { return Papa.parse("a,b\\n1,2\\n3,4", { header: true }).data; }', output: [{ a: "1", b: "2" }, { a: "3", b: "4" }] },
  { name: "immer", source: 'import { produce } from "immer"; export function f(_: unknown) { const before = { x: { y: [1] } }; const after = produce(before, (draft) => { draft.x.y.push(2); }); return [before, after]; }', output: [{ x: { y: [1] } }, { x: { y: [1, 2] } }] },
  { name: "ajv", source: 'import Ajv from "ajv"; const check = new Ajv().compile({ type: "object", properties: { a: { type: "string" } }, required: ["a"] }); export function f(input: unknown) { return [check(input), check({})]; }', output: [true, false] },
  { name: "decimal.js", source: 'import Decimal from "decimal.js"; export function f(_: unknown) { return new Decimal("0.1").plus("0.2").toString(); }', output: "0.3" },
];

describe("packages run as they come from the registry", () => {
  it.each(CASES)("$name", async ({ source, output }) => {
    const plugin = await load({ "plugin.ts": source }, { root });
    const text = await plugin.call("f", '{"a":"x","n":2,"e":"a@b.co"}');
    expect(typeof output === "string" ? text : (JSON.parse(text) as unknown)).toEqual(output);
  });
});
