import { describe, expect, onTestFinished, test } from "vitest";
import { call } from "../../bench/harness/admin.ts";
import { apis } from "../../src/protocol/apis.ts";
import { consumerHeartbeats } from "../support/clients/consumer-heartbeats.ts";
import { type GroupProtocol, type Operations } from "../support/clients/test-client.ts";
import { TestBroker } from "../support/broker/test-broker.ts";
import { javaClient, prepareJava } from "./support/java.ts";
import { type ProgramClient } from "./support/program-client.ts";
import { preparePython, pythonClient } from "./support/python.ts";
import { withTool } from "./support/tool-or-skip.ts";

const group = "members";
const workMs = 200;
const timeoutMs = 120_000;

type Joining = Omit<Operations["join"]["input"], "member" | "group">;

/** The members of one group that live in the programs of several clients. */
class Members {
  readonly broker: TestBroker;
  readonly seen: string[] = [];
  readonly #programs = new Map<string, ProgramClient>();
  readonly #programOf = new Map<string, ProgramClient>();
  #owned = new Map<string, string[]>();

  private constructor(broker: TestBroker) {
    this.broker = broker;
  }

  static async start(programs: Readonly<Record<string, () => ProgramClient>>): Promise<Members> {
    const broker = await TestBroker.start({ properties: consumerHeartbeats });
    onTestFinished(() => broker.remove());
    const members = new Members(broker);
    for (const [name, open] of Object.entries(programs)) {
      const program = open();
      members.#programs.set(name, program);
      onTestFinished(() => program.close());
    }
    return members;
  }

  async join(program: string, member: string, joining: Joining): Promise<void> {
    const client = this.#programs.get(program)!;
    await client.run("join", { bootstrap: this.broker.bootstrap, member, group, ...joining });
    this.#programOf.set(member, client);
  }

  /** It is left alone from now on, and not closed. */
  forget(member: string): void {
    this.#programOf.delete(member);
    this.#owned.delete(member);
  }

  async leave(member: string): Promise<void> {
    await this.#programOf.get(member)!.run("leave", { bootstrap: this.broker.bootstrap, member });
    this.forget(member);
  }

  owned(member: string): string[] {
    return this.#owned.get(member) ?? [];
  }

