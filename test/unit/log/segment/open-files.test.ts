import { expect, test } from "vitest";
import { OpenFiles } from "../../../../src/log/segment/open-files.ts";
import { SegmentFile } from "../../../../src/log/segment/segment-file.ts";
import { countOpenFiles } from "../../../support/open-file-count.ts";
import { MemoryDisk } from "../../../sim/memory-disk.ts";

function openThem(count: number, countMax: number) {
  const disk = new MemoryDisk();
  disk.mkdir("/log");
  const descriptors = countOpenFiles(disk);
  const open = new OpenFiles(countMax);
  const files = Array.from({ length: count }, (_, index) => {
    disk.open(`/log/${index}`, "create").close();
    return new SegmentFile(disk, `/log/${index}`, open);
  });
  return { descriptors, open, files };
}

const write = (file: SegmentFile, text: string) => file.use().write([Buffer.from(text)], 0);

test("no more files are open than may be, and each can be used at any time", () => {
  const { descriptors, open, files } = openThem(50, 4);
  for (let round = 0; round < 3; round++) {
    for (const [index, file] of files.entries()) write(file, `${round}-${index}`);
    expect([descriptors.count, open.count]).toEqual([4, 4]);
  }
  for (const [index, file] of files.entries()) {
    const bytes = Buffer.alloc(4);
    expect(bytes.toString("utf8", 0, file.use().read(bytes, 0))).toBe(`2-${index}`);
  }
  for (const file of files) file.close();
  expect([descriptors.count, open.count]).toEqual([0, 0]);
});

test("a file that is used between the others stays open", () => {
  const { files } = openThem(40, 8);
  const [hot, ...others] = files;
  const descriptor = hot!.use();
  let kept = 0;
  for (const file of others) {
    write(file, "x");
    if (hot!.use() === descriptor) kept++;
  }
  expect(kept).toBe(others.length);
});

test("a file with a flush under way is not closed, even when it is one too many", async () => {
  const { open, files } = openThem(3, 2);
  const flushes = files.map((file) => file.syncAsync());
  expect(open.count).toBe(3);
  await Promise.all(flushes);
  for (const file of files) file.close();
  expect(open.count).toBe(0);
});
