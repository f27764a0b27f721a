import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { BrokerConfig } from "../../../src/config/broker-config.ts";
import { nodeDisk } from "../../../src/io/node/node-disk.ts";
import { nodeRandom } from "../../../src/io/node/node-random.ts";
import { encodeMetadataRecord } from "../../../src/metadata/record-serde.ts";
import { bootstrapFeatureLevel, decodeBootstrap, encodeBootstrap } from "../../../src/metadata/storage/bootstrap.ts";
import { featureDependencies, versionMapping } from "../../../src/metadata/storage/feature-listing.ts";
import { type FormatArguments, formatOptionsFor } from "../../../src/metadata/storage/format-command.ts";
import { FormatError } from "../../../src/metadata/storage/format-error.ts";
import { type FormatResult, formatStorage } from "../../../src/metadata/storage/formatter.ts";
import { parseInitialVoters } from "../../../src/metadata/storage/initial-voters.ts";
import { openLogDirs } from "../../../src/metadata/storage/log-dirs.ts";
import { formatMetaProperties, parseMetaProperties } from "../../../src/metadata/storage/meta-properties.ts";
import { parseScramArgument } from "../../../src/metadata/storage/scram-argument.ts";
import { storageInfo } from "../../../src/metadata/storage/storage-info.ts";
import { batches } from "../../../src/protocol/records/batches.ts";
import { kafkaFile } from "../../support/kafka-metadata-fixture.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const clusterId = "qwuAgu9BQ22hDP9c4aI8Ww";
const nowMs = 1795236617000;
const ports = { disk: nodeDisk, random: nodeRandom, nowMs };

function configFor(logDirs: string, quorum: "static" | "dynamic" = "static"): BrokerConfig {
  const voters: [string, string] =
    quorum === "static"
      ? ["controller.quorum.voters", "1@localhost:9093"]
      : ["controller.quorum.bootstrap.servers", "localhost:9093"];
  return new BrokerConfig(
    new Map([
      ["process.roles", "broker,controller"],
      ["node.id", "1"],
      voters,
      ["listeners", "PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093"],
      ["controller.listener.names", "CONTROLLER"],
      ["log.dirs", logDirs],
    ]),
  );
}

function format(config: BrokerConfig, args: Partial<FormatArguments> = {}): FormatResult {
  try {
    return formatStorage(formatOptionsFor(config, { clusterId, ...args }, nodeRandom), ports);
  } catch (error) {
    if (error instanceof FormatError) return { ok: false, lines: [], error: error.message };
    throw error;
  }
}

const linesOf = (result: FormatResult) => (result.ok ? result.lines : [...result.lines, result.error]);

describe("meta.properties", () => {
  test("is written as Java writes properties", () => {
    const text = formatMetaProperties(
      { version: 1, clusterId, nodeId: 1, directoryId: "9yNED-s7ThKndIHOGy2q6Q" },
      nowMs,
    );
    expect(text).toBe(
      `#\n#Sat Nov 21 04:50:17 UTC 2026\nnode.id=1\ndirectory.id=9yNED-s7ThKndIHOGy2q6Q\nversion=1\ncluster.id=${clusterId}\n`,
    );
    const odd = formatMetaProperties({ version: 1, clusterId: " a=b:ü", nodeId: 1, directoryId: undefined }, nowMs);
    expect(parseMetaProperties(odd).clusterId).toBe(" a=b:ü");
  });

  test("is read as Kafka wrote it", () => {
    expect(parseMetaProperties(kafkaFile("meta.properties").toString())).toEqual({
      version: 1,
      clusterId,
      nodeId: 1,
      directoryId: "6dUVpe6WSEeWzpWrj5OibA",
    });
  });

  test.each([
    ["version=1\nnode.id=1", "cluster.id was not found."],
    ["version=1\ncluster.id=x", "Failed to find node.id"],
    ["version=1\ncluster.id=x\nnode.id=one", "Unable to read node.id as a base-10 number."],
    ["version=7", "Unknown meta.properties version number 7"],
    ["version=1\ncluster.id=x\nnode.id=1\ndirectory.id=y", "Unable to read directory.id as a Uuid: y"],
  ])("refuses %j", (text, message) => {
    expect(() => parseMetaProperties(text)).toThrow(message);
  });
});

