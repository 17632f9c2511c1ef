/** What a thread of plug-ins runs where threads are Web Workers. */

import type { HostMessage } from "../worker/protocol.ts";
import { GuestThread } from "../worker/serve.ts";

const thread = new GuestThread({ post: (message) => postMessage(message) });
addEventListener("message", (event: MessageEvent<HostMessage>) => thread.handle(event.data));
