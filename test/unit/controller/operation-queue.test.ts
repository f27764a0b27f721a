import { expect, test } from "vitest";
import { OperationQueue } from "../../../src/controller/operation-queue.ts";
import { emptyImage, type MetadataImage } from "../../../src/metadata/image/metadata-image.ts";
import { type MetadataRecordDraft } from "../../../src/metadata/metadata-record.ts";
import { ManualTime } from "../../support/manual-time.ts";

const noOp: MetadataRecordDraft = { type: "noOp", version: 0, data: {} };

function imageUpTo(lastContainedOffset: number): MetadataImage {
  return { ...emptyImage, provenance: { ...emptyImage.provenance, lastContainedOffset } };
}

test("what is published takes the place of the same image, and not of one that is ahead of it", () => {
  const log = {
    endOffset: 1,
    append(_epoch: number, values: readonly Buffer[]) {
      this.endOffset += values.length;
      return this.endOffset - 1;
    },
  };
  const metadata = { image: imageUpTo(0), transactionStartOffset: -1 };
  const queue = new OperationQueue({ log, metadata, timers: new ManualTime() });
  queue.begin(1);
  queue.append([noOp]);
  const ahead = queue.image;
  queue.published(imageUpTo(0));
  expect(queue.image).toBe(ahead);
  const published = imageUpTo(1);
  queue.published(published);
  expect(queue.image).toBe(published);
});