describe("bootstrap.checkpoint", () => {
  test("is read as Kafka wrote it, and written in the same bytes but for the times", () => {
    const kafkas = kafkaFile("bootstrap.checkpoint");
    const bootstrap = decodeBootstrap(kafkas, "Kafka's");
    expect(bootstrap.metadataVersion).toBe(30);
    expect(bootstrapFeatureLevel(bootstrap.records, "transaction.version")).toBe(2);
    expect(bootstrap.records.at(-1)?.type).toBe("userScramCredential");
    const ours = encodeBootstrap(bootstrap.records, nowMs);
    const payloads = (bytes: Buffer) =>
      [...batches(bytes)].map((batch) => bytes.toString("hex", batch.start + 61, batch.end));
    expect(payloads(ours)).toEqual(payloads(kafkas));
    expect(ours.length).toBe(kafkas.length);
  });

  test("a torn or damaged file is refused", () => {
    const bytes = Buffer.from(kafkaFile("bootstrap.checkpoint"));
    expect(() => decodeBootstrap(bytes.subarray(0, bytes.length - 5), "x")).toThrow("x ends within a batch");
    bytes[200] = (bytes[200] ?? 0) ^ 1;
    expect(() => decodeBootstrap(bytes, "x")).toThrow("wrong CRC in x");
    const withoutVersion = encodeBootstrap([{ type: "noOp", version: 0, data: {} }], nowMs);
    expect(() => decodeBootstrap(withoutVersion, "x")).toThrow("No FeatureLevelRecord for metadata.version was found");
  });
});

