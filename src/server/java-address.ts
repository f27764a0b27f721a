/**
 * The address of a client as Java prints it, and so Kafka stores it with group members: "/127.0.0.1",
 * "/0:0:0:0:0:0:0:1". An IPv4 client of a dual-stack socket shows as IPv4.
 */
export function javaAddressText(host: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(host);
  if (mapped !== null) return `/${mapped[1]}`;
  if (!host.includes(":")) return `/${host}`;
  const [address = "", zone] = host.split("%");
  const [front = "", back] = address.split("::");
  const left = groupsOf(front);
  const right = back === undefined ? [] : groupsOf(back);
  const zeros = back === undefined ? [] : Array<string>(Math.max(0, 8 - left.length - right.length)).fill("0");
  const text = [...left, ...zeros, ...right].join(":");
  return zone === undefined ? `/${text}` : `/${text}%${zone}`;
}

function groupsOf(part: string): string[] {
  return part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16).toString(16));
}
