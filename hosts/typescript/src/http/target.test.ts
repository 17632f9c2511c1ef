import { describe, expect, test } from "vitest";
import { PluginError } from "../error.ts";
import { parseHttpOptions } from "./options.ts";
import { checkAddresses, checkTarget } from "./target.ts";

function verdict(hosts: readonly string[], url: string, addresses?: readonly string[], privateHosts: readonly string[] = []): string {
  const policy = parseHttpOptions({ hosts, privateHosts });
  try {
    const destination = checkTarget(policy, "GET", new URL(url));
    if (addresses === undefined) return destination.url.href;
    return checkAddresses(policy, destination, addresses).join();
  } catch (error) {
    return PluginError.is(error) ? error.code : String(error);
  }
}

const URLS = [
  { hosts: ["*"], url: "https://api.example.com/x", expected: "https://api.example.com/x" },
  { hosts: ["*"], url: "https://API.example.com./x", expected: "https://api.example.com/x" },
  { hosts: [], url: "https://api.example.com/", expected: "http/not-allowed" },
  { hosts: ["*"], url: "ftp://api.example.com/", expected: "http/not-allowed" },
  { hosts: ["*"], url: "file:///etc/passwd", expected: "http/not-allowed" },
  { hosts: ["*"], url: "data:text/plain,x", expected: "http/not-allowed" },
  { hosts: ["*"], url: "blob:https://api.example.com/x", expected: "http/not-allowed" },
  { hosts: ["*"], url: "ws://api.example.com/", expected: "http/not-allowed" },
  { hosts: ["*"], url: "https://user@api.example.com/", expected: "http/not-allowed" },
  { hosts: ["*"], url: "https://a!b.example.com/", expected: "http/not-allowed" },
  { hosts: ["*"], url: "https://a..example.com/", expected: "http/not-allowed" },
  { hosts: ["*"], url: "https://example.com../", expected: "http/not-allowed" },
  { hosts: ["*"], url: `https://${"a.".repeat(126)}ab/`, expected: "http/not-allowed" },
  // Addresses and names of private networks: a wildcard never reaches them, an exact rule does.
  ...["127.0.0.1", "2130706433", "0x7f.1", "127.0.0.1.", "10.0.0.1", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]", "[fd00::1]"].flatMap((host) => [
    { hosts: ["*"], url: `http://${host}/`, expected: "http/not-allowed" },
    { hosts: [host], url: `http://${host}/`, expected: new URL(`http://${host}/`).href },
  ]),
  ...["localhost", "a.localhost", "db", "db.internal", "printer.local", "nas.lan", "x.home.arpa", "x.test"].flatMap((host) => [
    { hosts: ["*"], url: `http://${host}/`, expected: "http/not-allowed" },
    { hosts: [host], url: `http://${host.toUpperCase()}./`, expected: `http://${host}/` },
  ]),
  { hosts: ["*.internal"], url: "http://db.internal/", expected: "http/not-allowed" },
  { hosts: ["*", "localhost:8080"], url: "http://localhost:9090/", expected: "http/not-allowed" },
  { hosts: ["*", "https://127.0.0.1"], url: "http://127.0.0.1/", expected: "http/not-allowed" },
  { hosts: ["*"], url: "http://8.8.8.8/", expected: "http://8.8.8.8/" },
];

describe("checkTarget()", () => {
  test.each(URLS)("with $hosts: $url is $expected", ({ hosts, url, expected }) => expect(verdict(hosts, url)).toBe(expected));
});

const ADDRESSES = [
  { name: "public ones", hosts: ["*"], addresses: ["8.8.8.8", "2606:4700::1111"], expected: "8.8.8.8,2606:4700::1111" },
  { name: "a private one", hosts: ["*"], addresses: ["10.0.0.1"], expected: "http/not-allowed" },
  { name: "a private one among public ones", hosts: ["*"], addresses: ["8.8.8.8", "127.0.0.1"], expected: "http/not-allowed" },
  { name: "a private one of a name that is listed exactly", hosts: ["api.example.com"], addresses: ["127.0.0.1"], expected: "http/not-allowed" },
  { name: "a private one of a private host", hosts: ["*"], privateHosts: ["API.example.com."], addresses: ["10.0.0.1"], expected: "10.0.0.1" },
  { name: "a private one that is listed", hosts: ["*", "10.0.0.1"], addresses: ["10.0.0.1"], expected: "10.0.0.1" },
  { name: "a private one that is listed for another port", hosts: ["*", "10.0.0.1:8080"], addresses: ["10.0.0.1"], expected: "http/not-allowed" },
  { name: "a private one that is listed for this scheme", hosts: ["*", "https://10.0.0.1"], addresses: ["10.0.0.1"], expected: "10.0.0.1" },
  { name: "a private one that is listed for another method", hosts: ["*", "POST 10.0.0.1"], addresses: ["10.0.0.1"], expected: "http/not-allowed" },
  { name: "a private IPv6 one that is listed", hosts: ["*", "[fd00::1]"], addresses: ["fd00:0::1"], expected: "fd00::1" },
  { name: "another spelling, in canonical form", hosts: ["*"], addresses: ["0x08.8.8.8"], expected: "8.8.8.8" },
  { name: "something that is none", hosts: ["*"], addresses: ["localhost"], expected: "http/not-allowed" },
  { name: "one with a zone, even of a private host", hosts: ["*"], privateHosts: ["api.example.com"], addresses: ["fe80::1%eth0"], expected: "http/not-allowed" },
  { name: "none at all", hosts: ["*"], addresses: [], expected: "http/failed" },
];

describe("checkAddresses() given", () => {
  test.each(ADDRESSES)("$name says $expected", ({ hosts, privateHosts, addresses, expected }) => {
    expect(verdict(hosts, "https://api.example.com/", addresses, privateHosts)).toBe(expected);
  });
  test("a loopback one of localhost that is listed", () => {
    expect(verdict(["localhost"], "http://localhost/", ["127.0.0.1", "::1"])).toBe("127.0.0.1,::1");
  });
});
