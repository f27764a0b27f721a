import { isSized } from "./decoder-source.ts";
import { fieldPlans, isStruct, scalarDefault, taggedInOrder, type FieldPlan } from "./field-plan.ts";
import { inRange, type ElementType, type Field, type Fields, type Message, type Struct } from "./schema.ts";

/**
 * Writes the source of an encoder: one function per struct. `undefined` stands for the default everywhere.
 *
 * Names in scope of the generated code: `EncodeError`, `noBytes`; `w` is the writer, `v` the value.
 */
export function encoderSource(message: Message<unknown>, version: number): string {
  const functions: string[] = [];
  const encoders = new Map<Struct<Fields>, string>();
  const comparers = new Map<Struct<Fields>, string>();
  const flexible = inRange(message.flexible, version);

  function encoderOf(struct: Struct<Fields>): string {
    const known = encoders.get(struct);
    if (known !== undefined) return known;
    const name = `encode${encoders.size}_${struct.name}`;
    encoders.set(struct, name);
    functions.push(`function ${name}(w, v) {\n${body(struct)}}\n`);
    return name;
  }

  /** Name of a function that tells whether each field of a struct, in whatever version, has its default. */
  function comparerOf(struct: Struct<Fields>): string {
    const known = comparers.get(struct);
    if (known !== undefined) return known;
    const name = `isDefault${comparers.size}_${struct.name}`;
    comparers.set(struct, name);
    const tests = Object.entries(struct.fields).map(
      ([key, field]) => `(v.${key} === undefined || ${isDefault(field, `v.${key}`)})`,
    );
    functions.push(`function ${name}(v) {\n  return ${tests.join(" && ") || "true"};\n}\n`);
    return name;
  }

  function isDefault(field: Field<unknown>, x: string): string {
    if (field.defaultValue === null) return `${x} === null`;
    if (field.isArray || field.type === "bytes" || field.type === "records") {
      return `(${x} !== null && ${x}.length === 0)`;
    }
    if (isStruct(field.type)) return `(${x} !== null && ${comparerOf(field.type)}(${x}))`;
    // A bigint is loosely equal to the number of the same value.
    return `${x} ${field.type === "int64" ? "==" : "==="} ${JSON.stringify(scalarDefault(field))}`;
  }

  function body(struct: Struct<Fields>): string {
    const plans = fieldPlans(struct, message, version);
    let source = "";
    for (const plan of plans) {
      const path = `${struct.name}.${plan.name}`;
      if (plan.place === "inline") {
        source += `  { const x = v.${plan.name};\n${value(plan, path, false)}  }\n`;
      } else if (plan.place === "absent" && !plan.field.ignorable) {
        const text = JSON.stringify(`${path} cannot travel in version ${version} of ${message.name}`);
        source += `  if (v.${plan.name} !== undefined && !(${isDefault(plan.field, `v.${plan.name}`)})) `;
        source += `throw new EncodeError(${text});\n`;
      }
    }
    return flexible ? source + taggedSection(plans, struct) : source;
  }

  function taggedSection(plans: FieldPlan[], struct: Struct<Fields>): string {
    const tagged = taggedInOrder(plans);
    if (tagged.length === 0) return "  w.unsignedVarint(0);\n";
    let flags = "";
    let writes = "";
    for (const plan of tagged) {
      const x = `v.${plan.name}`;
      flags += `  const has_${plan.name} = ${x} !== undefined && !(${isDefault(plan.field, x)});\n`;
      writes +=
        `  if (has_${plan.name}) { const x = ${x};\n    w.unsignedVarint(${plan.field.tag});\n` +
        `    const mark = w.beginSized();\n${value(plan, `${struct.name}.${plan.name}`, true)}    w.endSized(mark);\n  }\n`;
    }
    const count = tagged.map((plan) => `(has_${plan.name} ? 1 : 0)`).join(" + ");
    return `${flags}  w.unsignedVarint(${count});\n${writes}`;
  }

  /** Source that writes `x`, which may be undefined. */
  function value(plan: FieldPlan, path: string, tagged: boolean): string {
    const { field } = plan;
    const type = field.type;
    const isNullDefault = field.defaultValue === null;
    if (field.isArray) {
      const element = elementValue(type, plan.flexible, "x[i]");
      const elements = `${length("x.length", plan.flexible, 4)} for (let i = 0; i < x.length; i++) { ${element} }`;
      const keeping = `if (!w.again(x)) { const from = w.sizeBytes(); ${elements} w.keep(x, from); }`;
      return (
        `    ${onNull(plan, path, nullLength(plan.flexible, 4))}\n` +
        `    else if (x === undefined) ${isNullDefault ? `{ ${nullOrError(plan, path, nullLength(plan.flexible, 4))} }` : length("0", plan.flexible, 4)}\n` +
        `    else { ${field.shared ? keeping : elements} }\n`
      );
    }
    if (isStruct(type)) {
      const encode = `${encoderOf(type)}(w, x === undefined ? {} : x);`;
      const mark = (present: boolean) =>
        tagged ? `w.unsignedVarint(${present ? 1 : 0});` : `w.int8(${present ? 1 : -1});`;
      const whenNull = nullOrError(plan, path, mark(false));
      const isNull = isNullDefault ? "x === null || x === undefined" : "x === null";
      return `    if (${isNull}) { ${whenNull} }\n    else { ${plan.nullable ? mark(true) : ""} ${encode} }\n`;
    }
    if (!isSized(type)) {
      return `    w.${type}(x === undefined ? ${JSON.stringify(scalarDefault(field))} : x);\n`;
    }
    const prefix = type === "string" ? 2 : 4;
    const whenNull = nullLength(plan.flexible, prefix);
    if (isNullDefault) {
      return `    if (x === null || x === undefined) { ${nullOrError(plan, path, whenNull)} }\n    else { ${elementValue(type, plan.flexible, "x")} }\n`;
    }
    const initial = type === "string" ? JSON.stringify(scalarDefault(field)) : "noBytes";
    return (
      `    ${onNull(plan, path, whenNull)}\n` +
      `    else { const y = x === undefined ? ${initial} : x; ${elementValue(type, plan.flexible, "y")} }\n`
    );
  }

  function onNull(plan: FieldPlan, path: string, source: string): string {
    return `if (x === null) { ${nullOrError(plan, path, source)} }`;
  }

  function nullOrError(plan: FieldPlan, path: string, source: string): string {
    if (plan.nullable) return source;
    return `throw new EncodeError(${JSON.stringify(`${path} must not be null in version ${version} of ${message.name}`)});`;
  }

  function elementValue(type: ElementType, elementFlexible: boolean, x: string): string {
    if (isStruct(type)) return `${encoderOf(type)}(w, ${x});`;
    if (type === "string") return elementFlexible ? `w.compactString(${x});` : `w.string(${x});`;
    if (!isSized(type)) return `w.${type}(${x});`;
    return `${length(`${x}.length`, elementFlexible, 4)} w.bytes(${x});`;
  }

  const root = encoderOf(message.struct);
  return `"use strict";
${functions.join("")}return ${root};
//# sourceURL=odradek/${message.name}-${version}-encoder.js`;
}

function length(count: string, flexible: boolean, prefixBytes: number): string {
  if (flexible) return `w.unsignedVarint(${/^\d+$/.test(count) ? Number(count) + 1 : `${count} + 1`});`;
  return prefixBytes === 2 ? `w.int16(${count});` : `w.int32(${count});`;
}

function nullLength(flexible: boolean, prefixBytes: number): string {
  return flexible ? "w.unsignedVarint(0);" : length("-1", false, prefixBytes);
}
