/**
 * Runs packages of npm that are WebAssembly inside, in a thread in which whatever they compile is limited first, or nothing
 * is. The packages know nothing of it: `WebAssembly` itself rewrites modules, and gives instances what a host gives them.
 * Not a test: those are in `limited-packages.test.ts`, which says what the answers must be.
 *
 * `workerData` is the limits, or nothing for the packages as they are. What is posted, by package:
 *
 *   answer      a few values that can be known beforehand
 *   outputs     everything else the package gave, in full, each as the bytes that a structured clone has
 *   modules     how many modules it compiled; the rewriter's own is not among them
 *   memories    what its memories hold in the end: bytes, and their hash
 *   looks, fuel how often the host was asked, and what was charged
 *
 * Clocks and random numbers are the same in every run, so that what differs is the limits' doing.
 */
import { createHash, scryptSync, webcrypto } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { serialize } from "node:v8";
import { parentPort, workerData } from "node:worker_threads";
import { brotliDecompressSync } from "node:zlib";
import { ADDED, limitModule } from "@tenon/wasm";

const COUNTDOWN = 1_000;
const FUEL = 10n ** 15n;
const require = createRequire(import.meta.url);
const read = (specifier) => new Uint8Array(readFileSync(fileURLToPath(import.meta.resolve(specifier))));
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

const TEXT = Array.from({ length: 4_000 }, (_, index) => `${index} the quick brown fox ${(index * 7919) % 1013}\n`).join("");
const BYTES = new TextEncoder().encode(TEXT);
const [WIDTH, HEIGHT] = [96, 64];
/** A smooth picture, so that what loses detail loses little. */
const PIXELS = Uint8ClampedArray.from({ length: WIDTH * HEIGHT * 4 }, (_, at) => {
  const [x, y] = [(at >> 2) % WIDTH, Math.floor((at >> 2) / WIDTH)];
  return [2 * x, 3 * y, x + y, 255][at & 3];
});
const IMAGE = { data: PIXELS, width: WIDTH, height: HEIGHT, colorSpace: "srgb" };
const isText = (bytes) => Buffer.from(bytes).equals(BYTES);
const isPicture = (picture) => isLike(picture, 0);
/** Whether no channel of a picture is further off than so much. */
const isLike = ({ data, width, height }, most) => width === WIDTH && height === HEIGHT && data.every((value, at) => Math.abs(value - PIXELS[at]) <= most);

