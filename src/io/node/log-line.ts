interface Entry {
  readonly level: string;
  readonly time: string;
  readonly component?: string;
  readonly msg?: string;
  readonly error?: unknown;
  readonly [field: string]: unknown;
}

/** Turns pino's JSON line into the one that Kafka prints: `[2026-11-21 09:30:00,123] INFO message key=value (component)`. */
export function logLine(json: string): string {
  const { level, time, component, msg, error, ...fields } = JSON.parse(json) as Entry;
  const details = Object.entries(fields).map(([name, value]) => ` ${name}=${valueText(value)}`);
  const reason = error === undefined ? "" : `: ${errorText(error)}`;
  const origin = component === undefined ? "" : ` (${component})`;
  return `[${localTime(Date.parse(time))}] ${level.toUpperCase()} ${msg ?? ""}${details.join("")}${origin}${reason}\n`;
}

function valueText(value: unknown): string {
  return typeof value === "string" && /^[^\s="]+$/.test(value) ? value : JSON.stringify(value);
}

/** The stack begins with the error's name and message; its further lines follow the log line. */
function errorText(error: unknown): string {
  if (typeof error !== "object" || error === null) return String(error);
  const { stack, message } = error as { stack?: unknown; message?: unknown };
  return String(stack ?? message ?? JSON.stringify(error));
}

/** `yyyy-MM-dd HH:mm:ss,SSS` in the zone of this machine. */
export function localTime(ms: number): string {
  const time = new Date(ms);
  const two = (number: number): string => String(number).padStart(2, "0");
  const date = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  const millis = String(time.getMilliseconds()).padStart(3, "0");
  return `${date} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())},${millis}`;
}
