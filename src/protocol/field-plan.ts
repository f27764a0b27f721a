import { zeroUuid } from "../base/uuid.ts";
import {
  inRange,
  type ElementType,
  type Field,
  type Fields,
  type Message,
  type Primitive,
  type Struct,
} from "./schema.ts";

/** What one version of a message does with one field. */
export interface FieldPlan {
  readonly name: string;
  readonly field: Field<unknown>;
  /** "absent": this version does not carry the field. */
  readonly place: "absent" | "inline" | "tagged";
  readonly flexible: boolean;
  readonly nullable: boolean;
}

/** The fields of `struct`, in the order of the schema. */
export function fieldPlans(struct: Struct<Fields>, message: Message<unknown>, version: number): FieldPlan[] {
  return Object.entries(struct.fields).map(([name, field]) => ({
    name,
    field,
    place: placeOf(field, version),
    flexible: inRange(field.flexible ?? message.flexible, version),
    nullable: inRange(field.nullable, version),
  }));
}

/** A field that some version tags is in no version that does not tag it, whatever its own range says: Kafka's reading. */
function placeOf(field: Field<unknown>, version: number): FieldPlan["place"] {
  if (!inRange(field.versions, version)) return "absent";
  if (inRange(field.tagged, version)) return "tagged";
  return field.tag >= 0 ? "absent" : "inline";
}

/** Tagged fields travel in the order of their tags. */
export function taggedInOrder(plans: readonly FieldPlan[]): FieldPlan[] {
  return plans.filter((plan) => plan.place === "tagged").sort((one, other) => one.field.tag - other.field.tag);
}

export function isStruct(type: ElementType): type is Struct<Fields> {
  return typeof type !== "string";
}

/** The default of a field that is neither an array, a struct nor bytes; null where the schema says so. */
export function scalarDefault(field: Field<unknown>): number | string | boolean | null {
  const given = field.defaultValue;
  if (given === null) return null;
  switch (field.type) {
    case "bool":
      return given === true;
    case "string":
      return String(given ?? "");
    case "uuid":
      return String(given ?? zeroUuid);
    default:
      return Number(given ?? 0);
  }
}

const sizes: Partial<Record<Primitive, number>> = {
  bool: 1,
  int8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  float64: 8,
  uuid: 16,
};

/** The fewest bytes that an element of an array can take, at least 1. */
export function elementSizeBytesMin(
  type: ElementType,
  flexible: boolean,
  message: Message<unknown>,
  version: number,
): number {
  if (!isStruct(type)) return sizes[type] ?? lengthSize(type, flexible);
  let total = inRange(message.flexible, version) ? 1 : 0;
  for (const plan of fieldPlans(type, message, version)) {
    if (plan.place !== "inline") continue;
    if (plan.field.isArray) total += plan.flexible ? 1 : 4;
    else if (isStruct(plan.field.type) && plan.nullable) total += 1;
    else total += elementSizeBytesMin(plan.field.type, plan.flexible, message, version);
  }
  return Math.max(1, total);
}

function lengthSize(type: Primitive, flexible: boolean): number {
  if (flexible) return 1;
  return type === "string" ? 2 : 4;
}