describe("format", () => {
  test("of a static quorum writes meta.properties and bootstrap.checkpoint", () => {
    const dir = temporaryDirectory();
    const result = format(configFor(dir));
    expect(linesOf(result)).toEqual([
      "Bootstrap metadata: BootstrapMetadata(records=[ApiMessageAndVersion(FeatureLevelRecord(name='metadata.version', featureLevel=30) at version 0), ApiMessageAndVersion(FeatureLevelRecord(name='eligible.leader.replicas.version', featureLevel=1) at version 0), ApiMessageAndVersion(FeatureLevelRecord(name='group.version', featureLevel=1) at version 0), ApiMessageAndVersion(FeatureLevelRecord(name='share.version', featureLevel=1) at version 0), ApiMessageAndVersion(FeatureLevelRecord(name='streams.version', featureLevel=1) at version 0), ApiMessageAndVersion(FeatureLevelRecord(name='transaction.version', featureLevel=2) at version 0)], metadataVersionLevel=30, source=format command)",
      `Formatting metadata directory ${dir} with metadata.version 4.3-IV0.`,
    ]);
    expect(readdirSync(dir)).toEqual(["bootstrap.checkpoint", "meta.properties"]);
  });

  test("--standalone also writes the snapshot with the first voter, whose directory is this one", () => {
    const dir = temporaryDirectory();
    const result = format(configFor(dir, "dynamic"), { standalone: true });
    expect(linesOf(result).at(-1)).toBe(
      `Formatting dynamic metadata voter directory ${dir} with metadata.version 4.3-IV0.`,
    );
    const { directoryId } = parseMetaProperties(readFileSync(join(dir, "meta.properties"), "utf8"));
    const snapshot = readFileSync(join(dir, "__cluster_metadata-0/00000000000000000000-0000000000.checkpoint"));
    expect(snapshot.includes(Buffer.from(directoryId ?? "", "base64url"))).toBe(true);
    expect([...batches(snapshot)].map((batch) => batch.recordCount)).toEqual([3, 1]);
  });

  test("of several directories marks only one as the metadata's", () => {
    const [a, b] = [temporaryDirectory(), temporaryDirectory()];
    const lines = linesOf(format(configFor(`${a},${b}`)));
    expect(lines).toContain(`Formatting metadata directory ${a} with metadata.version 4.3-IV0.`);
    expect(lines).toContain(`Formatting data directory ${b} with metadata.version 4.3-IV0.`);
    const ids = [a, b].map(
      (dir) => parseMetaProperties(readFileSync(join(dir, "meta.properties"), "utf8")).directoryId,
    );
    expect(new Set(ids).size).toBe(2);
  });

  test("of what is no directory, or where none can be made, says which and why", () => {
    const file = join(temporaryDirectory(), "file");
    writeFileSync(file, "");
    expect(linesOf(format(configFor(file)))).toEqual([
      `I/O error trying to read log directory ${file}. Ignoring...`,
      "No available log directories to format.",
    ]);
    const below = join(file, "below");
    expect(linesOf(format(configFor(below))).at(-1)).toMatch(
      `Error while writing meta.properties file ${below}: ENOTDIR: not a directory`,
    );
  });

  test("a formatted directory is left alone", () => {
    const dir = temporaryDirectory();
    format(configFor(dir));
    const before = readFileSync(join(dir, "meta.properties"), "utf8");
    expect(linesOf(format(configFor(dir)))).toEqual([
      `Log directory ${dir} is already formatted. Use --ignore-formatted to ignore this directory and format the others.`,
    ]);
    expect(linesOf(format(configFor(dir), { ignoreFormatted: true }))).toEqual([
      "All of the log directories are already formatted.",
    ]);
    expect(linesOf(format(configFor(dir), { clusterId: "other", ignoreFormatted: true }))).toEqual([
      `Invalid cluster.id in: ${dir}/meta.properties. Expected other, but read ${clusterId}`,
    ]);
    expect(readFileSync(join(dir, "meta.properties"), "utf8")).toBe(before);
  });

  test.each<[string, "static" | "dynamic", Partial<FormatArguments>]>([
    [
      "Because controller.quorum.voters is not set on this controller, you must specify one of the following: --standalone, --initial-controllers, or --no-initial-controllers.",
      "dynamic",
      {},
    ],
    ["You cannot specify controller.quorum.voters and format the node", "static", { standalone: true }],
    [
      "Unknown metadata.version '9.9'. Supported metadata.version are: 3.3-IV3, 3.4-IV0,",
      "static",
      { releaseVersion: "9.9" },
    ],
    [
      "Unsupported feature: x.version. Supported features are: eligible.leader.replicas.version, group.version, kraft.version, share.version, streams.version, transaction.version",
      "static",
      { features: ["x.version=1"] },
    ],
    ["No feature:group.version with feature level 9", "static", { features: ["group.version=9"] }],
    [
      "eligible.leader.replicas.version could not be set to 1 because it depends on metadata.version level 23",
      "static",
      { releaseVersion: "3.9", features: ["eligible.leader.replicas.version=1"] },
    ],
    [
      "Cannot set kraft.version to 1 unless controller.quorum.voters is empty",
      "static",
      { features: ["kraft.version=1"] },
    ],
    [
      "Cannot set kraft.version to 0 if controller.quorum.voters is empty",
      "dynamic",
      { standalone: true, features: ["kraft.version=0"] },
    ],
    [
      "Use --release-version instead of --feature metadata.version=X to avoid ambiguity.",
      "static",
      { releaseVersion: "4.0", features: ["metadata.version=20"] },
    ],
    [
      "SCRAM is only supported in metadata.version 3.5-IV2 or later.",
      "static",
      { releaseVersion: "3.4", addScram: ["SCRAM-SHA-256=[name=a,password=b]"] },
    ],
    [
      "Can't parse feature=level string group.version: equals sign not found.",
      "static",
      { features: ["group.version"] },
    ],
  ])("refuses: %s", (message, quorum, args) => {
    const dir = temporaryDirectory();
    const result = format(configFor(dir, quorum), args);
    expect(result.ok).toBe(false);
    expect(linesOf(result)[0]).toContain(message);
    expect(existsSync(join(dir, "meta.properties"))).toBe(false);
  });

  test("an older release starts with the features that it had", () => {
    const dir = temporaryDirectory();
    format(configFor(dir), { releaseVersion: "3.9" });
    const { records } = decodeBootstrap(readFileSync(join(dir, "bootstrap.checkpoint")), "x");
    expect(records.map(({ data }) => data)).toEqual([{ name: "metadata.version", featureLevel: 21 }]);
  });

  test("--add-scram gives the keys that Kafka derives", () => {
    const kafkas = decodeBootstrap(kafkaFile("bootstrap.checkpoint"), "x").records.at(-1);
    if (kafkas?.type !== "userScramCredential") throw new Error("the fixture has no SCRAM user");
    const salt = kafkas.data.salt?.toString("base64");
    const ours = parseScramArgument(`SCRAM-SHA-256=[name=alice,salt="${salt}",password=secret]`, nodeRandom);
    expect(encodeMetadataRecord({ type: "userScramCredential", version: 0, data: ours })).toEqual(
      encodeMetadataRecord(kafkas),
    );
  });

  test.each([
    ["SCRAM-SHA-256", "Failed to find equals sign in SCRAM argument 'SCRAM-SHA-256'"],
    ["MD5=[name=a]", "The add-scram mechanism MD5 is not supported."],
    ["SCRAM-SHA-256=name=a", "Expected configuration string to start with ["],
    ["SCRAM-SHA-256=[password=a]", "You must supply 'name' to add-scram"],
    ["SCRAM-SHA-256=[name=a]", "You must supply one of 'password' or 'saltedpassword' to add-scram"],
    ["SCRAM-SHA-256=[name=a,saltedpassword=YQ==]", "You must supply 'salt' with 'saltedpassword' to add-scram"],
    ["SCRAM-SHA-256=[name=a,password=b,x=y]", "Unknown SCRAM configurations: x"],
    [
      "SCRAM-SHA-512=[name=a,password=b,iterations=1]",
      "The 'iterations' value must be >= 4096 for add-scram using SCRAM_SHA_512",
    ],
  ])("refuses --add-scram %s", (argument, message) => {
    expect(() => parseScramArgument(argument, nodeRandom)).toThrow(new FormatError(message));
  });
});

