/**
 * What a Web API answers, as functions: the test runs each on Node, whose APIs are the measure, and inside a plug-in, and
 * compares. A result must survive JSON. Where Node 20 is behind the standard, there is no case: `^` in a path is encoded
 * here, and Latin-1 from 0x80 to 0x9f is Windows-1252.
 */
type Case = () => unknown;

const hex = (buffer: ArrayBuffer): string => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
const failure = (run: () => unknown): string => {
  try {
    run();
    return "no error";
  } catch (error) {
    return (error as Error).name;
  }
};
const parts = (url: URL): unknown => [url.href, url.origin, url.protocol, url.username, url.password, url.host, url.hostname, url.port, url.pathname, url.search, url.hash];
const nameOf = (error: unknown): string => (error as Error).name;
const ABSOLUTE = [
  "http://example.com", "HTTP://EXAMPLE.COM:80/", "https://user:pa%20ss@example.com:8443/a/b;c?d=e&f#g", "http://example.com/a/../b/./c//d/%2e%2e/e", "http://ex%41mple.com/%41",
  "http://192.168.0.1/", "http://0x7f.1/", "http://256/", "http://1.2.3", "http://[::1]:80/", "http://[2001:DB8:0:0:1:0:0:1]/", "http://[::ffff:1.2.3.4]/", "mailto:a@b.c?subject=x y#z", "data:text/plain,a b#c d",
  "file:///C:/a/../b", "file://host/p", "file:c:\\a\\b", "ftp://h:21/x", "ws://h:80/", "javascript:alert(1)", "foo://bar/baz?q#f", "foo:/a/b/../c", "foo:bar", "http://h/ü?ü#ü", "http://münchen.de/", "http://日本語.jp/", "http://h/a b\tc\nd", "  http://h/  ", "http://h\\a\\b", "http:\\\\h\\a",
  "http://h?q", "http://h#f", "http://h/?", "http://h/#", "blob:https://a.b/c-d", "http://a.b.", "http://@h/", "http://:p@h/", "http://u:@h/", "http://h:/", "http://h/'\"<>`{}|", "http://h/?'\"<>`{}|^", "http://h/#'\"<>`{}|^", "non-special://h:80/a b?x y", "http://h/%zz%4",
];
const INVALID = ["", "http://user@/", "//h", "http://", "http:///", "https://a b/", "http://h:99999/", "http://h:x/", "http://[::1", "http://[1:2:3]/", "http://1.2.3.4.5/", "http://1.2.3.256/", "http://a%00b/", "http://a<b/", "a/b", "http://[::1%25eth0]/", "http://0x100000000/"];
const BASE = "http://u:p@h:8080/a/b/c?q=1#f";
const RELATIVE = ["", "d", "./d", "../d", "../../../d", "/d", "//x/d", "?r", "#g", "?", "#", "d?r#g", "..", ".", "http:d", "https:d", "mailto:x", "\\d", "/\\x", ";x", "d/../e", "%2e%2e/e"];

