import { ClientError } from "../client/kafka-error.ts";

const dateTime = /^(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)\.(\d+)(?:Z|([+-])(\d\d)(?::?(\d\d))?)/;
const wholeMinutes = /^:\d\d/;
const duration = /^([-+]?)P(?:([-+]?\d+)D)?(T(?:([-+]?\d+)H)?(?:([-+]?\d+)M)?(?:([-+]?\d+)(?:[.,](\d{0,9}))?S)?)?$/i;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** From the first of March of the year 0 to the first of January 1970. */
const daysFromYear0 = 719_468;

/**
 * The milliseconds since 1970 of `yyyy-MM-ddTHH:mm:ss.SSS`, with a time zone or in UTC. As in Java, what follows does
 * not count.
 * @throws ClientError
 */
export function parseDateTime(text: string): number {
  const parts = text.split("T");
  if (parts.length < 2 || parts.slice(1).every((part) => part === "")) {
    throw unparseable("Error parsing timestamp. It does not contain a 'T' according to ISO8601 format");
  }
  const zoned = /[-+Z]/.test(parts[1] ?? "") ? text : `${text}Z`;
  const match = dateTime.exec(zoned);
  if (match === null) throw unparseable(`Unparseable date: "${zoned}"`);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, ms = 0] = match.slice(1, 8).map(Number);
  const isReal =
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= daysInMonth(year, month) &&
    hour < 24 &&
    minute < 60 &&
    second < 60 &&
    ms < 1000 &&
    Number(match[9] ?? 0) < 24;
  if (!isReal) throw unparseable(`Unparseable date: "${zoned}"`);
  const local = daysSince1970(year, month, day) * dayMs + hour * hourMs + minute * minuteMs + second * 1000 + ms;
  return local - zoneMs(match, zoned);
}

function daysInMonth(year: number, month: number): number {
  const [nextYear, nextMonth] = month === 12 ? [year + 1, 1] : [year, month + 1];
  return daysSince1970(nextYear, nextMonth, 1) - daysSince1970(year, month, 1);
}

/** In the Gregorian calendar. Years begin in March here, so that the leap day is the last of its year. */
function daysSince1970(year: number, month: number, day: number): number {
  const marchYear = month > 2 ? year : year - 1;
  const marchMonth = (month + 9) % 12;
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  const daysBeforeMonth = Math.floor((153 * marchMonth + 2) / 5);
  return marchYear * 365 + leapDays + daysBeforeMonth + day - 1 - daysFromYear0;
}

function zoneMs(match: RegExpExecArray, zoned: string): number {
  const [sign, hours] = [match[8], Number(match[9] ?? 0)];
  if (sign === undefined) return 0;
  // Without a colon Java reads the hours only.
  const at = zoned.indexOf(sign, match[0].indexOf("T")) + 3;
  const minutes = wholeMinutes.test(zoned.slice(at)) && Number(match[10]) < 60 ? Number(match[10]) : 0;
  return (sign === "-" ? -1 : 1) * (hours * hourMs + minutes * minuteMs);
}

/**
 * The milliseconds of `PnDTnHnMnS`.
 * @throws ClientError
 */
export function parseDuration(text: string): number {
  const match = duration.exec(text);
  const [days, hours, minutes, seconds] = [match?.[2], match?.[4], match?.[5], match?.[6]];
  const isEmpty = [days, hours, minutes, seconds].every((part) => part === undefined);
  if (match === null || isEmpty || match[3]?.toUpperCase() === "T") {
    throw new ClientError("java.time.format.DateTimeParseException", "Text cannot be parsed to a Duration");
  }
  const fraction = Number(`0.${match[7] || "0"}`) * (seconds?.startsWith("-") ? -1 : 1);
  const ms =
    Number(days ?? 0) * dayMs +
    Number(hours ?? 0) * hourMs +
    Number(minutes ?? 0) * minuteMs +
    (Number(seconds ?? 0) + fraction) * 1000;
  return match[1] === "-" ? -ms : ms;
}

function unparseable(message: string): ClientError {
  const cause = new ClientError("java.text.ParseException", message);
  return new ClientError("java.lang.RuntimeException", `${cause.kind}: ${message}`, false, cause);
}
