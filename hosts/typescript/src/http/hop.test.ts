import { describe, expect, test } from "vitest";
import { turn } from "../../test/hand-clock.ts";
import { serve } from "../../test/loopback.ts";
import { PluginError } from "../error.ts";
import { parseHttpOptions, type HttpOptions } from "./options.ts";
import { sendRequest, type HttpResult } from "./send.ts";

/** Sends over an embedder's `fetch`, on a platform without resolver, as in a browser. */
async function send(options: HttpOptions, url: string, signal = new AbortController().signal): Promise<HttpResult> {
  return sendRequest(parseHttpOptions(options), new TextEncoder().encode(JSON.stringify({ url })), undefined, { signal });
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => "it succeeded",
    (reason: unknown) => reason,
  );
  return PluginError.is(error) ? error.code : String(error);
}

const hosts = ["*", "127.0.0.1"];

describe("an embedder's fetch", () => {
  test("is asked for no redirect, credential, referrer or cache, with a signal that is not the caller's", async () => {
    const server = await serve((_, response) => response.end("x"));
    const controller = new AbortController();
    const inits: RequestInit[] = [];
    const recording: typeof fetch = (input, init) => {
      inits.push(init ?? {});
      return fetch(input, init);
    };
    expect((await send({ hosts, fetch: recording }, server.origin, controller.signal)).status).toBe(200);
    expect(inits).toMatchObject([{ redirect: "manual", credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer" }]);
    expect(inits[0]?.signal).not.toBe(controller.signal);
  });

  test("that follows redirects all the same is refused", async () => {
    const server = await serve((request, response) => (request.url === "/end" ? response.end("end") : response.writeHead(302, { location: "/end" }).end()));
    const following: typeof fetch = (input, init) => fetch(input, { ...init, redirect: "follow" });
    expect(await codeOf(send({ hosts, fetch: following }, server.origin))).toBe("http/not-allowed");
  });

  test("that hides where a redirect leads, as browsers do, is refused", async () => {
    const opaque: typeof fetch = async () => Object.defineProperty(new Response(), "type", { value: "opaqueredirect" });
    expect(await codeOf(send({ hosts, fetch: opaque }, "https://api.example.com/"))).toBe("http/not-allowed");
  });

  test("that throws what is no error becomes the cause of http/failed", async () => {
    const thrower: typeof fetch = () => {
      // oxlint-disable-next-line no-throw-literal, typescript/only-throw-error -- That is what is tested.
      throw "hunter2";
    };
    const failure: unknown = await send({ hosts, fetch: thrower }, "https://api.example.com/").catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "http/failed", cause: "hunter2" });
    expect(String(failure)).not.toContain("hunter2");
  });

  test("that never settles and ignores its signal does not hold up the call, and a late response is dropped", async () => {
    const controller = new AbortController();
    let settle: (response: Response) => void = () => undefined;
    const stuck: typeof fetch = () => new Promise((resolve) => (settle = resolve));
    const work = send({ hosts, fetch: stuck }, "https://api.example.com/", controller.signal).catch((error: unknown) => error);
    await turn();
    const reason = new Error("time is up");
    controller.abort(reason);
    expect(await work).toBe(reason);
    const cancelled = new Promise((resolve) => settle(new Response(new ReadableStream({ cancel: resolve }))));
    await cancelled;
  });

  test("whose body never ends and ignores the signal does not hold up the call", async () => {
    const controller = new AbortController();
    const reason = new Error("time is up");
    let cancel: (value: unknown) => void = () => undefined;
    const cancelled = new Promise((resolve) => (cancel = resolve));
    const endless: typeof fetch = async () => new Response(new ReadableStream({ pull: () => controller.abort(reason), cancel }, { highWaterMark: 0 }));
    const events: string[] = [];
    const options: HttpOptions = { hosts, fetch: endless, audit: ({ kind }) => events.push(kind) };
    expect(await send(options, "https://api.example.com/", controller.signal).catch((error: unknown) => error)).toBe(reason);
    await cancelled;
    await turn();
    expect(events).toEqual(["allowed", "failed"]);
  });
});

describe("a secret of a pattern without scheme", () => {
  const secrets = { "api.example.com": { headers: { "x-key": "hunter2" } } };

  test.each([
    { url: "https://api.example.com/", expected: ["hunter2"] },
    { url: "http://api.example.com/", expected: [null] },
    { url: "https://api.example.com:8443/", expected: [null] },
  ])("goes to $url as $expected", async ({ url, expected }) => {
    const { sent, fetch } = recorder(() => new Response("x"));
    await send({ hosts, secrets, fetch }, url);
    expect(sent.map(({ headers }) => headers.get("x-key"))).toEqual(expected);
  });

  test("does not follow a redirect from https to http on the same host", async () => {
    const both = { ...secrets, "http://api.example.com": { headers: { "x-key": "hunter3" } } };
    const { sent, fetch } = recorder(({ url }) => (url.startsWith("https") ? new Response(null, { status: 307, headers: { location: "http://api.example.com/" } }) : new Response("x")));
    await send({ hosts, secrets: both, fetch }, "https://api.example.com/");
    expect(sent.map(({ url, headers }) => [url, headers.get("x-key")])).toEqual([
      ["https://api.example.com/", "hunter2"],
      ["http://api.example.com/", null],
    ]);
  });
});

describe("without a resolver", () => {
  test.each(["http://127.0.0.2/", "http://169.254.169.254/", "http://[::1]/", "http://localhost/", "http://db/", "http://x.internal/"])(
    "%s is refused all the same, without asking fetch",
    async (url) => {
      const never: typeof fetch = () => Promise.reject(new Error("fetch was asked"));
      expect(await codeOf(send({ hosts, fetch: never }, url))).toBe("http/not-allowed");
    },
  );
});

test("an embedder's resolver is asked before its fetch, and a private answer refuses the request", async () => {
  const asked: string[] = [];
  const options: HttpOptions = {
    hosts,
    fetch: async (input) => {
      asked.push(new Request(input).url);
      return new Response("x");
    },
    resolve: async (host) => {
      asked.push(host);
      return [host === "public.example.com" ? "8.8.8.8" : "10.0.0.1"];
    },
  };
  expect((await send(options, "https://public.example.com/")).status).toBe(200);
  expect(await codeOf(send(options, "https://private.example.com/"))).toBe("http/not-allowed");
  expect(asked).toEqual(["public.example.com", "https://public.example.com/", "private.example.com"]);
});

/** A `fetch` that answers by itself and keeps what it was asked. */
function recorder(answer: (request: Request) => Response): { sent: Request[]; fetch: typeof fetch } {
  const sent: Request[] = [];
  return {
    sent,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      sent.push(request);
      return answer(request);
    },
  };
}
