import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { BrokerConfig } from "../../../src/config/broker-config.ts";
import { nodeClock } from "../../../src/io/node/node-clock.ts";
import { nodeDisk } from "../../../src/io/node/node-disk.ts";
import { nodeRandom } from "../../../src/io/node/node-random.ts";
import { type Disk, DiskError, type Net } from "../../../src/io/ports.ts";
import { ensureFormatted } from "../../../src/server/ensure-formatted.ts";
import { silentLogger } from "../../support/silent-logger.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const foreign = "version=1\nnode.id=1\ncluster.id=qwuAgu9BQ22hDP9c4aI8Ww\ndirectory.id=9yNED-s7ThKndIHOGy2q6Q\n";

/** Formats two directories that are new. */
async function format(directories: readonly string[], disk: Disk, listen: () => void = () => {}): Promise<void> {
  const config = new BrokerConfig(
    new Map([
      ["process.roles", "broker,controller"],
      ["node.id", "1"],
      ["controller.quorum.bootstrap.servers", "localhost:9093"],
      ["listeners", "PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093"],
      ["controller.listener.names", "CONTROLLER"],
      ["log.dirs", directories.join(",")],
    ]),
  );
  const net = {
    listen: () => {
      listen();
      return Promise.resolve({ close: () => Promise.resolve() });
    },
  } as unknown as Net;
  await ensureFormatted(config, { clock: nodeClock, disk, net, random: nodeRandom, logger: silentLogger });
}

test("directories that another process formats meanwhile are left to it", async () => {
  const [a, b] = [temporaryDirectory(), temporaryDirectory()];
  await format([a, b], nodeDisk, () => writeFileSync(join(a, "meta.properties"), foreign));
  expect(readFileSync(join(a, "meta.properties"), "utf8")).toBe(foreign);
  expect(readdirSync(b)).not.toContain("meta.properties");
});

test("what fails takes back what it has written, and nothing else", async () => {
  const [a, b] = [temporaryDirectory(), temporaryDirectory()].sort() as [string, string];
  const failing: Disk = {
    ...nodeDisk,
    writeFileAtomic(path, content) {
      if (path !== `${b}/meta.properties`) return nodeDisk.writeFileAtomic(path, content);
      expect(readdirSync(a)).toContain("meta.properties");
      writeFileSync(path, foreign);
      throw new DiskError("ENOSPC", "no space left");
    },
  };
  await expect(format([a, b], failing)).rejects.toThrow(/cannot be formatted: .*no space left/);
  expect(readdirSync(a)).not.toContain("meta.properties");
  expect(readFileSync(join(b, "meta.properties"), "utf8")).toBe(foreign);
});

test.each([
  ["list", "read"],
  ["mkdir", "created"],
  ["lock", "written"],
] as const)(
  "a directory that refuses %s: the message says what, where, why and what is allowed",
  async (operation, what) => {
    const directory = temporaryDirectory();
    const refusing: Disk = {
      ...nodeDisk,
      [operation]() {
        throw new DiskError("EACCES", "EACCES: permission denied");
      },
    };
    await expect(format([directory], refusing)).rejects.toThrow(
      `Invalid value ${directory} for configuration log.dirs: the directory cannot be ${what} (EACCES: permission denied); it must be a directory that this process can read and write`,
    );
  },
);
