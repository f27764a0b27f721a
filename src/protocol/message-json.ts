import { zeroUuid } from "../base/uuid.ts";
import { fieldPlans, isStruct, scalarDefault, type FieldPlan } from "./field-plan.ts";
import { type ElementType, type Field, type Fields, type Message, type Struct } from "./schema.ts";

/** Ready JSON text that stands in place of a field's value. */
export class RawJson {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Replace = (name: string, value: unknown) => RawJson | undefined;

/**
 * A message as the JSON text that Kafka's own tools print: the fields that the version carries in the schema's order,
 * tagged ones only when they are not the default, bytes in base64, floating-point numbers as Java writes them.
 *
 * @param replace may put other text in place of a field, at whatever depth
 */
export function messageJson<T>(message: Message<T>, version: number, value: T, replace?: Replace): string {
  const untyped: Message<unknown> = message;
  return structJson(untyped.struct, { message: untyped, version, replace }, value);
}

interface Context {
  readonly message: Message<unknown>;
  readonly version: number;
  readonly replace: Replace | undefined;
}

function structJson(struct: Struct<Fields>, context: Context, value: unknown): string {
  const fields = value as Readonly<Record<string, unknown>>;
  const members = plansOf(struct, context)
    .filter((plan) => isWritten(plan, fields[plan.name]))
    .map(({ name, field }) => {
      const replaced = context.replace?.(name, fields[name]);
      return `${jsonString(name)}:${replaced === undefined ? fieldJson(field, context, fields[name]) : replaced.text}`;
    });
  return `{${members.join(",")}}`;
}

const plans = new Map<Struct<Fields>, FieldPlan[][]>();

/** Kept: a dump prints the same few structures a million times. A structure belongs to one message. */
function plansOf(struct: Struct<Fields>, { message, version }: Context): FieldPlan[] {
  let versions = plans.get(struct);
  if (versions === undefined) plans.set(struct, (versions = []));
  return (versions[version] ??= fieldPlans(struct, message, version));
}

function isWritten({ field, place }: FieldPlan, value: unknown): boolean {
  return place === "inline" || (place === "tagged" && !isDefault(field, value));
}

function isDefault(field: Field<unknown>, value: unknown): boolean {
  if (value === null || field.defaultValue === null) return value === field.defaultValue;
  if (field.isArray || Buffer.isBuffer(value)) return (value as readonly unknown[]).length === 0;
  if (!isStruct(field.type)) return value === scalarDefault(field);
  const members = value as Readonly<Record<string, unknown>>;
  return Object.entries(field.type.fields).every(([name, member]) => isDefault(member, members[name]));
}

function fieldJson(field: Field<unknown>, context: Context, value: unknown): string {
  if (!field.isArray || value === null) return elementJson(field.type, context, value);
  return `[${(value as readonly unknown[]).map((item) => elementJson(field.type, context, item)).join(",")}]`;
}

function elementJson(type: ElementType, context: Context, value: unknown): string {
  if (value === null) return "null";
  if (isStruct(type)) return structJson(type, context, value);
  switch (type) {
    case "bytes":
    case "records":
      return jsonString((value as Buffer).toString("base64"));
    case "string":
      return jsonString(value as string);
    case "uuid":
      return jsonString((value as string | null) ?? zeroUuid);
    case "int64":
      return longText(value as number | bigint);
    case "float64":
      return doubleText(value as number);
    default:
      return String(value);
  }
}

/** JSON's own escapes, with the hexadecimal digits of control characters in upper case. */
export function jsonString(text: string): string {
  return JSON.stringify(text).replace(/\\(?:\\|u[\da-f]{4})/g, (escape) =>
    escape.startsWith("\\u00") ? `\\u${escape.slice(2).toUpperCase()}` : escape,
  );
}

const longMax = 2n ** 63n - 1n;

/** All digits of a 64-bit integer; what a double cannot hold exactly is printed as near as it is known. */
export function longText(value: number | bigint): string {
  if (typeof value === "bigint" || Number.isSafeInteger(value)) return String(value);
  const exact = BigInt(value);
  return String(exact > longMax ? longMax : exact);
}

/** A double as Java prints it: `1000.0`, `1.0E7`, `1.5E-5`. */
export function doubleText(value: number): string {
  if (!Number.isFinite(value)) {
    // Not JSON, so Kafka's writer puts quotes around it.
    return jsonString(Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
  }
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e7) return Number.isInteger(value) ? `${value}.0` : String(value);
  const [digits = "", exponent = ""] = value.toExponential().split("e");
  return `${digits.includes(".") ? digits : `${digits}.0`}E${Number(exponent)}`;
}
