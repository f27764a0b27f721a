import { type Consumer } from "../client/consumer/consumer.ts";
import { type ConsumedRecord } from "../client/consumer/fetched-records.ts";
import { ClientError } from "../client/kafka-error.ts";
import { type OutgoingRecord } from "../client/producer/producer-settings.ts";

/**
 * Takes what the consumer has read, which must be the record that was sent, and nothing else.
 * @throws ClientError in the Java tool's words
 */
export function checkReceived(sent: OutgoingRecord, consumer: Consumer, timeoutMs: number): void {
  const first = consumer.next();
  if (first === undefined) throw failed(`poll() timed out before finding a result (timeout:[${timeoutMs}ms])`);
  const [sentValue, readValue] = [String(sent.value), String(first.value)];
  if (readValue !== sentValue)
    throw failed(`The message value read [${readValue}] did not match the message value sent [${sentValue}]`);
  if (first.key === null) throw failed("Expected message key but received null");
  const [sentKey, readKey] = [String(sent.key), String(first.key)];
  if (readKey !== sentKey)
    throw failed(`The message key read [${readKey}] did not match the message key sent [${sentKey}]`);
  checkHeaders(sent, first);
  let count = 1;
  while (consumer.next() !== undefined) count++;
  if (count > 1) throw failed(`Only one result was expected during this test. We found [${count}]`);
}

function checkHeaders({ headers = [] }: OutgoingRecord, read: ConsumedRecord): void {
  if (headers.length === 0) return;
  if (read.headers.length === 0) throw failed("Expected message headers but received none");
  for (const [index, sent] of headers.entries()) {
    const received = read.headers[index];
    if (received === undefined) break;
    const [ours, theirs] = [described(sent), described(received)];
    if (ours !== theirs)
      throw failed(`The message header read [${theirs}] did not match the message header sent [${ours}]`);
  }
  if (headers.length !== read.headers.length) throw failed("Header count mismatch between sent and received messages");
}

function described({ key, value }: { key: string; value: Buffer | null }): string {
  return `${key}:${value === null ? "null" : `[${[...value].join(", ")}]`}`;
}

function failed(message: string): ClientError {
  return new ClientError("java.lang.RuntimeException", message);
}
