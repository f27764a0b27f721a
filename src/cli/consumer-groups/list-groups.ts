import { type GroupListing } from "../client/admin/group-admin.ts";
import { ClientError, executionError } from "../client/kafka-error.ts";
import { type GroupContext } from "./group-context.ts";
import { canonicalState, consumerGroupStates } from "./group-states.ts";
import { table } from "./table.ts";

const consumerProtocols = ["", "consumer"];
const groupTypes = ["Classic", "Consumer"];
const groupWidthMin = 15;
const groupGap = 10;
const columnWidth = 20;

/** `--list` */
export async function listGroups(context: GroupContext): Promise<void> {
  const { options, terminal } = context;
  const [showsType, showsState] = [options.has("type"), options.has("state")];
  if (!showsType && !showsState) {
    terminal.print((await context.consumerGroups()).map((groupId) => `${groupId}\n`).join(""));
    return;
  }
  const types = typesIn(options.value("type") ?? "");
  const states = statesIn(options.value("state") ?? "");
  const groups = await context.groups.list({ types, states, protocolTypes: consumerProtocols }).catch(executionError);
  const groupWidth = Math.max(groupWidthMin, ...groups.map(({ groupId }) => groupId.length)) + groupGap;
  const typed = ({ type }: GroupListing): string => type || "Unknown";
  const columns = [
    { title: "GROUP", width: groupWidth, of: ({ groupId }: GroupListing) => groupId },
    ...(showsType ? [{ title: "TYPE", width: columnWidth, of: typed }] : []),
    ...(showsState
      ? [{ title: "STATE", width: columnWidth, of: ({ state }: GroupListing) => canonicalState(state) }]
      : []),
  ];
  terminal.print(`${table(columns, groups).join("\n")}\n`);
}

/** @throws ClientError */
function typesIn(list: string): string[] {
  if (list === "") return [];
  const types = list.split(",").map((text) => text.trim().toLowerCase());
  const found = groupTypes.filter((type) => types.includes(type.toLowerCase()));
  if (types.every((type) => groupTypes.some((known) => known.toLowerCase() === type))) return found;
  throw illegal(`Invalid types list '${list}'. Valid types are: ${groupTypes.join(", ")}`);
}

/** @throws ClientError */
function statesIn(list: string): string[] {
  if (list === "") return [];
  const states = [...new Set(list.split(",").map((text) => canonicalState(text.trim())))];
  if (states.every((state) => consumerGroupStates.includes(state))) return states;
  throw illegal(`Invalid state list '${list}'. Valid states are: ${consumerGroupStates.join(", ")}`);
}

function illegal(message: string): ClientError {
  return new ClientError("java.lang.IllegalArgumentException", message);
}
