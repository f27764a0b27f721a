import { describe, expect, test } from "vitest";
import { apis } from "../../../src/protocol/apis.ts";
import { heartbeatHandler, apiVersionsV0, frame, int32, testServer } from "./test-server.ts";

/** A request with any header and body, its length in front. */
function request(apiKey: number, version: number, correlationId: number, body = ""): Buffer {
  const header = Buffer.alloc(10);
  header.writeInt16BE(apiKey, 0);
  header.writeInt16BE(version, 2);
  header.writeInt32BE(correlationId, 4);
  header.writeInt16BE(1, 8);
  const bytes = Buffer.concat([header, Buffer.from("c"), Buffer.from(body, "hex")]);
  return Buffer.concat([int32(bytes.length), bytes]);
}

const metadata = { api: "metadata", handle: () => ({}) } as const;
const vote = { api: "vote", handle: () => ({}) } as const;
const handlers = [metadata, vote, heartbeatHandler(() => ({}))];

// What Apache Kafka 4.3.0 does with the same bytes was observed on it.
describe("requests that get no answer", () => {
  test.each([
    ["an unknown API key", request(999, 0, 1), "Unexpected api key: 999"],
    ["an API that Kafka 4 removed", request(4, 0, 1), "Unexpected api key: 4"],
    ["an API without a handler", request(2, 1, 1), "disabled api with key 2 (ListOffsets)"],
    ["an API of another kind of listener", request(52, 0, 1, "00".repeat(5)), "disabled api with key 52 (Vote)"],
    ["a version that is too new", request(3, 99, 1, "00"), "key 3 (Metadata) and unsupported version 99"],
    ["a version that is gone", request(12, -1, 1), "key 12 (Heartbeat) and unsupported version -1"],
    ["a truncated body", request(3, 0, 1, "0000"), /./],
    ["a count beyond the frame", request(3, 0, 1, "7fffffff"), /./],
    ["an empty frame", int32(0), /./],
    ["a frame shorter than a header", Buffer.concat([int32(3), Buffer.from("abc")]), /./],
    ["a client id longer than the frame", Buffer.from("0000000b001200000000000103e861", "hex"), /./],
    ["ApiVersions too new, and the header cut off", Buffer.from("000000080012006300000005", "hex"), /./],
  ])("%s closes the connection with one line, and no other connection", async (_, bytes, reason) => {
    const { client, log } = await testServer(handlers);
    const [bad, good] = [await client(), await client()];
    const peer = `127.0.0.1:${bad.socket.localPort}`;
    bad.send(apiVersionsV0, bytes, apiVersionsV0);
    expect((await bad.closed).map((each) => each.readInt32BE(0))).toEqual([77]);
    good.send(apiVersionsV0);
    expect(await good.receiveIds(1)).toEqual([77]);
    expect(log).toHaveLength(1);
    expect(log[0]).toMatchObject({ level: "warn", msg: "Closing connection: bad request", peer });
    expect(log[0]?.["reason"]).toMatch(reason);
  });
});

describe("requests that get one", () => {
  test.each([
    [
      "ApiVersions of a version that does not exist",
      request(18, 99, 5, "00ffffff"),
      "00000005002300000001001200000004",
    ],
    ["ApiVersions of a negative version", request(18, -1, 5), "00000005002300000001001200000004"],
    [
      "ApiVersions v3, software name not of the form",
      request(18, 3, 6, "00032d7802310000"),
      "00000006002a010000000000",
    ],
    ["ApiVersions v3, software name empty", request(18, 3, 6, "000102310000"), "00000006002a010000000000"],
  ])("%s: Kafka's bytes, and the connection goes on", async (_, bytes, answer) => {
    const { client, log } = await testServer([]);
    const one = await client();
    one.send(bytes, apiVersionsV0);
    expect((await one.receive()).toString("hex")).toBe(answer);
    expect(await one.receiveIds(1)).toEqual([77]);
    expect(log).toEqual([]);
  });

  test("bytes behind the body, which Kafka does not look at either", async () => {
    const { client } = await testServer(handlers);
    const one = await client();
    one.send(request(3, 0, 7, "000000007878"));
    expect(await one.receiveIds(1)).toEqual([7]);
  });

  test("headers of both versions, with and without a client id", async () => {
    const seen: unknown[] = [];
    const { client } = await testServer([
      heartbeatHandler((_, context) => {
        seen.push([context.clientId, context.apiVersion, context.listenerName, context.apiKey]);
        return {};
      }),
    ]);
    const one = await client();
    one.send(frame("heartbeat", 0, 1, {}, "me"), frame("heartbeat", 4, 2, {}, null));
    // The header of a flexible answer has its tagged fields behind the correlation id.
    expect((await one.receive()).toString("hex")).toBe("000000010000");
    expect((await one.receive()).toString("hex")).toBe("000000020000000000000000");
    expect(seen).toEqual([
      ["me", 0, "PLAINTEXT", apis.heartbeat.key],
      [null, 4, "PLAINTEXT", apis.heartbeat.key],
    ]);
  });
});

test("ApiVersions notes the client's software for the requests that follow", async () => {
  const seen: string[] = [];
  const { client } = await testServer([
    heartbeatHandler((_, context) => {
      seen.push(`${context.clientSoftwareName} ${context.clientSoftwareVersion}`);
      return {};
    }),
  ]);
  const one = await client();
  const hello = { clientSoftwareName: "kafkajs", clientSoftwareVersion: "2.2.4" };
  one.send(frame("heartbeat", 0, 1, {}), frame("apiVersions", 3, 2, hello), frame("heartbeat", 0, 3, {}));
  expect(await one.receiveIds(3)).toEqual([1, 2, 3]);
  expect(seen).toEqual(["unknown unknown", "kafkajs 2.2.4"]);
});