/** What is asked of each package. */
const PACKAGES = {
  "node-sqlite3-wasm": () => {
    const { Database } = require("node-sqlite3-wasm");
    const database = new Database(":memory:");
    database.exec("create table t (id integer primary key, name text, price real); create index n on t (name, price)");
    const insert = database.prepare("insert into t (name, price) values (?, ?)");
    database.exec("begin");
    for (let index = 0; index < 800; index += 1) insert.run([`item ${(index * 37) % 97}`, index / 4]);
    database.exec("commit");
    insert.finalize();
    const { rows, total } = database.get("select count(*) rows, sum(price) total from t");
    const sums = database.all("with recursive r(n) as (select 1 union all select n + 1 from r where n < 60) select sum(n) s from r");
    const failure = failureOf(() => database.exec("select x from nowhere"));
    const groups = database.all("select name, count(*) c, round(sum(price), 3) s, group_concat(id) g from t where price > ? group by name order by s desc, name", [20]);
    database.close();
    return { answer: { rows, total, sum: sums[0].s, failure }, outputs: { groups } };
  },
  "@jsquash/png": async () => {
    const { default: encode, init } = await import("@jsquash/png/encode.js");
    const decoder = await import("@jsquash/png/decode.js");
    const bytes = read("@jsquash/png/codec/pkg/squoosh_png_bg.wasm");
    await init(bytes);
    const encoded = new Uint8Array(await encode(IMAGE));
    await decoder.init(bytes);
    return { answer: { magic: magic(encoded, 1, 4), isPicture: isPicture(await decoder.default(encoded)) }, outputs: { encoded } };
  },
  "@jsquash/webp": async () => {
    const { default: encode, init } = await import("@jsquash/webp/encode.js");
    const decoder = await import("@jsquash/webp/decode.js");
    await init(new WebAssembly.Module(read("@jsquash/webp/codec/enc/webp_enc_simd.wasm")));
    await decoder.init(new WebAssembly.Module(read("@jsquash/webp/codec/dec/webp_dec.wasm")));
    const encoded = new Uint8Array(await encode(IMAGE, { quality: 80 }));
    const lossless = new Uint8Array(await encode(IMAGE, { lossless: 1 }));
    const decoded = await decoder.default(encoded);
    const answer = { magic: magic(encoded, 8, 12), isLike: isLike(decoded, 24), isPicture: isPicture(await decoder.default(lossless)) };
    return { answer, outputs: { encoded, lossless, decoded: decoded.data } };
  },
  "@jsquash/jpeg": async () => {
    const { default: encode, init } = await import("@jsquash/jpeg/encode.js");
    const decoder = await import("@jsquash/jpeg/decode.js");
    await init(new WebAssembly.Module(read("@jsquash/jpeg/codec/enc/mozjpeg_enc.wasm")));
    await decoder.init(new WebAssembly.Module(read("@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm")));
    const encoded = new Uint8Array(await encode(IMAGE, { quality: 90 }));
    const decoded = await decoder.default(encoded);
    return { answer: { magic: magic(encoded, 6, 10), isLike: isLike(decoded, 24) }, outputs: { encoded, decoded: decoded.data } };
  },
  "@jsquash/resize": async () => {
    const { default: initialize, resize } = await import("@jsquash/resize/lib/resize/pkg/squoosh_resize.js");
    await initialize(read("@jsquash/resize/lib/resize/pkg/squoosh_resize_bg.wasm"));
    const resized = [0, 1, 2, 3].map((method) => resize(new Uint8Array(PIXELS), WIDTH, HEIGHT, 41, 90, method, true, true));
    const grey = resize(new Uint8Array(WIDTH * HEIGHT * 4).fill(255), WIDTH, HEIGHT, 30, 20, 3, false, false);
    return { answer: { sizes: resized.map(({ length }) => length), staysWhite: grey.every((value) => value === 255) }, outputs: { resized } };
  },
  "@bokuweb/zstd-wasm": async () => {
    const { compress, decompress, init } = require("@bokuweb/zstd-wasm");
    await init();
    const packed = compress(BYTES, 12);
    return { answer: { magic: Buffer.from(packed.subarray(0, 4)).readUInt32LE().toString(16), isText: isText(decompress(packed)) }, outputs: { packed } };
  },
  "brotli-wasm": () => {
    const { compress, decompress } = require("brotli-wasm");
    const packed = compress(BYTES, { quality: 6 });
    return { answer: { isText: isText(decompress(packed)), isTextToNode: isText(brotliDecompressSync(packed)) }, outputs: { packed } };
  },
  "lz4-wasm-nodejs": () => {
    const { compress, decompress } = require("lz4-wasm-nodejs");
    const packed = compress(BYTES);
    return { answer: { isSmaller: packed.length < BYTES.length / 2, isText: isText(decompress(packed)) }, outputs: { packed } };
  },
  "hash-wasm": async () => {
    const { argon2id, blake3, crc32, md5, scrypt, sha3, xxhash64 } = require("hash-wasm");
    const scryptOf = { password: "password", salt: "NaCl", costFactor: 64, blockSize: 8, parallelism: 2, hashLength: 64, outputType: "hex" };
    const byNode = scryptSync("password", "NaCl", 64, { cost: 64, blockSize: 8, parallelization: 2 }).toString("hex");
    const answer = { blake3: await blake3(""), crc32: await crc32("123456789"), md5: await md5("abc"), sha3: await sha3("abc", 256), isScrypt: (await scrypt(scryptOf)) === byNode, xxhash64: await xxhash64("") };
    const argonOf = { password: "open sesame", salt: "some salt", iterations: 2, parallelism: 1, memorySize: 128, hashLength: 24, outputType: "hex" };
    return { answer, outputs: { blake3: await blake3(BYTES), crc32: await crc32(BYTES), sha3: await sha3(BYTES), argon2id: await argon2id(argonOf) } };
  },
  "vscode-oniguruma": async () => {
    const { createOnigScanner, createOnigString, loadWASM } = require("vscode-oniguruma");
    await loadWASM(read("vscode-oniguruma/release/onig.wasm"));
    const scanner = createOnigScanner(["(?<=quick )(b\\w+)", "(\\d+)\\s+the", "(?<n>x(\\g<n>|y)z)"]);
    const string = createOnigString(`${TEXT.slice(0, 900)} xxxyzzz`);
    const found = [];
    for (let at = 0; ; ) {
      const match = scanner.findNextMatchSync(string, at);
      if (!match) break;
      found.push([match.index, ...match.captureIndices.map(({ start, end }) => string.content.slice(start, end))]);
      at = match.captureIndices[0].end + 1;
    }
    return { answer: { first: found.slice(0, 2), last: found.at(-1) }, outputs: { found } };
  },
  "source-map": async () => {
    const { SourceMapConsumer, SourceMapGenerator } = require("source-map");
    const generator = new SourceMapGenerator({ file: "out.js" });
    for (let line = 1; line < 200; line += 1) generator.addMapping({ generated: { line, column: (line * 17) % 50 }, original: { line: ((line * 31) % 90) + 1, column: line % 11 }, source: `s${line % 5}.ts`, name: `n${line % 9}` });
    return SourceMapConsumer.with(generator.toString(), null, (consumer) => {
      const found = [];
      consumer.eachMapping(({ source, originalLine, originalColumn, generatedLine }) => found.push([source, originalLine, originalColumn, generatedLine]), undefined, SourceMapConsumer.ORIGINAL_ORDER);
      return { answer: { mappings: found.length, position: consumer.originalPositionFor({ line: 77, column: 20 }) }, outputs: { found } };
    });
  },
  "yoga-wasm-web": async () => {
    const { default: initialize } = await import("yoga-wasm-web");
    const yoga = await initialize(read("yoga-wasm-web/dist/yoga.wasm"));
    const layout = (count, style) => {
      const root = yoga.Node.create();
      root.setFlexDirection(yoga.FLEX_DIRECTION_ROW);
      root.setWidth(500);
      root.setHeight(300);
      const nodes = Array.from({ length: count }, (_, index) => {
        const node = yoga.Node.create();
        style(node, index, root);
        root.insertChild(node, index);
        return node;
      });
      root.calculateLayout(500, 300, yoga.DIRECTION_LTR);
      const boxes = nodes.map((node) => node.getComputedLayout()).map(({ left, top, width, height }) => [left, top, width, height]);
      root.freeRecursive();
      return boxes;
    };
    const thirds = layout(2, (node, index) => node.setFlexGrow(index === 0 ? 1 : 4));
    const wrapped = layout(30, (node, index, root) => {
      root.setFlexWrap(yoga.WRAP_WRAP);
      node.setFlexGrow(index % 4);
      node.setMinWidth(20 + index * 3);
      node.setMargin(yoga.EDGE_LEFT, index % 5);
      node.setHeightPercent(10 + (index % 7));
    });
    return { answer: { fifths: thirds }, outputs: { wrapped } };
  },
  "@hpcc-js/wasm-graphviz": async () => {
    const { Graphviz } = await import("@hpcc-js/wasm-graphviz");
    const graphviz = await Graphviz.load();
    const edges = Array.from({ length: 24 }, (_, index) => `n${(index * 7) % 23} -> n${(index * 11) % 19} [label="${index}"]`).join(";");
    const drawing = graphviz.dot(`digraph { ${edges} }`);
    const plain = graphviz.layout("digraph { a -> b; b -> c }", "plain", "dot").split("\n").map((line) => line.split(" "));
    const failure = failureOf(() => graphviz.dot("digraph { a -> "));
    const answer = {
      nodes: plain.filter(([kind]) => kind === "node").map(([, name]) => name),
      edges: plain.filter(([kind]) => kind === "edge").map(([, from, to]) => from + to),
      drawn: [drawing.match(/class="node"/g).length, drawing.match(/class="edge"/g).length],
      failure: failure.trim(),
    };
    return { answer, outputs: { plain, drawing, circle: graphviz.layout(`digraph { ${edges} }`, "svg", "circo") } };
  },
  "es-module-lexer": async () => {
    const { init, parse } = await import("es-module-lexer");
    await init();
    const source = `import a, { b as c } from "x"; export const d = import("./y.js?q"), e = \`\${import.meta.url}\`; export { a as "f g" }; export default class {}\n`;
    const [imports, exports] = parse(source);
    const long = parse(source.repeat(50).replaceAll(/(export default)/g, "$1 "));
    return { answer: { imports: imports.map(({ specifier }) => specifier), exports: exports.map(({ name }) => name) }, outputs: { parsed: JSON.stringify([imports, exports, long]) } };
  },
  "esbuild-wasm": async () => {
    const esbuild = await import("esbuild-wasm/esm/browser.js");
    await esbuild.initialize({ wasmModule: new WebAssembly.Module(read("esbuild-wasm/esbuild.wasm")), worker: false });
    const minify = async (source) => (await esbuild.transform(source, { loader: "ts", minify: true, target: "es2018", sourcemap: "inline" })).code;
    const small = await minify("const double = (n: number): number => n * 2; console.log(double(20 + 1))");
    const large = await minify(`export class Shop<T> { #items: T[] = []; add(item: T) { this.#items.push(item); return this; } get size() { return this.#items?.length ?? 0; } }\n`.repeat(20).replaceAll(/(Shop)/g, (name, _, at) => `${name}${at}`));
    return { answer: { code: small.split("\n")[0] }, outputs: { large } };
  },
};
/** Its threads of Go switch by the clock of the engine, so its memory is not the same twice. */
const WITHOUT_MEMORIES = new Set(["esbuild-wasm"]);

