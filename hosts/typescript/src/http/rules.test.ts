import { describe, expect, test } from "vitest";
import { PluginError } from "../error.ts";
import { matchesRule, parseRule, type Target } from "./rules.ts";

/** Reads `GET https://host:port` into a target; the port is the scheme's if left out. */
function aim(text: string): Target {
  const [method = "", address = ""] = text.split(" ");
  const { protocol, hostname, port } = new URL(address);
  const scheme = protocol === "https:" ? "https" : "http";
  return { method, scheme, host: hostname, port: Number(port) || (scheme === "https" ? 443 : 80) };
}

const TABLE = [
  {
    pattern: "api.example.com",
    matches: ["GET https://api.example.com", "POST http://API.example.com", "GET http://api.example.com:8080"],
    refuses: ["GET https://example.com", "GET https://xapi.example.com", "GET https://api.example.com.evil.test", "GET http://api.example.com:25"],
  },
  {
    pattern: "*.example.org",
    matches: ["GET https://a.example.org", "GET https://a.b.example.org"],
    refuses: ["GET https://example.org", "GET https://aexample.org", "GET https://a.example.org.evil.test", "GET https://evil.test"],
  },
  {
    pattern: "api.*.example.com",
    matches: ["GET https://api.eu.example.com"],
    refuses: ["GET https://api.eu.west.example.com", "GET https://api.example.com"],
  },
  {
    pattern: "api-*.example.com",
    matches: ["GET https://api-1.example.com", "GET https://api-.example.com"],
    refuses: ["GET https://api.example.com", "GET https://api-1.evil.example.com", "GET https://xapi-1.example.com"],
  },
  { pattern: "a*a.example", matches: ["GET https://aa.example"], refuses: ["GET https://a.example"] },
  { pattern: "*", matches: ["GET https://anything.example", "GET http://8.8.8.8", "GET http://[2606:4700::1111]"], refuses: ["GET http://a.example:22"] },
  {
    pattern: "*.1.example",
    matches: ["GET https://1.1.example"],
    refuses: ["GET http://1.1.1.1", "GET http://[::1]"],
  },
  {
    pattern: "https://api.example.com",
    matches: ["GET https://api.example.com"],
    refuses: ["GET http://api.example.com", "GET https://api.example.com:8443", "GET http://api.example.com:443"],
  },
  {
    pattern: "https://api.example.com:8443",
    matches: ["GET https://api.example.com:8443"],
    refuses: ["GET https://api.example.com", "GET http://api.example.com:8443"],
  },
  { pattern: "example.com:25", matches: ["GET http://example.com:25"], refuses: ["GET http://example.com", "GET http://example.com:2525"] },
  { pattern: "*:443", matches: ["GET https://a.example"], refuses: ["GET http://a.example"] },
  {
    pattern: "GET https://*.example.com",
    matches: ["GET https://a.example.com"],
    refuses: ["POST https://a.example.com", "HEAD https://a.example.com", "GET http://a.example.com"],
  },
  { pattern: "bücher.example", matches: ["GET https://bücher.example", "GET https://xn--bcher-kva.example"], refuses: ["GET https://bucher.example"] },
  { pattern: "zzanyz*.example", matches: ["GET https://zzanyza.example"], refuses: ["GET https://azanyz.example", "GET https://a.example"] },
  { pattern: "API.Example.COM.", matches: ["GET https://api.example.com"], refuses: ["GET https://api.example.org"] },
  { pattern: "127.0.0.1", matches: ["GET http://127.0.0.1", "GET http://2130706433", "GET http://0x7f.1"], refuses: ["GET http://127.0.0.2"] },
  { pattern: "2130706433", matches: ["GET http://127.0.0.1"], refuses: ["GET http://127.0.0.2"] },
  { pattern: "[::1]:8080", matches: ["GET http://[0:0:0:0:0:0:0:1]:8080"], refuses: ["GET http://[::1]:8081", "GET http://[::2]:8080"] },
  { pattern: "_dmarc.a-b.example", matches: ["GET https://_dmarc.a-b.example"], refuses: ["GET https://dmarc.a-b.example"] },
];

describe.each(TABLE)('the pattern "$pattern"', ({ pattern, matches, refuses }) => {
  const rule = parseRule(pattern, "hosts[0]");
  test.each(matches)("matches %s", (text) => expect(matchesRule(rule, aim(text))).toBe(true));
  test.each(refuses)("does not match %s", (text) => expect(matchesRule(rule, aim(text))).toBe(false));
});

const INVALID = [
  "wzzanyzz.example", // stands for the asterisk inside
  ...["", " ", "!evil.example", "**", "***", "**.example.com", "*.*x*.example", "a**b.example", "*.", ".", "a..b", ".example.com"],
  ...["data:", "file:", "data:text/plain,x", "file:///etc/passwd", "ftp://example.com", "javascript:alert(1)", "://example.com"],
  ...["https://", "https://*.example.com/", "example.com/path", "example.com?x", "example.com#x", "user@example.com"],
  ...["user:secret@example.com", "example.com:", "example.com:0", "example.com:65536", "example.com:http", "example.com:*", ":80"],
  ...["example.*", "*.*", "10.0.0.*", "*.0.0.1", "::1", "[::1", "[*]", "[fe80::1%25eth0]", "a b.example", "get https://example.com"],
  ...["GET,POST example.com", "GET  example.com", "a%2eexample.com", "bü*.example", "a,b.example", "a|b", "a\nb", "example.com\n"],
  ...["x".repeat(254), "{a,b}.example", "[ab].example", "?.example", "*.example.com:*", "GET ", "＊", "＊.example.com", "*。", "*。*"],
  ...[undefined, null, 1, {}, ["example.com"]],
];

test.each(INVALID.map((pattern) => ({ pattern })))("parseRule() refuses $pattern", ({ pattern }) => {
  const failure = capture(() => parseRule(pattern, "allow.hosts[3]"));
  expect(PluginError.is(failure, "manifest/invalid") && failure.details.path).toBe("allow.hosts[3]");
});

function capture(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}