export const cases: Record<string, Case> = {
  ...Object.fromEntries(ABSOLUTE.map((text): [string, Case] => [`URL ${text}`, () => parts(new URL(text))])),
  ...Object.fromEntries(INVALID.map((text): [string, Case] => [`no URL ${text}`, () => [failure(() => new URL(text)), URL.canParse(text)]])),
  ...Object.fromEntries(RELATIVE.map((text): [string, Case] => [`relative URL ${text}`, () => parts(new URL(text, BASE))])),
  "URL relative to a file": () => ["x", "/x", "//h/x", "../x", "c:/x", "?q"].map((text) => new URL(text, "file:///C:/a/b").href),
  "URL setters": () => {
    const url = new URL("http://h/a");
    const seen: string[] = [];
    const set = (change: (target: URL) => void): void => { change(url); seen.push(url.href); };
    set((u) => { u.protocol = "https"; });
    set((u) => { u.protocol = "foo"; });
    set((u) => { u.username = "a b"; });
    set((u) => { u.password = "p:@"; });
    set((u) => { u.host = "x.y:81"; });
    set((u) => { u.hostname = "z"; });
    set((u) => { u.port = "443"; });
    set((u) => { u.port = "8080x"; });
    set((u) => { u.port = "99999"; });
    set((u) => { u.pathname = "p q/../r"; });
    set((u) => { u.search = "a=1&b=ü"; });
    set((u) => { u.hash = "h h"; });
    set((u) => { u.searchParams.append("c", "d e"); });
    set((u) => { u.searchParams.delete("a"); });
    set((u) => { u.search = ""; });
    set((u) => { u.hash = ""; });
    set((u) => { u.href = "http://new/"; });
    return seen;
  },
  "URLSearchParams reads and writes": () => {
    const params = new URLSearchParams("?a=1&b=2&a=3&c&=d&e=%20+x%zz&ü=€");
    return [params.toString(), params.get("a"), params.getAll("a"), params.get("none"), params.has("c"), params.has("a", "3"), params.size, [...params.keys()], new URLSearchParams({ x: "1", y: "a&b" }).toString(), new URLSearchParams([["p", "q"], ["p", "r"]]).toString()];
  },
  "URLSearchParams changes": () => {
    const params = new URLSearchParams("b=1&a=2&b=3&c=4");
    params.set("b", "9");
    params.append("z", "~!*()'-._ ");
    params.delete("c", "5");
    params.sort();
    return params.toString();
  },
  "TextEncoder": () => ["", "a", "é", "€", "😀", "\ud800", "a\udc00b"].map((text) => [...new TextEncoder().encode(text)]),
  "TextEncoder.encodeInto": () => { const target = new Uint8Array(6); const done = new TextEncoder().encodeInto("a€😀", target); return [done.read, done.written, [...target]]; },
  "TextDecoder replaces": () => [[0xff], [0xc3], [0xe2, 0x82], [0xf0, 0x9f, 0x98], [0xed, 0xa0, 0x80], [0xc0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0x61, 0xe2, 0x82, 0x62], [0xef, 0xbb, 0xbf, 0x61], [0xf0, 0x80, 0x80, 0x80], [0xe2, 0x28, 0xa1]].map((bytes) => new TextDecoder().decode(new Uint8Array(bytes))),
  "TextDecoder fatal": () => [[0x61], [0xff], [0xc3, 0xa9], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xc1, 0x81], [0xe0, 0x80, 0x80]].map((bytes) => failure(() => new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(bytes)))),
  "TextDecoder streams": () => { const decoder = new TextDecoder(); const bytes = new TextEncoder().encode("a€😀é"); return [...bytes].map((byte) => decoder.decode(new Uint8Array([byte]), { stream: true })).join("|") + decoder.decode(); },
  "TextDecoder keeps the mark": () => new TextDecoder("utf-8", { ignoreBOM: true }).decode(new Uint8Array([0xef, 0xbb, 0xbf, 0x61])),
  "TextDecoder other encodings": () => [new TextDecoder("utf-16le").decode(new Uint8Array([0x61, 0, 0xac, 0x20])), new TextDecoder("latin1").decode(new Uint8Array([0x61, 0xe9])), new TextDecoder("latin1").encoding, failure(() => new TextDecoder("nope"))],
  "atob and btoa": () => [btoa("héé"), atob("aGk="), atob(" aGk "), btoa(""), failure(() => btoa("€")), failure(() => atob("a"))],
  "structuredClone": () => {
    const shared = { x: 1 };
    const value = { a: Object.assign([1], { 2: 3 }), m: new Map<unknown, unknown>([["k", shared]]), s: new Set([1, "2"]), d: new Date(5), r: /a+/gi, u: undefined, n: null, shared, big: 10n, bytes: new Uint8Array([1, 2, 3]).subarray(1) };
    const copy = structuredClone({ ...value, self: undefined as unknown });
    return [copy.m.get("k") === copy.shared, copy.shared === shared, [...copy.s], copy.d.getTime(), String(copy.r), "u" in copy, copy.n, String(copy.big), [...copy.bytes], copy.bytes.byteOffset, 1 in copy.a, failure(() => structuredClone(() => 1)), failure(() => structuredClone(Symbol("x")))];
  },
  "structuredClone cycles and errors": () => { const a: { self?: unknown } = {}; a.self = a; const copy = structuredClone(a); const error = structuredClone(new RangeError("x", { cause: 1 })); return [copy.self === copy, error instanceof RangeError, error.message, error.cause]; },
  "crypto.subtle.digest": async () => {
    const inputs = [new Uint8Array(), new TextEncoder().encode("abc"), new Uint8Array(55), new Uint8Array(56), new Uint8Array(64), new Uint8Array(111), new Uint8Array(112), new Uint8Array(1000).fill(7)];
    const all: string[] = [];
    for (const name of ["SHA-1", "SHA-256", "SHA-384", "SHA-512"]) for (const input of inputs) all.push(hex(await crypto.subtle.digest(name, input)));
    return all;
  },
  "crypto random": () => [crypto.getRandomValues(new Uint8Array(100)).some((byte) => byte !== 0), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID()), failure(() => crypto.getRandomValues(new Uint8Array(65537))), failure(() => crypto.getRandomValues(new Float64Array(1) as never))],
  "Headers": () => {
    const headers = new Headers([["B", " two "], ["a", "1"], ["b", "three"], ["Set-Cookie", "x=1"], ["set-cookie", "y=2"]]);
    headers.append("A", "4");
    headers.delete("none");
    return [[...headers], headers.get("b"), headers.get("none"), headers.has("A"), headers.getSetCookie(), failure(() => headers.set("a b", "x")), failure(() => headers.set("a", "x\ny")), [...new Headers({ X: "1" }).keys()]];
  },
  "Request": async () => {
    const request = new Request("http://h/a b", { method: "post", body: new URLSearchParams({ a: "b c" }), headers: { "X-A": "1" } });
    const copy = request.clone();
    return [request.url, request.method, [...request.headers], await request.text(), request.bodyUsed, await copy.text(), failure(() => new Request("http://h", { method: "GET", ["body" as "keepalive"]: "x" as never })), failure(() => new Request("relative")), failure(() => new Request("http://h", { method: "TRACE" }))];
  },
  "Response": async () => {
    const response = new Response("ü", { status: 201, statusText: "Made", headers: { "x-a": "b" } });
    const clone = response.clone();
    return [response.status, response.ok, response.statusText, [...response.headers], await response.text(), response.bodyUsed, await clone.text(), await Response.json({ a: [1] }).json(), new Response(null).body, (await new Response(new Uint8Array([1, 2])).arrayBuffer()).byteLength, await new Response("\ufeffx").text(), failure(() => new Response("x", { status: 204 })), failure(() => new Response("x", { status: 99 }))];
  },
  "Response read twice": async () => { const response = new Response("x"); await response.text(); return response.text().then(() => "read", nameOf); },
  "Response redirect": () => { const response = Response.redirect("http://h/x", 301); return [response.status, response.headers.get("location")]; },
  "Blob and File": async () => {
    const blob = new Blob(["a", new Uint8Array([0xc3, 0xa9]), new Blob(["z"])], { type: "Text/Plain" });
    const file = new File([blob], "n.txt", { type: "x/y", lastModified: 5 });
    return [blob.size, blob.type, await blob.text(), await blob.slice(1, 3, "q/r").text(), await blob.slice(-1).text(), file.name, file.lastModified, file.size, file instanceof Blob];
  },
  "FormData": async () => {
    const form = new FormData();
    form.append("a", "1");
    form.append("a", "2");
    form.append("f", new Blob(["x"], { type: "t/u" }), "f.txt");
    form.set("a", "3");
    const body = new Response(form);
    const type = body.headers.get("content-type") ?? "";
    const boundary = /boundary=(.+)$/.exec(type)?.[1] ?? "";
    return [[...form.keys()], form.getAll("a"), (form.get("f") as File).name, type.startsWith("multipart/form-data; boundary="), (await body.text()).trimEnd().replaceAll(boundary, "BOUNDARY")];
  },
  "form bodies": async () => { const form = await new Response(new URLSearchParams("a=b+c&d=%C3%A9")).formData(); return [...form]; },
  "ReadableStream": async () => {
    let n = 0;
    const stream = new ReadableStream<number>({ pull(controller) { if (n === 3) controller.close(); else controller.enqueue(n++); } });
    const seen: number[] = [];
    for await (const chunk of stream as unknown as AsyncIterable<number>) seen.push(chunk);
    return [seen, stream.locked];
  },
  "ReadableStream reader": async () => {
    const reader = new ReadableStream<string>({ start(controller) { controller.enqueue("a"); controller.enqueue("b"); controller.close(); } }).getReader();
    return [await reader.read(), await reader.read(), await reader.read(), await reader.closed.then(() => "closed")];
  },
  "ReadableStream error and cancel": async () => {
    const failed = new ReadableStream({ start(controller) { controller.error(new RangeError("x")); } }).getReader();
    let reason: unknown;
    await new ReadableStream({ cancel(why) { reason = why; } }).cancel("enough");
    return [await failed.read().catch(nameOf), reason, failure(() => { const stream = new ReadableStream(); stream.getReader(); stream.getReader(); })];
  },
  "ReadableStream tee": async () => { const [a, b] = new Response("xyz").body!.tee(); return [await new Response(a).text(), await new Response(b).text()]; },
  "TransformStream": async () => {
    const upper = new TransformStream<string, string>({ transform: (chunk, controller) => controller.enqueue(chunk.toUpperCase()), flush: (controller) => controller.enqueue("!") });
    const source = new ReadableStream<string>({ start(controller) { controller.enqueue("a"); controller.enqueue("b"); controller.close(); } });
    let text = "";
    await source.pipeThrough(upper).pipeTo(new WritableStream({ write(chunk) { text += chunk; } }));
    return text;
  },
  "text streams": async () => {
    const bytes = new TextEncoder().encode("a€😀");
    const source = new ReadableStream<Uint8Array>({ start(controller) { for (const byte of bytes) controller.enqueue(new Uint8Array([byte])); controller.close(); } });
    let text = "";
    await source.pipeThrough(new TextDecoderStream() as unknown as TransformStream<Uint8Array, string>).pipeTo(new WritableStream({ write(chunk) { text += chunk; } }));
    return text;
  },
  "WritableStream errors": async () => { const writer = new WritableStream({ write() { throw new RangeError("full"); } }).getWriter(); return [await writer.write("x").catch(nameOf), await writer.closed.catch(nameOf)]; },
  "Event and EventTarget": () => {
    const target = new EventTarget();
    const seen: unknown[] = [];
    const listener = (event: Event): void => void seen.push(event.type, event.target === target);
    target.addEventListener("a", listener);
    target.addEventListener("a", listener);
    target.addEventListener("a", () => seen.push("once"), { once: true });
    target.addEventListener("a", { handleEvent: (event) => { seen.push("object"); event.preventDefault(); } });
    seen.push(target.dispatchEvent(new Event("a")), target.dispatchEvent(new Event("a", { cancelable: true })));
    target.removeEventListener("a", listener);
    target.dispatchEvent(new CustomEvent("a", { detail: 5 }));
    return seen;
  },
  "AbortController": () => {
    const controller = new AbortController();
    const seen: unknown[] = [controller.signal.aborted];
    controller.signal.addEventListener("abort", () => seen.push("heard"));
    Object.assign(controller.signal, { onabort: () => seen.push("on") });
    controller.abort();
    controller.abort();
    return [...seen, controller.signal.aborted, (controller.signal.reason as Error).name, failure(() => controller.signal.throwIfAborted()), AbortSignal.abort("why").reason, AbortSignal.any([AbortSignal.abort(7)]).reason];
  },
  "fetch with an aborted signal": () => fetch("http://127.0.0.1:9/", { signal: AbortSignal.abort() }).catch(nameOf),
  "queueMicrotask and timers": async () => {
    const seen: string[] = [];
    setTimeout(() => seen.push("timer"), 0);
    const cleared = setTimeout(() => seen.push("never"), 0);
    clearTimeout(cleared);
    queueMicrotask(() => seen.push("micro"));
    await new Promise((settle) => setTimeout(settle, 5, "value"));
    return [seen, await new Promise((settle) => setTimeout(settle, 0, "value"))];
  },
  "performance.now": () => { const first = performance.now(); return [typeof first, performance.now() >= first]; },
  "globals by globalThis": () => [typeof globalThis.URL, typeof globalThis.fetch, typeof globalThis.crypto.randomUUID, typeof globalThis.setTimeout, typeof globalThis.structuredClone],
  "ES2023": () => [[3, 1, 2].toSorted((a, b) => a - b), [1, 2, 3].toReversed(), [1, 2, 3].with(1, 9), [1, 2, 3].findLast((n) => n < 3), "abc".at(-1), Object.hasOwn({ a: 1 }, "a"), [1, [2, [3]]].flat(2), "a-b".replaceAll("-", "+"), structuredClone([1n].map(String)), [..."a1b2".matchAll(/\d/g)].map((match) => match[0]), /(?<y>\d{4})/.exec("in 2024")?.groups?.["y"], 2n ** 64n > 0n],
};