  /** Everything that is owned, by whoever. */
  get all(): string[] {
    return [...this.#owned.values()].flat().sort();
  }

  get sizes(): number[] {
    return [...this.#owned.values()].map((owned) => owned.length).sort();
  }

  async work(ms = workMs): Promise<void> {
    const { bootstrap } = this.broker;
    const works = await Promise.allSettled(
      [...new Set(this.#programOf.values())].map(async (program) => {
        const members = [...this.#programOf].filter(([, its]) => its === program).map(([member]) => member);
        const { owned, values } = await program.run("work", { bootstrap, members, ms });
        for (const [member, places] of Object.entries(owned)) this.#owned.set(member, places);
        this.seen.push(...values.map((value) => Buffer.from(value ?? "", "base64").toString()));
      }),
    );
    const failed = works.find((work) => work.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  async until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!(await isTrue())) {
      if (performance.now() > deadline) {
        throw new Error(`${what}: ${JSON.stringify([...this.#owned])}, ${this.seen.length} records`);
      }
      await this.work();
    }
  }

  /** As the broker lists the group. */
  async kind(): Promise<{ type: string; state: string } | undefined> {
    const { groups } = await call(this.broker.port, apis.listGroups, 5, {});
    const found = groups.find(({ groupId }) => groupId === group);
    return found && { type: found.groupType, state: found.groupState };
  }

  create(topic: string, partitions: number): Promise<unknown> {
    return this.#anyProgram.run("create", { bootstrap: this.broker.bootstrap, topic, partitions });
  }

  async produce(topic: string, values: readonly string[]): Promise<void> {
    const records = values.map((value) => {
      const text = Buffer.from(value).toString("base64");
      return { key: text, value: text, headers: [], timestamp: 0 };
    });
    const batches = [{ codec: "none", records }] as const;
    await this.#anyProgram.run("produce", { bootstrap: this.broker.bootstrap, topic, batches });
  }

  get #anyProgram(): ProgramClient {
    const [program] = this.#programs.values();
    return program!;
  }
}

function places(topic: string, count: number): string[] {
  return Array.from({ length: count }, (_, partition) => `${topic}-${partition}`);
}

async function prepare() {
  const [java, python] = [await prepareJava(), await preparePython()];
  return {
    java: () => javaClient(java),
    librdkafka: () => pythonClient(python, "confluent_kafka_client.py"),
  };
}

await withTool("the consumer protocol", prepare, (programs) => {
  describe.each(["java", "librdkafka"] as const)("%s", (name) => {
    test("a static member comes back to what it had, and its instance is nobody else's meanwhile", async () => {
      const members = await Members.start({ [name]: programs[name], second: programs[name] });
      await members.create("shared", 4);
      const joining = { protocol: "consumer", topics: ["shared"] } as const;
      await members.join(name, "one", { ...joining, instanceId: "instance-one" });
      await members.join(name, "two", { ...joining, instanceId: "instance-two" });
      await members.until("two with two each", () => String(members.sizes) === "2,2");
      const [one, two] = [members.owned("one"), members.owned("two")];
      expect(members.all).toEqual(places("shared", 4));

      await members.leave("one");
      // As many as three heartbeats.
      await members.work(1_500);
      expect(members.owned("two")).toEqual(two);
      await members.join(name, "one", { ...joining, instanceId: "instance-one" });
      await members.until("what it had", () => members.owned("one").length === 2);
      expect([members.owned("one"), members.owned("two")]).toEqual([one, two]);

      await members.join("second", "impostor", { ...joining, instanceId: "instance-one" });
      const refusal = /UnreleasedInstanceIdException|instance ID is still used by another member/;
      await expect(members.until("a refusal", () => false)).rejects.toThrow(refusal);
      members.forget("impostor");
      await members.work();
      expect([members.owned("one"), members.owned("two")]).toEqual([one, two]);
    });
  });

  test("Java and librdkafka share the topics that match their patterns, those that are new among them", async () => {
    const members = await Members.start(programs);
    await members.create("logs-a", 2);
    await members.create("logs-b", 2);
    await members.create("not-logs", 2);
    await members.join("java", "one", { protocol: "consumer", pattern: "logs-[a-z]+" });
    await members.join("librdkafka", "two", { protocol: "consumer", pattern: "logs-[a-z]+" });
    await members.until("two with two each", () => String(members.sizes) === "2,2");
    expect(members.all).toEqual([...places("logs-a", 2), ...places("logs-b", 2)]);

    await members.create("logs-c", 2);
    await members.until("the topic that is new", () => String(members.sizes) === "3,3");
    expect(members.all).toEqual([...places("logs-a", 2), ...places("logs-b", 2), ...places("logs-c", 2)]);
    await members.produce("logs-c", ["value"]);
    await members.until("its record", () => members.seen.length > 0);
    await expect(async () => {
      await members.join("java", "three", { protocol: "consumer", pattern: "(unclosed" });
      await members.until("a refusal", () => false);
    }).rejects.toThrow(/InvalidRegularExpression/);
  });

  const migrations: readonly (readonly ["java" | "librdkafka", "java" | "librdkafka"])[] = [
    ["java", "librdkafka"],
    ["librdkafka", "java"],
    ["java", "java"],
  ];
  test.each(migrations)("a group of %s becomes one of the consumer protocol with %s, and back", async (from, to) => {
    const members = await Members.start({ from: programs[from], to: programs[to] });
    const topic = "moved";
    await members.create(topic, 4);
    const sent: string[] = [];
    const send = async () => {
      const values = Array.from({ length: 20 }, (_, index) => `value-${sent.length + index}`);
      sent.push(...values);
      await members.produce(topic, values);
    };
    const join = (program: string, member: string, protocol: GroupProtocol) =>
      members.join(program, member, { protocol, topics: [topic] });
    /** All partitions are owned, once each, by so many members; the group is of that type; and nothing is left unread. */
    const settled = async (type: string, ...sizes: number[]) => {
      await send();
      await members.until(`${sizes} partitions, ${type}`, async () => {
        const kind = await members.kind();
        const isRead = new Set(members.seen).size === sent.length;
        const isOwned = String(members.sizes) === String(sizes) && String(members.all) === String(places(topic, 4));
        return kind?.type === type && kind.state === "Stable" && isOwned && isRead;
      });
    };

    await join("from", "classic-1", "classic");
    await join("from", "classic-2", "classic");
    await settled("classic", 2, 2);
    await join("to", "consumer-1", "consumer");
    await settled("consumer", 1, 1, 2);
    await members.leave("classic-1");
    await settled("consumer", 2, 2);
    await join("to", "consumer-2", "consumer");
    await members.leave("classic-2");
    await settled("consumer", 2, 2);

    await join("from", "classic-3", "classic");
    await settled("consumer", 1, 1, 2);
    await members.leave("consumer-1");
    await members.leave("consumer-2");
    await settled("classic", 4);
    await members.broker.restart("kill -9");
    await settled("classic", 4);
    expect([...new Set(members.seen)].sort()).toEqual(sent.toSorted());
  });
});
