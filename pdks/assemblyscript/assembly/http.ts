/**
 * HTTP by the host, which decides where a plug-in may go: what it does not allow fails the call.
 */
import * as abi from "./abi";
import { receive, receiveText, share, shareText } from "./block";
import { Json } from "./json";

/** What is asked for. */
export class Request {
  /** Sent as it is; none by default. */
  body: Uint8Array = new Uint8Array(0);
  private headers: Json = Json.object();

  /**
   * @param url Absolute.
   * @param method In capital letters.
   */
  constructor(private url: string, private method: string = "GET") {}

  /** Adds a header; gives the request again. */
  header(name: string, value: string): Request {
    this.headers.set(name, Json.text(value));
    return this;
  }

  /** What the ABI wants of it. */
  toString(): string {
    const json = Json.object().set("url", Json.text(this.url)).set("method", Json.text(this.method));
    return json.set("headers", this.headers).toString();
  }
}

/** What came back, whatever its status. */
export class Response {
  constructor(
    /** 0 when the host gave none. */
    public status: i32,
    public body: Uint8Array,
    private headers: Json | null,
  ) {}

  /** The body as text. */
  text(): string {
    return String.UTF8.decodeUnsafe(this.body.dataStart, this.body.byteLength);
  }

  /** A header, its name in lower case, several values joined by `, `; `null` when it is missing or the host does not show it. */
  header(name: string): string | null {
    const headers = this.headers;
    if (headers === null) return null;
    const value = headers.get(name);
    if (value === null) return null;
    return value.isList() ? value.values().map<string>((each) => each.asText()).join(", ") : value.asText();
  }
}

export namespace http {
  /** Sends a request and waits for the response. */
  export function send(request: Request): Response {
    const handle = abi.http_request(shareText(request.toString()), share(request.body));
    const status = abi.http_status_code();
    const headers = abi.http_headers();
    return new Response(status, receive(handle), headers == 0 ? null : Json.parse(receiveText(headers)));
  }
}
