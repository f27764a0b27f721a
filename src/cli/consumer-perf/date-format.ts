import { localTime } from "../../io/node/log-line.ts";

const months = "January February March April May June July August September October November December".split(" ");
const days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const shortName = 3;

/** A local time in a pattern of Java's `SimpleDateFormat`; letters that it has and this has not stand for themselves. */
export function formatDate(pattern: string, timeMs: number): string {
  const [year = 0, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0, milliseconds = 0] = localTime(timeMs)
    .split(/\D/)
    .map(Number);
  const date = { year, month, day, hours, minutes, seconds, milliseconds };
  return pattern.replace(/''|'((?:[^']|'')*)'|([a-zA-Z])\2*/g, (token: string, quoted: string | undefined) => {
    if (token === "''") return "'";
    if (quoted !== undefined) return quoted.replaceAll("''", "'");
    return fieldOf(token.charAt(0), token.length, date) ?? token;
  });
}

interface LocalDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
  readonly milliseconds: number;
}

function fieldOf(letter: string, length: number, date: LocalDate): string | undefined {
  const padded = (value: number) => String(value).padStart(length, "0");
  const named = (name: string | undefined) => (length > shortName ? name : name?.slice(0, shortName));
  switch (letter) {
    case "y":
      return padded(length === 2 ? date.year % 100 : date.year);
    case "M":
      return length >= shortName ? named(months[date.month - 1]) : padded(date.month);
    case "d":
      return padded(date.day);
    case "E":
      return named(days[weekdayOf(date)]);
    case "H":
      return padded(date.hours);
    case "h":
      return padded(date.hours % 12 || 12);
    case "a":
      return date.hours < 12 ? "AM" : "PM";
    case "m":
      return padded(date.minutes);
    case "s":
      return padded(date.seconds);
    case "S":
      return padded(date.milliseconds);
    default:
      return undefined;
  }
}

/** 0 for a Sunday: years begin in March here, so that the leap day is the last of them. */
function weekdayOf({ year, month, day }: LocalDate): number {
  const [marchYear, marchMonth] = month < 3 ? [year - 1, month + 9] : [year, month - 3];
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  return (marchYear + leapDays + Math.floor((13 * marchMonth + 2) / 5) + day + 2) % 7;
}