const native = WebAssembly;
// With this Node compiles the Wasm of its HTTP client, which is no package's.
void globalThis.Response;
/** What the package that runs has made. */
let made = { modules: 0, instances: [], memories: new Set(), looks: 0 };
makeDeterministic();
replaceWebAssembly(workerData);
// Packages that are made for browsers look for these.
globalThis.self = globalThis;
globalThis.ImageData = function ImageData(data, width, height) {
  Object.assign(this, { data, width, height });
};

const results = {};
for (const [name, run] of Object.entries(PACKAGES)) {
  made = { modules: 0, instances: [], memories: new Set(), looks: 0 };
  let given;
  try {
    given = await run();
  } catch (error) {
    given = { answer: { error: error.stack ?? String(error) }, outputs: {} }; // the others are asked all the same
  }
  const { modules, instances, looks } = made;
  const memories = WITHOUT_MEMORIES.has(name) ? [] : [...made.memories].map(({ buffer }) => `${buffer.byteLength} ${sha256(new Uint8Array(buffer))}`);
  const fuel = instances.reduce((sum, { exports }) => sum + (exports[ADDED.fuel] === undefined ? 0 : Number(FUEL - exports[ADDED.fuel].value)), 0);
  const outputs = Object.fromEntries(Object.entries(given.outputs).map(([key, value]) => [key, serialize(value)]));
  results[name] = { answer: given.answer, outputs, modules, instances: instances.length, memories, looks, fuel };
}
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- this is a thread's port, which has no origin
parentPort.postMessage(results);
parentPort.close();

