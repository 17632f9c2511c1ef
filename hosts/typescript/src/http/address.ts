/**
 * Which IP addresses lie on the public internet: the check that keeps a plug-in out of the host's own network.
 *
 * It says nothing about names; `rules.ts` decides on those, and `target.ts` brings both together. An address that hides
 * an IPv4 address is judged by that one where a network really routes it so (mapped, NAT64), and refused where the
 * mechanism is retired (6to4, Teredo, IPv4-compatible).
 *
 * Sources: https://www.iana.org/assignments/iana-ipv4-special-registry,
 * https://www.iana.org/assignments/iana-ipv6-special-registry, https://www.iana.org/assignments/ipv6-address-space.
 */

interface Network {
  readonly prefix: bigint;
  readonly shift: bigint;
}

/** IPv4 networks that are not public. */
const PRIVATE_V4: readonly Network[] = [
  "0.0.0.0/8", // this host
  "10.0.0.0/8", // private use
  "100.64.0.0/10", // carrier-grade NAT
  "127.0.0.0/8", // loopback
  "168.63.129.16/32", // answers only inside Azure, to every virtual machine
  "169.254.0.0/16", // link-local, with the metadata services of the clouds
  "172.16.0.0/12", // private use
  "192.0.0.0/24", // protocol assignments
  "192.0.2.0/24", // documentation
  "192.88.99.0/24", // 6to4 relays, retired
  "192.168.0.0/16", // private use
  "198.18.0.0/15", // benchmarks
  "198.51.100.0/24", // documentation
  "203.0.113.0/24", // documentation
  "224.0.0.0/4", // multicast
  "240.0.0.0/4", // reserved, and broadcast
].map((text) => parseNetwork(text));

/** The only IPv6 space in public use; everything outside it is loopback, local, multicast or unassigned. */
const PUBLIC_V6: Network = parseNetwork("2000::/3");

/** IPv6 networks inside the public space that are not public. */
const PRIVATE_V6: readonly Network[] = [
  "2001::/23", // protocol assignments, with Teredo and ORCHID
  "2001:db8::/32", // documentation
  "2002::/16", // 6to4, retired
  "3fff::/20", // documentation
].map((text) => parseNetwork(text));

/** IPv6 networks whose last 32 bits are an IPv4 address that the packet ends up at. */
const EMBEDDING_V6: readonly Network[] = [
  "::ffff:0:0/96", // IPv4-mapped
  "64:ff9b::/96", // NAT64
].map((text) => parseNetwork(text));

/**
 * Brings an IP address to its one canonical form, the way a URL's host is read: `0x7f.1` is `127.0.0.1`.
 *
 * @param text An IPv4 or IPv6 address, IPv6 with or without brackets.
 * @returns The canonical form, IPv6 without brackets; `undefined` if the text is no address or has a zone.
 */
export function normalizeAddress(text: string): string | undefined {
  const isBracketed = text.startsWith("[");
  if (!/^[0-9a-fxA-FX.:[\]]+$/.test(text)) return undefined;
  const url = text.includes(":") && !isBracketed ? `http://[${text}]/` : `http://${text}/`;
  if (!URL.canParse(url)) return undefined;
  const { hostname, port } = new URL(url);
  if (port !== "") return undefined;
  if (hostname.startsWith("[")) return hostname.slice(1, -1);
  return /^\d+\.\d+\.\d+\.\d+$/.test(hostname) ? hostname : undefined;
}

/**
 * Tells whether an address is on the public internet.
 *
 * @param text An IPv4 or IPv6 address in any form that {@link normalizeAddress} reads.
 * @returns `false` for private, local, multicast, reserved and documentation addresses, and for what is no address.
 */
export function isPublicAddress(text: string): boolean {
  const address = normalizeAddress(text);
  if (address === undefined) return false;
  return address.includes(":") ? isPublicV6(parseV6(address)) : isPublicV4(parseV4(address));
}

function isPublicV4(address: bigint): boolean {
  return !PRIVATE_V4.some((network) => isInside(address, network));
}

function isPublicV6(address: bigint): boolean {
  if (EMBEDDING_V6.some((network) => isInside(address, network))) return isPublicV4(address & 0xffff_ffffn);
  return isInside(address, PUBLIC_V6) && !PRIVATE_V6.some((network) => isInside(address, network));
}

function isInside(address: bigint, { prefix, shift }: Network): boolean {
  return address >> shift === prefix;
}

/** Takes canonical networks only: it is called with the tables above. */
function parseNetwork(text: string): Network {
  const [address = "", length = ""] = text.split("/");
  const isV6 = address.includes(":");
  const shift = BigInt((isV6 ? 128 : 32) - Number(length));
  return { prefix: (isV6 ? parseV6(address) : parseV4(address)) >> shift, shift };
}

function parseV4(address: string): bigint {
  return address.split(".").reduce((bits, octet) => (bits << 8n) | BigInt(octet), 0n);
}

/** A canonical address is up to eight hexadecimal groups with at most one `::`; it never ends in a dotted IPv4. */
function parseV6(address: string): bigint {
  const [head = "", tail] = address.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const gap = Array.from({ length: 8 - left.length - right.length }, () => "0");
  return [...left, ...gap, ...right].reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n);
}
