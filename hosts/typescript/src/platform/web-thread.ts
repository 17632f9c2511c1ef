/** What a thread of plug-ins runs where threads are Web Workers. */

import type { HostMessage } from "../worker/protocol.ts";
import { GuestThread } from "../worker/serve.ts";

/** Chromium gives a worker 500 kB of stack. */
const ROOM_BYTES = 131_072;

const thread = new GuestThread({ post: (message) => postMessage(message), roomBytes: ROOM_BYTES });
addEventListener("message", (event: MessageEvent<HostMessage>) => thread.handle(event.data));
