import { type Draw } from "../draw.ts";
import { type Script, type ScriptStep } from "../script.ts";
import { batches, idOf, kept, named } from "../values.ts";

const partitions = 3;

/** Producers of transactions, two of them with one id; some speak an old version, and some say wrong things. */
export function transactionScript(name: string, draw: Draw, length: number): Script {
  const state = new TransactionState(draw);
  const steps = [
    state.start(),
    ...Array.from({ length: draw.between(Math.ceil(length / 2), length) }, () => state.step()),
  ];
  return { name, topics: [{ name: "t", partitions }], steps: steps.flat() };
}

interface Producer {
  readonly name: string;
  readonly id: string;
  /** Transactions of version 2: partitions are added by their first batch, an end brings a new epoch. */
  readonly isNew: boolean;
  readonly sequences: Map<number, number>;
}

class TransactionState {
  readonly #draw: Draw;
  readonly #producers: readonly Producer[];

  constructor(draw: Draw) {
    this.#draw = draw;
    const isMixed = draw.percent(30);
    const isNew = draw.percent(60);
    this.#producers = ["p", "q", "r"].slice(0, draw.between(1, 3)).map((name) => ({
      name,
      id: draw.mostly("x", ["y"], 25),
      isNew: isMixed ? draw.percent(50) : isNew,
      sequences: new Map(),
    }));
  }

  start(): ScriptStep[] {
    return [this.#init(this.#producers[0]!)].flat();
  }

  step(): ScriptStep | ScriptStep[] {
    const producer = this.#draw.oneOf(this.#producers);
    return this.#draw.weighted<(producer: Producer) => ScriptStep | ScriptStep[]>([
      [3, (each) => this.#init(each)],
      [5, (each) => this.#addPartitions(each)],
      [3, (each) => this.#addOffsets(each)],
      [3, (each) => this.#commitOffsets(each)],
      [10, (each) => this.#produce(each)],
      [7, (each) => this.#end(each)],
      [1, (each) => this.#writeMarkers(each)],
      [2, (each) => this.#describe(each)],
      [1, (each) => this.#list(each)],
      [2, () => this.#describeProducers()],
      [2, () => this.#read()],
      [1, () => this.#fetchOffsets()],
      [1, () => this.#commitPlainly()],
    ])(producer);
  }

  #transactionalId(producer: Producer, share = 3): unknown {
    return this.#draw.mostly<unknown>(named(producer.id), [named("none"), "", named("y")], share);
  }

  #producerId(producer: Producer, share = 3): unknown {
    return this.#draw.mostly<unknown>(
      kept(`${producer.name}.id`, -1),
      [kept(`${producer.name}.id`, 5, 1_000_000), -1],
      share,
    );
  }

  #epoch(producer: Producer, share = 6): unknown {
    const name = `${producer.name}.epoch`;
    return this.#draw.mostly<unknown>(kept(name, 0), [kept(name, 0, 1), kept(name, 1, -1), -1, 32_767], share);
  }

  /** Whoever ends a transaction may have to wait for its markers; how long is not compared. */
  #settled(producer: Producer): ScriptStep {
    return {
      api: "describeTransactions",
      version: 0,
      body: { transactionalIds: [named(producer.id)] },
      until: ["transactionStates.0.transactionState", "!Prepare"],
    };
  }

  #init(producer: Producer): ScriptStep[] {
    const draw = this.#draw;
    const version = producer.isNew ? draw.between(4, 5) : draw.between(0, 4);
    producer.sequences.clear();
    const own = version >= 3 && draw.percent(30);
    const request: ScriptStep = {
      api: "initProducerId",
      version,
      body: {
        transactionalId: draw.mostly<unknown>(named(producer.id), ["", named("none"), null], 3),
        transactionTimeoutMs: draw.mostly(60_000, [0, -1, 900_000, 900_001], 5),
        ...(own && { producerId: this.#producerId(producer, 10), producerEpoch: this.#epoch(producer, 15) }),
      },
      keep: { [`${producer.name}.id`]: "producerId", [`${producer.name}.epoch`]: "producerEpoch" },
    };
    // A transaction that is open is aborted first, and the client has to ask again.
    return draw.percent(50) ? [request, this.#settled(producer), request] : [request, this.#settled(producer)];
  }

  #addPartitions(producer: Producer): ScriptStep {
    const draw = this.#draw;
    const version = producer.isNew && draw.percent(20) ? draw.between(4, 5) : draw.between(0, 5);
    const topics = [
      {
        name: draw.mostly<unknown>(named("t"), [named("none"), "", "__consumer_offsets"], 5),
        partitions: draw.mostly<number[]>([draw.between(0, partitions - 1)], [[0, 1, 2], [], [9], [0, 9], [-1]], 25),
      },
    ];
    if (version < 4) {
      return {
        api: "addPartitionsToTxn",
        version,
        body: {
          v3AndBelowTransactionalId: this.#transactionalId(producer),
          v3AndBelowProducerId: this.#producerId(producer),
          v3AndBelowProducerEpoch: this.#epoch(producer),
          v3AndBelowTopics: topics,
        },
      };
    }
    return {
      api: "addPartitionsToTxn",
      version,
      body: {
        transactions: [
          {
            transactionalId: this.#transactionalId(producer),
            producerId: this.#producerId(producer),
            producerEpoch: this.#epoch(producer),
            verifyOnly: draw.percent(50),
            topics,
          },
        ],
      },
    };
  }

  #addOffsets(producer: Producer): ScriptStep {
    return {
      api: "addOffsetsToTxn",
      version: this.#draw.between(0, 4),
      body: {
        transactionalId: this.#transactionalId(producer),
        producerId: this.#producerId(producer),
        producerEpoch: this.#epoch(producer),
        groupId: this.#draw.mostly<unknown>(named("g"), [""], 4),
      },
    };
  }

  #commitOffsets(producer: Producer): ScriptStep {
    const draw = this.#draw;
    const version = producer.isNew && draw.percent(70) ? 5 : draw.between(0, 5);
    return {
      api: "txnOffsetCommit",
      version,
      body: {
        transactionalId: this.#transactionalId(producer),
        groupId: draw.mostly<unknown>(named("g"), [""], 4),
        producerId: this.#producerId(producer),
        producerEpoch: this.#epoch(producer),
        ...(version >= 3 &&
          draw.percent(15) && {
            generationId: draw.oneOf([-1, 0, 1]),
            memberId: draw.oneOf(["", "nobody"]),
            groupInstanceId: draw.oneOf([null, "i"]),
          }),
        topics: [
          {
            name: draw.mostly<unknown>(named("t"), [named("none"), ""], 5),
            partitions: [
              {
                partitionIndex: draw.mostly(draw.between(0, partitions - 1), [9, -1], 5),
                committedOffset: draw.between(0, 50),
                ...(version >= 2 && draw.percent(20) && { committedLeaderEpoch: draw.oneOf([0, 3]) }),
                committedMetadata: draw.mostly<string | null>("", [null, "m", "x".repeat(4_097)], 10),
              },
            ],
          },
        ],
      },
    };
  }

  #produce(producer: Producer): ScriptStep {
    const draw = this.#draw;
    const version = producer.isNew ? draw.mostly(12, [13, 13, 11, 9], 30) : draw.between(3, 11);
    const index = draw.mostly(draw.between(0, partitions - 1), [9], 3);
    const next = producer.sequences.get(index) ?? 0;
    const count = draw.between(1, 3);
    const baseSequence = draw.mostly(next, [0, next + 1, Math.max(0, next - 1), -1], 10);
    producer.sequences.set(index, baseSequence + count);
    const records = batches({
      count,
      producerId: this.#producerId(producer),
      producerEpoch: this.#epoch(producer),
      baseSequence,
      isTransactional: !draw.percent(5),
      ...(draw.percent(10) && { compression: draw.oneOf(["gzip", "lz4"]) }),
    });
    const where =
      version >= 13 ? { topicId: idOf("t") } : { name: draw.mostly<unknown>(named("t"), [named("none")], 2) };
    return {
      api: "produce",
      version,
      body: {
        acks: draw.mostly(-1, [1], 5),
        timeoutMs: 10_000,
        transactionalId: draw.mostly<unknown>(named(producer.id), [null, "", named("none"), named("y")], 5),
        topicData: [{ ...where, partitionData: [{ index, records }] }],
      },
    };
  }

  #end(producer: Producer): ScriptStep[] {
    const draw = this.#draw;
    const version = producer.isNew ? draw.mostly(5, [4, 3], 6) : draw.between(0, 4);
    if (version === 5) producer.sequences.clear();
    const request: ScriptStep = {
      api: "endTxn",
      version,
      body: {
        transactionalId: this.#transactionalId(producer),
        producerId: this.#producerId(producer),
        producerEpoch: this.#epoch(producer),
        committed: draw.percent(60),
      },
      ...(version >= 5 && {
        keep: { [`${producer.name}.id`]: "producerId", [`${producer.name}.epoch`]: "producerEpoch" },
      }),
    };
    const again = {
      ...request,
      ...(draw.percent(30) && { body: { ...(request.body as object), committed: draw.percent(50) } }),
    };
    return draw.percent(20)
      ? [request, this.#settled(producer), again, this.#settled(producer)]
      : [request, this.#settled(producer)];
  }

  #writeMarkers(producer: Producer): ScriptStep {
    const draw = this.#draw;
    const version = draw.between(1, 2);
    return {
      api: "writeTxnMarkers",
      version,
      body: {
        markers: [
          {
            producerId: this.#producerId(producer),
            producerEpoch: this.#epoch(producer, 30),
            transactionResult: draw.percent(50),
            coordinatorEpoch: draw.oneOf([0, 0, 0, 1, -1]),
            ...(version >= 2 && { transactionVersion: draw.oneOf([0, 1, 2]) }),
            topics: [{ name: named("t"), partitionIndexes: draw.oneOf([[0], [1], [0, 1, 2], [9]]) }],
          },
        ],
      },
    };
  }

  #describe(producer: Producer): ScriptStep {
    return {
      api: "describeTransactions",
      version: 0,
      body: { transactionalIds: [this.#transactionalId(producer, 10)] },
    };
  }

  #list(producer: Producer): ScriptStep {
    const draw = this.#draw;
    const version = draw.between(0, 2);
    const states = ["Ongoing", "Empty", "CompleteCommit", "CompleteAbort", "PrepareEpochFence", "odd"];
    return {
      api: "listTransactions",
      version,
      body: {
        stateFilters: draw.some(states, 2),
        producerIdFilters: draw.percent(30) ? [this.#producerId(producer, 10)] : [],
        ...(version >= 1 && draw.percent(20) && { durationFilter: draw.oneOf([0, 100_000]) }),
        ...(version >= 2 && draw.percent(30) && { transactionalIdPattern: draw.oneOf([".*x", "", "(", "x"]) }),
      },
    };
  }

  #describeProducers(): ScriptStep {
    return {
      api: "describeProducers",
      version: 0,
      body: { topics: [{ name: named("t"), partitionIndexes: [0, 1, 2] }] },
    };
  }

  #read(): ScriptStep {
    const version = this.#draw.between(4, 12);
    const partition = this.#draw.between(0, partitions - 1);
    const from = { partition, fetchOffset: this.#draw.between(0, 4), partitionMaxBytes: 1 << 20 };
    const limits = { maxWaitMs: 0, minBytes: 1, maxBytes: 1 << 20, isolationLevel: this.#draw.oneOf([0, 1, 1]) };
    const session = version >= 7 ? { sessionEpoch: -1 } : {};
    return {
      api: "fetch",
      version,
      body: { ...limits, ...session, topics: [{ topic: named("t"), partitions: [from] }] },
    };
  }

  #fetchOffsets(): ScriptStep {
    const version = this.#draw.between(7, 9);
    const groupId = named("g");
    const body = version >= 8 ? { groups: [{ groupId, topics: null }] } : { groupId, topics: null };
    return { api: "offsetFetch", version, body: { ...body, requireStable: this.#draw.percent(60) } };
  }

  #commitPlainly(): ScriptStep {
    const partition = {
      partitionIndex: this.#draw.between(0, 2),
      committedOffset: this.#draw.between(0, 50),
      committedMetadata: "",
    };
    return {
      api: "offsetCommit",
      version: 8,
      body: { groupId: named("g"), memberId: "", topics: [{ name: named("t"), partitions: [partition] }] },
    };
  }
}