test("initial controllers are parsed, with an IPv6 host too", () => {
  const voters = parseInitialVoters("3@[::1]:9094:JEXY6aqzQY-32P5TStzaFg,1@a.example:9093:MvDxzVmcRsaTz33bUuRU6A");
  expect(voters.map(({ id, host, port }) => [id, host, port])).toEqual([
    [1, "a.example", 9093],
    [3, "::1", 9094],
  ]);
  expect(() => parseInitialVoters("1@a:x:y")).toThrow("Failed to parse port in dynamic voter string.");
  expect(() => parseInitialVoters("")).toThrow("No voters given.");
});

describe("opening log directories", () => {
  const open = (logDirs: string[], nodeId = 1) =>
    openLogDirs(
      { logDirs, metadataLogDir: logDirs[0] ?? "", nodeId, quorumVoters: [], keyOfDirectory: () => "log.dirs" },
      ports,
    );

  test("refuses one that is not formatted, or of which nobody can say whose it is, and leaves it as it is", () => {
    const [a, b] = [temporaryDirectory(), temporaryDirectory()];
    format(configFor(a));
    const file = join(b, "meta.properties");
    expect(open([a, b])).toEqual({
      ok: false,
      error: `No \`meta.properties\` found in ${b} (have you run \`kafka-storage.sh\` to format the directory?)`,
    });
    expect(existsSync(file)).toBe(false);
    for (const text of ["", "\0\u0001garbage\uffff", `cluster.id=${clusterId}\n`]) {
      writeFileSync(file, text);
      expect(open([a, b])).toEqual({ ok: false, error: `Error: node ID not found in ${b}` });
      expect(readFileSync(file, "utf8")).toBe(text);
    }
  });

  test("says of one that it cannot use where, what is wrong and what is allowed", () => {
    const [a, b] = [temporaryDirectory(), temporaryDirectory()];
    format(configFor(a));
    const file = join(b, "file");
    writeFileSync(file, "");
    const unreadable = `Invalid value ${file} for configuration log.dirs: the directory cannot be read (ENOTDIR: not a directory, scandir '${file}'); it must be a directory that this process can read and write`;
    expect(open([file])).toEqual({ ok: false, error: `No readable meta.properties files found. ${unreadable}.` });
    expect(open([file, a])).toEqual({
      ok: false,
      error: `Encountered I/O error in metadata log directory ${file}. Cannot continue. ${unreadable}`,
    });
    const opened = open([a, file]);
    expect(opened.ok && [...opened.dirs.failed.keys()]).toEqual([file]);
    writeFileSync(join(b, "meta.properties"), "version=7\n");
    expect(open([a, b])).toEqual({
      ok: false,
      error: `${b}/meta.properties: Unknown meta.properties version number 7`,
    });
    writeFileSync(join(b, "meta.properties"), "version=0\nbroker.id=1\n");
    expect(open([b])).toEqual({ ok: false, error: `cluster.id was not found in the meta.properties of ${b}.` });
  });

  test("gives a directory from before Kafka 3.7 its id", () => {
    const dir = temporaryDirectory();
    writeFileSync(join(dir, "meta.properties"), `version=1\nnode.id=1\ncluster.id=${clusterId}\n`);
    const opened = open([dir]);
    const { directoryId } = parseMetaProperties(readFileSync(join(dir, "meta.properties"), "utf8"));
    expect(opened.ok && opened.dirs.directoryIds.get(dir)).toBe(directoryId);
  });

  test("refuses what does not belong together", () => {
    const [a, b, c] = [temporaryDirectory(), temporaryDirectory(), temporaryDirectory()];
    expect(open([a, b])).toEqual({
      ok: false,
      error: expect.stringMatching(
        `^No readable meta\\.properties files found\\. .*not formatted: ${a}, ${b}\\. .*kafka-storage\\.sh format --standalone`,
      ) as string,
    });
    expect(openLogDirs(configFor(a, "static"), ports)).toEqual({
      ok: false,
      error: expect.stringContaining("Format them with bin/kafka-storage.sh format --cluster-id ") as string,
    });
    format(configFor(a));
    format(configFor(b), { clusterId: "other" });
    const problem = (dirs: string[], nodeId = 1) => {
      const opened = open(dirs, nodeId);
      return opened.ok ? "" : opened.error;
    };
    expect(problem([a, b])).toContain(`Invalid cluster.id in: ${b}/meta.properties`);
    expect(problem([a], 2)).toContain("Stored node id 1 doesn't match previous node id 2");
    writeFileSync(join(c, "meta.properties"), readFileSync(join(a, "meta.properties")));
    expect(problem([a, c])).toContain("Duplicate directory ID");
    mkdirSync(join(b, "__cluster_metadata-0"));
    writeFileSync(join(b, "meta.properties"), `version=1\nnode.id=1\ncluster.id=${clusterId}\n`);
    expect(problem([a, b])).toContain("Found unexpected metadata location in data directory");
  });
});

