import { type NodeId, type Uuid } from "../../base/brand.ts";
import { parseUuid } from "../../base/uuid.ts";
import { FormatError } from "./format-error.ts";

/** A voter of the first quorum, as `--initial-controllers` gives it. */
export interface InitialVoter {
  readonly id: NodeId;
  readonly host: string;
  readonly port: number;
  readonly directoryId: Uuid;
}

/**
 * Parses `id@host:port:directoryId`, separated by commas; an IPv6 host stands in brackets.
 * @throws FormatError worded as Kafka does
 */
export function parseInitialVoters(text: string): InitialVoter[] {
  const voters = text
    .trim()
    .split(",")
    .filter((each) => each !== "")
    .map(parseVoter);
  if (voters.length === 0) throw new FormatError("No voters given.");
  const seen = new Set<NodeId>();
  for (const { id } of voters) {
    if (seen.has(id)) throw new FormatError(`Node id ${id} was specified more than once.`);
    seen.add(id);
  }
  return voters.sort((a, b) => a.id - b.id);
}

function parseVoter(text: string): InitialVoter {
  const at = text.indexOf("@");
  if (at < 0) throw new FormatError("No @ found in dynamic voter string.");
  const idText = text.slice(0, at);
  if (!/^[+-]?\d+$/.test(idText)) throw new FormatError("Failed to parse node id in dynamic voter string.");
  const id = Number(idText);
  if (id < 0) throw new FormatError(`Invalid negative node id ${id} in dynamic voter string.`);
  const place = text.slice(at + 1);
  if (place === "") throw new FormatError("No hostname found after node id.");
  const { host, rest } = splitHost(place);
  if (!rest.startsWith(":")) throw new FormatError("Port section must start with a colon.");
  const colon = rest.indexOf(":", 1);
  if (colon < 0) throw new FormatError("No colon following port could be found.");
  const portText = rest.slice(1, colon);
  if (!/^[+-]?\d+$/.test(portText)) throw new FormatError("Failed to parse port in dynamic voter string.");
  const port = Number(portText);
  if (port < 0 || port > 65535) throw new FormatError(`Invalid port ${port} in dynamic voter string.`);
  const directoryId = parseUuid(rest.slice(colon + 1));
  if (directoryId === undefined) throw new FormatError("Failed to parse directory ID in dynamic voter string.");
  return { id, host, port, directoryId };
}

function splitHost(place: string): { host: string; rest: string } {
  if (place.startsWith("[")) {
    const bracket = place.indexOf("]");
    if (bracket < 0) throw new FormatError("Hostname began with left bracket, but no right bracket was found.");
    return { host: place.slice(1, bracket), rest: place.slice(bracket + 1) };
  }
  const colon = place.indexOf(":");
  if (colon < 0) throw new FormatError("No colon following hostname could be found.");
  return { host: place.slice(0, colon), rest: place.slice(colon) };
}
