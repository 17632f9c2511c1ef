/** What a thread of plug-ins runs on Node, Deno and Bun. */

import type { EventEmitter } from "node:events";
import { MessagePort, parentPort, receiveMessageOnPort } from "node:worker_threads";

import type { HostMessage, ThreadMessage } from "../worker/protocol.ts";
import { GuestThread } from "../worker/serve.ts";

/** Node gives a thread 4 MiB of stack; of Deno's and Bun's it can be had too. */
const ROOM_BYTES = 524_288;

const port = parentPort;
if (port === null) throw new TypeError("Cannot run: this file is the entry of a worker thread");
const post = (message: ThreadMessage): void => port.postMessage(message);
if (port instanceof MessagePort) {
  // After the first message the thread takes the others itself.
  const thread = new GuestThread({ post, receive: () => receiveMessageOnPort(port)?.message as HostMessage | undefined, roomBytes: ROOM_BYTES });
  port.once("message", (message: HostMessage) => thread.handle(message));
} else {
  // Deno's is none, and gives messages only as events.
  const thread = new GuestThread({ post, roomBytes: ROOM_BYTES });
  (port as EventEmitter).on("message", (message: HostMessage) => thread.handle(message));
}
