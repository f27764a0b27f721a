import { openSync, writeSync } from "node:fs";
import { nodeNet } from "../src/io/node/node-net.ts";
import { type NetSocket } from "../src/io/ports.ts";
import { apis } from "../src/protocol/apis.ts";
import { encodeResponseFrame } from "../src/protocol/request-header.ts";
import { FrameStream } from "./load/frame-stream.ts";
import { produceVersion } from "./load/frames.ts";

/**
 * The least that a broker in Node could do: it receives produce requests for one partition of a topic, looks at nothing
 * but their length, and answers each. Given a file it writes there what it has received before it answers.
 *
 *     sink.js TOPIC [FILE]
 */

const topic = process.argv[2] ?? "";
const file = process.argv[3];
const descriptor = file === undefined ? undefined : openSync(file, "w");
const lengthPrefixSizeBytes = 4;

const answer = encodeResponseFrame(apis.produce, produceVersion, 0, {
  responses: [{ name: topic, partitionResponses: [{ index: 0, errorCode: 0 }] }],
}).toBuffer();

function serve(socket: NetSocket): void {
  let due: Buffer[] = [];
  const requests = new FrameStream(() => due.push(answer), lengthPrefixSizeBytes);
  const received = (chunk: Buffer): void => {
    requests.feed(chunk, chunk.length);
    if (descriptor !== undefined) writeSync(descriptor, chunk);
    if (due.length === 0) return;
    socket.write(due);
    due = [];
  };
  socket.user = { received, closed: () => {} };
  socket.resume();
}

const server = await nodeNet.listen({ host: "127.0.0.1", port: 0 }, serve);
process.send?.({ port: server.address.port });
process.once("disconnect", () => process.exit(0));
