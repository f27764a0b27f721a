import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseUuid } from "../../../src/base/uuid.ts";
import { type ApiName, type ApiRequest, type ApiResponse } from "../../../src/protocol/apis.ts";
import { type Draft } from "../../../src/protocol/schema.ts";
import { type AnyHandler } from "../../../src/server/handler.ts";
import { deleteGroupsHandler } from "../../../src/server/handlers/delete-groups.ts";
import { describeGroupsHandler } from "../../../src/server/handlers/describe-groups.ts";
import { findCoordinatorHandler } from "../../../src/server/handlers/find-coordinator.ts";
import { heartbeatHandler } from "../../../src/server/handlers/heartbeat.ts";
import { joinGroupHandler } from "../../../src/server/handlers/join-group.ts";
import { leaveGroupHandler } from "../../../src/server/handlers/leave-group.ts";
import { listGroupsHandler } from "../../../src/server/handlers/list-groups.ts";
import { offsetCommitHandler } from "../../../src/server/handlers/offset-commit.ts";
import { offsetDeleteHandler } from "../../../src/server/handlers/offset-delete.ts";
import { offsetFetchHandler } from "../../../src/server/handlers/offset-fetch.ts";
import { syncGroupHandler } from "../../../src/server/handlers/sync-group.ts";
import { runGroupScript, type LoggedAnswer, type ScriptedBroker } from "../../support/group-script.ts";
import { groupTopicsCache } from "../../support/group-topics.ts";
import { recording } from "../../support/recording.ts";
import { SocketBroker } from "../../support/socket-broker.ts";
import { GroupWorld } from "./group-world.ts";
import { handled } from "./handled-request.ts";

/*
 * One script of requests about groups, with the answers that Apache Kafka 4.3.0 gave. `KAFKA=host:port` records them anew
 * from a broker configured as `runGroupScript` says.
 */
const file = new URL("../../data/groups/kafka-answers.json", import.meta.url);

/** Our handlers on a clock that stands still unless the script lets it go on. */
class OurBroker implements ScriptedBroker {
  readonly #world = new GroupWorld({
    config: { initialRebalanceDelayMs: 0, sessionTimeoutMsMin: 500, groupSizeMax: 3, offsetMetadataLengthMax: 20 },
    partitionCount: 5,
  });
  readonly #handlers: readonly AnyHandler[];
  readonly #cache = groupTopicsCache(5);
  #draws = 0;

  constructor() {
    const { groups } = this.#world;
    const cache = this.#cache;
    const random = { float: () => 0, bytes: (length: number) => this.#draw(length) };
    this.#handlers = [
      findCoordinatorHandler({
        cache,
        topicCreation: { create: () => new Map() },
        nodeId: 1,
        coordinators: new Map([["__consumer_offsets", { leads: () => true }]]),
      }),
      joinGroupHandler({ groups, random }),
      syncGroupHandler({ groups }),
      heartbeatHandler({ groups }),
      leaveGroupHandler({ groups }),
      offsetCommitHandler({ groups, cache }),
      offsetFetchHandler({ groups, cache }),
      offsetDeleteHandler({ groups, cache }),
      listGroupsHandler({ groups }),
      describeGroupsHandler({ groups }),
      deleteGroupsHandler({ groups }),
    ];
  }

  async start(): Promise<void> {
    await this.#world.elect();
  }

  async send<N extends ApiName>(
    _connection: string,
    name: N,
    version: number,
    request: Draft<ApiRequest<N>>,
  ): Promise<ApiResponse<N>> {
    return handled(this.#handlers, name, version, request, () => this.#world.time.advance(0));
  }

  async pass(ms: number): Promise<void> {
    await this.#world.time.advance(ms);
  }

  topicId(name: string): string {
    return this.#cache.topic(name)!.id;
  }

  #draw(length: number): Buffer {
    const bytes = Buffer.alloc(length);
    bytes.writeUInt32BE(++this.#draws);
    return bytes;
  }
}

const kafka = process.env["KAFKA"];

recording(kafka !== undefined, () => {
  test("records Kafka's answers", { timeout: 120_000 }, async () => {
    const [host = "", port = ""] = kafka!.split(":");
    const broker = new SocketBroker(host, Number(port));
    await broker.prepare({ t: 2, u: 1 });
    const answers = await runGroupScript(broker);
    broker.close();
    writeFileSync(file, `[\n${answers.map((answer) => JSON.stringify(answer)).join(",\n")}\n]\n`);
  });
});

const kafkas = JSON.parse(readFileSync(file, "utf8")) as LoggedAnswer[];
const ours = await (async () => {
  const broker = new OurBroker();
  await broker.start();
  return runGroupScript(broker);
})();

test("the script has the same steps", () => {
  expect(ours.map(({ step }) => step)).toEqual(kafkas.map(({ step }) => step));
  expect(parseUuid(groupTopicsCache(5).topic("t")!.id)).toBeDefined();
});

test.each(kafkas.map(({ step, answer }, index) => ({ step, answer, index })))("$step", ({ answer, index }) => {
  expect(ours[index]?.answer).toEqual(answer);
});
