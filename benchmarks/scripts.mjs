/** The scripts that interpreters are measured by, here and in comparison with others: what loops, calls, strings, collections cost. */

/** Bodies of functions by what they exercise; each returns one number. */
export const SCRIPTS = {
  fib: "function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); } return fib(24);",
  loop: "let s = 0; for (let i = 0; i < 1000000; i++) { s = (s + i * 3) | 0; s ^= i; } return s;",
  floats: "let x = 0; for (let i = 1; i < 400000; i++) x += Math.sqrt(i) * 1.5 / (i + 0.5); return Math.round(x);",
  objects: "class P { constructor(x, y) { this.x = x; this.y = y; } add(o) { return new P(this.x + o.x, this.y + o.y); } } let p = new P(0, 0); const q = new P(1, 2); for (let i = 0; i < 100000; i++) p = p.add(q); return p.x + p.y;",
  strings: "let s = ''; for (let i = 0; i < 50000; i++) s += String.fromCharCode(97 + i % 26); let c = 0; for (let i = 0; i < s.length; i++) if (s.charCodeAt(i) === 101) c++; return c + s.split('e').join('E').length;",
  json: "const o = []; for (let i = 0; i < 300; i++) o.push({ id: i, name: 'item ' + i, tags: ['a', 'b', String(i)], price: i * 1.25 }); let n = 0; for (let k = 0; k < 10; k++) n += JSON.stringify(JSON.parse(JSON.stringify(o))).length; return n;",
  regexp: "let t = ''; for (let i = 0; i < 800; i++) t += 'user' + i + '@mail' + i + '.com, and text '; let n = 0; for (let k = 0; k < 4; k++) for (const m of t.matchAll(/(\\w+)@(\\w+)\\.com/g)) n += m[1].length; return n;",
  sort: "const a = []; let seed = 1; for (let i = 0; i < 12000; i++) { seed = (seed * 1103515245 + 12345) & 0x7fffffff; a.push(seed); } a.sort((x, y) => x - y); return a[100];",
  map: "const m = new Map(); for (let i = 0; i < 60000; i++) m.set('k' + (i % 500), (m.get('k' + (i % 500)) ?? 0) + i); let t = 0; for (const v of m.values()) t += v; return t;",
  closures: "const r = []; for (let i = 0; i < 12000; i++) r.push(() => i); let t = 0; for (let k = 0; k < 6; k++) t += r.map((f) => f() + k).filter((x) => x % 3 === 0).reduce((a, b) => a + b, 0); return t;",
  bytes: "const b = new Uint8Array(65536); let h = 2166136261; for (let k = 0; k < 4; k++) for (let i = 0; i < b.length; i++) { b[i] = (b[i] + i * 7 + k) & 255; h = Math.imul(h ^ b[i], 16777619); } return h >>> 0;",
  generators: "function* g(n) { for (let i = 0; i < n; i++) yield i; } let s = 0; for (const x of g(60000)) { const { a: [, y] } = { a: [1, x] }; s += y; } return s;",
};
