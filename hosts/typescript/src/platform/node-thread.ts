/** What a thread of plug-ins runs on Node. */

import { parentPort, receiveMessageOnPort } from "node:worker_threads";

import type { HostMessage } from "../worker/protocol.ts";
import { GuestThread } from "../worker/serve.ts";

const port = parentPort;
if (port === null) throw new TypeError("Cannot run: this file is the entry of a worker thread");
const thread = new GuestThread({
  post: (message) => port.postMessage(message),
  receive: () => receiveMessageOnPort(port)?.message as HostMessage | undefined,
});
// After the first message the thread takes the others itself.
port.once("message", (message: HostMessage) => thread.handle(message));
