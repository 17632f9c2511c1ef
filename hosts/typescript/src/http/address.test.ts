import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isPublicAddress, normalizeAddress } from "./address.ts";

const PRIVATE = [
  ...["0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "100.100.100.200"],
  ...["127.0.0.1", "127.255.255.255", "168.63.129.16", "169.254.0.0", "169.254.169.254", "169.254.255.255"],
  ...["172.16.0.0", "172.31.255.255", "192.0.0.0", "192.0.0.255", "192.0.2.1", "192.88.99.1", "192.168.0.0"],
  ...["192.168.255.255", "198.18.0.0", "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.255"],
  ...["240.0.0.1", "255.255.255.255"],
  // Other spellings of the same.
  ...["127.1", "0x7f.0.0.1", "0177.0.0.1", "2130706433", "0x7f000001", "0", "127.0.0.1."],
  ...["::", "::1", "[::1]", "::7f00:1", "::127.0.0.1", "100::1", "fc00::1", "fdff::1", "fe80::1", "fec0::1", "ff02::1"],
  ...["2001::1", "2001:0:53aa:64c::1", "2001:10::1", "2001:1ff:ffff::1", "2001:db8::1", "3fff::1", "3fff:fff::1", "5f00::1"],
  ...["::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:10.1.2.3", "64:ff9b::10.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1"],
  ...["2002:7f00:1::", "2002:808:808::1"],
];
const PUBLIC = [
  ...["1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0"],
  ...["168.63.129.15", "168.63.129.17", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0"],
  ...["192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255"],
  ...["2001:200::1", "2001:4860:4860::8888", "2606:4700::1111", "2a00::1", "3ffe::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"],
];
const NO_ADDRESS = ["", "localhost", "1.2.3.4.5", "256.0.0.1", "1.2.3.4/8", "8.8.8.8:80", "[::1]:8080", "fe80::1%eth0", "[::1", ":::", "8.8.8.8 ", "a"];

describe("isPublicAddress()", () => {
  test.each(PRIVATE)("refuses %s", (address) => expect(isPublicAddress(address)).toBe(false));
  test.each(PUBLIC)("admits %s", (address) => expect(isPublicAddress(address)).toBe(true));
  test.each(NO_ADDRESS)("refuses %j, which is no address", (text) => {
    expect(normalizeAddress(text)).toBeUndefined();
    expect(isPublicAddress(text)).toBe(false);
  });

  test("judges a mapped address as the IPv4 address in it", () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        expect(isPublicAddress(`::ffff:${address}`)).toBe(isPublicAddress(address));
        expect(isPublicAddress(`64:ff9b::${address}`)).toBe(isPublicAddress(address));
        expect(isPublicAddress(`2002:${toGroups(address)}::1`)).toBe(false);
      }),
    );
  });
});

test("normalizeAddress() gives one spelling to every spelling", () => {
  expect(["0x7f.1", "2130706433", "127.0.0.1."].map(normalizeAddress)).toEqual(["127.0.0.1", "127.0.0.1", "127.0.0.1"]);
  expect(["[0:0:0:0:0:0:0:1]", "::0001"].map(normalizeAddress)).toEqual(["::1", "::1"]);
});

function toGroups(address: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number);
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}
