import { codecOf } from "../../protocol/codec.ts";
import { consumerProtocolSubscription } from "../../protocol/consumer-protocol.ts";
import { DecodeError, Reader } from "../../protocol/reader.ts";

/** Protocol type of groups whose members are consumers, and whose metadata the coordinator can read. */
export const consumerProtocolType = "consumer";

/**
 * The topics of a consumer's subscription, as it sends it when it joins. Every version starts with the fields of version 0,
 * so later ones are read, too. undefined when the bytes are no subscription.
 */
export function subscribedTopicsOf(metadata: Buffer): readonly string[] | undefined {
  const reader = new Reader(metadata);
  try {
    reader.int16();
    return codecOf(consumerProtocolSubscription, 0).decode(reader).topics;
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