function magic(bytes, from, to) {
  return String.fromCharCode(...bytes.subarray(from, to));
}

function failureOf(act) {
  try {
    act();
  } catch (error) {
    return error.message;
  }
  return "none";
}

function makeDeterministic() {
  let state = 1;
  const random = () => (state = (Math.imul(state, 0x9e37_79b1) + 12_345) >>> 0);
  let now = 1_700_000_000_000;
  Date.now = () => (now += 1);
  Math.random = () => random() / 2 ** 32;
  performance.now = () => (now += 1) - 1_700_000_000_000;
  const fill = (array) => {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    for (let at = 0; at < bytes.length; at += 1) bytes[at] = random() >>> 24;
    return array;
  };
  const crypto = require("node:crypto");
  webcrypto.getRandomValues = fill;
  crypto.randomFillSync = fill;
  crypto.randomBytes = (length) => Buffer.from(fill(new Uint8Array(length)));
}

/** From here on what is compiled is noted, and limited if limits are given; instances then have much of everything. */
function replaceWebAssembly(limits) {
  const compiled = new WeakSet();
  const compile = (source) => {
    made.modules += 1;
    const module = new native.Module(limits === undefined ? source : limited(source));
    compiled.add(module);
    return module;
  };
  const start = (module, imports) => {
    if (!compiled.has(module)) return new native.Instance(module, imports); // Node's
    const { instances, memories } = made;
    const interrupt = () => ((made.looks += 1), COUNTDOWN);
    const instance = new native.Instance(module, { ...imports, [ADDED.namespace]: { [ADDED.interrupt]: interrupt } });
    instances.push(instance);
    for (const space of [instance.exports, ...Object.values(imports ?? {})])
      for (const value of Object.values(space)) if (value instanceof native.Memory) memories.add(value);
    for (const [name, value] of [[ADDED.countdown, COUNTDOWN], [ADDED.fuel, FUEL], [ADDED.stack, 10_000]]) if (instance.exports[name] !== undefined) instance.exports[name].value = value;
    instance.exports[ADDED.start]?.();
    return instance;
  };
  /** The rewriter is Wasm too: it sees the engine's own. */
  const limited = (source) => {
    globalThis.WebAssembly = native;
    try {
      return limitModule(ArrayBuffer.isView(source) ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength) : new Uint8Array(source), limits).bytes;
    } finally {
      globalThis.WebAssembly = replaced;
    }
  };
  const own = {
    Module: new Proxy(native.Module, { construct: (_, [bytes]) => compile(bytes) }),
    Instance: new Proxy(native.Instance, { construct: (_, [module, imports]) => start(module, imports) }),
    compile: async (bytes) => compile(bytes),
    instantiate: async (source, imports) => {
      if (source instanceof native.Module) return start(source, imports);
      const module = compile(source);
      return { module, instance: start(module, imports) };
    },
    // Not for files of this machine: packages then read them.
    compileStreaming: undefined,
    instantiateStreaming: undefined,
  };
  const replaced = Object.create(native, Object.getOwnPropertyDescriptors(own));
  globalThis.WebAssembly = replaced;
}