test("info tells what is there", () => {
  const [a, b] = [temporaryDirectory(), temporaryDirectory()].sort();
  if (a === undefined || b === undefined) throw new Error("unreachable");
  format(configFor(a));
  const { directoryId } = parseMetaProperties(readFileSync(join(a, "meta.properties"), "utf8"));
  const metadata = `Found metadata: {cluster.id=${clusterId}, directory.id=${directoryId}, node.id=1, version=1}`;
  expect(storageInfo([a], nodeDisk)).toEqual({
    lines: ["Found log directory:", `  ${a}`, "", metadata, ""],
    exitCode: 0,
  });
  expect(storageInfo([b, a, "/nonexistent"], nodeDisk)).toEqual({
    lines: [
      "Found log directories:",
      `  ${a}`,
      `  ${b}`,
      "",
      metadata,
      "",
      "Found problems:",
      "  /nonexistent does not exist",
      `  ${b} is not formatted.`,
      "",
    ],
    exitCode: 1,
  });
});

test("version-mapping and feature-dependencies", () => {
  expect(versionMapping(undefined)).toEqual([
    "metadata.version=30 (4.3-IV0)",
    "kraft.version=1",
    "transaction.version=2",
    "group.version=1",
    "eligible.leader.replicas.version=1",
    "share.version=1",
    "streams.version=1",
  ]);
  expect(versionMapping("3.8")[0]).toBe("metadata.version=20 (3.8)");
  expect(featureDependencies(["eligible.leader.replicas.version=1", "group.version=1", "metadata.version=15"])).toEqual(
    [
      "eligible.leader.replicas.version=1 requires:",
      "    metadata.version=23 (4.0-IV1)",
      "group.version=1 has no dependencies.",
      "metadata.version=15 (3.7-IV0) has no dependencies.",
    ],
  );
  expect(() => featureDependencies(["x=1"])).toThrow("Unknown feature: x");
});
