/**
 * Hosts of URLs: domains, IPv4 and IPv6 addresses, opaque hosts.
 *
 * Names outside ASCII are normalised, lower-cased and written as punycode; the full mapping table of UTS 46 is not here.
 * Source: https://url.spec.whatwg.org/#host-parsing
 */
import { CONTROL, percentDecode, percentEncode } from "./percent.ts";

const FORBIDDEN_HOST = /[\0\t\n\r #/:<>?@[\\\]^|]/;
const FORBIDDEN_DOMAIN = /[\0-\x20"#%/:<>?@[\\\]^`{|}\x7f]/;

/**
 * Parses a host.
 *
 * @param text As it stands in the URL.
 * @param isSpecial Whether the scheme is one of the web's.
 * @returns The host in its normal form, or `undefined` for none.
 */
export function parseHost(text: string, isSpecial: boolean): string | undefined {
  if (text.startsWith("[")) {
    const address = text.endsWith("]") ? parseIpv6(text.slice(1, -1)) : undefined;
    return address === undefined ? undefined : `[${formatIpv6(address)}]`;
  }
  if (!isSpecial) return FORBIDDEN_HOST.test(text) ? undefined : percentEncode(text, CONTROL);
  const domain = toAscii(percentDecode(text));
  if (domain === undefined || domain === "" || FORBIDDEN_DOMAIN.test(domain)) return undefined;
  return endsInNumber(domain) ? parseIpv4(domain) : domain;
}

function toAscii(domain: string): string | undefined {
  const normal = domain.normalize("NFKC").replace(/\u00ad|\u200b|\u2060|\ufeff/g, "").toLowerCase().normalize("NFC").replace(/[\u3002\uff0e\uff61]/g, ".");
  if (normal.includes("\ufffd")) return undefined;
  return normal.split(".").map((label) => (/^[\0-\x7f]*$/.test(label) ? label : `xn--${punycode(label)}`)).join(".");
}

/** Source: https://www.rfc-editor.org/rfc/rfc3492 */
function punycode(label: string): string {
  const points = [...label].map((char) => char.codePointAt(0) as number);
  const basic = points.filter((point) => point < 0x80);
  let out = String.fromCharCode(...basic);
  if (basic.length > 0) out += "-";
  let n = 0x80, delta = 0, bias = 72, handled = basic.length;
  while (handled < points.length) {
    const next = Math.min(...points.filter((point) => point >= n));
    delta += (next - n) * (handled + 1);
    n = next;
    for (const point of points) {
      if (point < n) delta++;
      if (point !== n) continue;
      let q = delta;
      for (let k = 36; ; k += 36) {
        const t = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
        if (q < t) break;
        out += digit(t + ((q - t) % (36 - t)));
        q = Math.floor((q - t) / (36 - t));
      }
      out += digit(q);
      bias = adapt(delta, handled + 1, handled === basic.length);
      delta = 0;
      handled++;
    }
    delta++;
    n++;
  }
  return out;
}

function adapt(delta: number, count: number, isFirst: boolean): number {
  let rest = isFirst ? Math.floor(delta / 700) : delta >> 1;
  rest += Math.floor(rest / count);
  let k = 0;
  for (; rest > 455; k += 36) rest = Math.floor(rest / 35);
  return k + Math.floor((36 * rest) / (rest + 38));
}

function digit(value: number): string {
  return String.fromCharCode(value < 26 ? 97 + value : 22 + value);
}

function endsInNumber(domain: string): boolean {
  const parts = domain.split(".");
  if (parts.at(-1) === "" && parts.length > 1) parts.pop();
  const last = parts.at(-1) as string;
  return /^[0-9]+$/.test(last) || /^0x[0-9a-f]*$/i.test(last);
}

function parseIpv4(text: string): string | undefined {
  const parts = text.split(".");
  if (parts.at(-1) === "" && parts.length > 1) parts.pop();
  if (parts.length > 4) return undefined;
  const numbers = parts.map(parseIpv4Number);
  if (numbers.some((number) => number === undefined)) return undefined;
  const known = numbers as number[];
  const last = known.pop() as number;
  if (known.some((number) => number > 255) || last >= 256 ** (4 - known.length)) return undefined;
  let address = last;
  for (const [i, number] of known.entries()) address += number * 256 ** (3 - i);
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}

function parseIpv4Number(text: string): number | undefined {
  if (text === "") return undefined;
  if (/^0x[0-9a-f]*$/i.test(text)) return text.length === 2 ? 0 : Number.parseInt(text.slice(2), 16);
  if (text.length > 1 && text.startsWith("0")) return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : undefined;
  return /^[0-9]+$/.test(text) ? Number.parseInt(text, 10) : undefined;
}

function parseIpv6(text: string): number[] | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half, index) => parsePieces(half, index === halves.length - 1));
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  if (tail === undefined) return head.length === 8 ? head : undefined;
  const missing = 8 - head.length - tail.length;
  return missing < 1 ? undefined : [...head, ...Array.from({ length: missing }, () => 0), ...tail];
}

function parsePieces(text: string, isEnd: boolean): number[] | undefined {
  if (text === "") return [];
  const pieces: number[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    if (part.includes(".")) {
      const bytes = part.split(".");
      if (!isEnd || index !== parts.length - 1 || bytes.length !== 4 || !bytes.every((byte) => /^(0|[1-9][0-9]{0,2})$/.test(byte) && Number(byte) < 256)) return undefined;
      const [a, b, c, d] = bytes.map(Number) as [number, number, number, number];
      pieces.push(a * 256 + b, c * 256 + d);
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) pieces.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return pieces.length > 8 ? undefined : pieces;
}

function formatIpv6(pieces: readonly number[]): string {
  let best = -1, bestLength = 1;
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && pieces[start + length] === 0) length++;
    if (length > bestLength) [best, bestLength] = [start, length];
  }
  const hex = (part: readonly number[]): string => part.map((piece) => piece.toString(16)).join(":");
  return best < 0 ? hex(pieces) : `${hex(pieces.slice(0, best))}::${hex(pieces.slice(best + bestLength))}`;
}
