import {
  elementSizeBytesMin,
  fieldPlans,
  isStruct,
  scalarDefault,
  taggedInOrder,
  type FieldPlan,
} from "./field-plan.ts";
import {
  inRange,
  type ElementType,
  type Field,
  type Fields,
  type Message,
  type Primitive,
  type Struct,
} from "./schema.ts";

/**
 * Writes the source of a decoder: one function per struct, each building its object in one literal with every field in
 * the schema's order, so that all versions yield the same shape.
 *
 * Names in scope of the generated code: `DecodeError`, `noBytes`; `r` is the reader.
 */
export function decoderSource(message: Message<unknown>, version: number): string {
  const functions: string[] = [];
  const decoders = new Map<Struct<Fields>, string>();
  const defaults = new Map<Struct<Fields>, string>();
  const flexible = inRange(message.flexible, version);

  function decoderOf(struct: Struct<Fields>): string {
    const known = decoders.get(struct);
    if (known !== undefined) return known;
    const name = `decode${decoders.size}_${struct.name}`;
    decoders.set(struct, name);
    functions.push(`function ${name}(r) {\n${body(struct)}}\n`);
    return name;
  }

  function defaultOf(struct: Struct<Fields>): string {
    const known = defaults.get(struct);
    if (known !== undefined) return known;
    const name = `default${defaults.size}_${struct.name}`;
    defaults.set(struct, name);
    const entries = Object.entries(struct.fields).map(([key, field]) => `${key}: ${defaultValue(field)}`);
    functions.push(`function ${name}() {\n  return { ${entries.join(", ")} };\n}\n`);
    return name;
  }

  function defaultValue(field: Field<unknown>): string {
    if (field.defaultValue === null) return "null";
    if (field.isArray) return "[]";
    if (isStruct(field.type)) return `${defaultOf(field.type)}()`;
    if (field.type === "bytes" || field.type === "records") return "noBytes";
    return JSON.stringify(scalarDefault(field));
  }

  function body(struct: Struct<Fields>): string {
    const plans = fieldPlans(struct, message, version);
    let source = "";
    for (const plan of plans) {
      const target = `f_${plan.name}`;
      if (plan.place === "inline") source += `  let ${target};\n${value(plan, struct, target, false)}`;
      else source += `  let ${target} = ${defaultValue(plan.field)};\n`;
    }
    if (flexible) source += taggedSection(plans, struct);
    return `${source}  return { ${plans.map((plan) => `${plan.name}: f_${plan.name}`).join(", ")} };\n`;
  }

  function taggedSection(plans: FieldPlan[], struct: Struct<Fields>): string {
    let cases = "";
    for (const plan of taggedInOrder(plans)) {
      const path = JSON.stringify(`${struct.name}.${plan.name}`);
      cases += `      case ${plan.field.tag}:\n${value(plan, struct, `f_${plan.name}`, true)}`;
      cases += `        r.checkTaggedEnd(end, ${path});\n        break;\n`;
    }
    for (const plan of plans) {
      if (plan.field.tag < 0 || plan.place === "tagged") continue;
      const text = JSON.stringify(`tag ${plan.field.tag} is not valid in version ${version} of ${message.name}`);
      cases += `      case ${plan.field.tag}: throw new DecodeError(${text});\n`;
    }
    const skip = "r.offset = end;";
    const use = cases === "" ? `    ${skip}\n` : `    switch (tag) {\n${cases}      default: ${skip}\n    }\n`;
    return (
      "  for (let count = r.unsignedVarint(); count > 0; count--) {\n" +
      "    const tag = r.unsignedVarint();\n    const end = r.taggedEnd();\n" +
      `${use}  }\n`
    );
  }

  function value(plan: FieldPlan, struct: Struct<Fields>, target: string, tagged: boolean): string {
    const path = `${struct.name}.${plan.name}`;
    const type = plan.field.type;
    if (plan.field.isArray) {
      const count = plan.flexible ? "r.compactLength()" : "r.intLength()";
      const sizeMin = elementSizeBytesMin(type, plan.flexible, message, version);
      const element = elementValue(type, plan.flexible, path);
      return (
        `  { const count = ${count};\n    if (count < 0) ${ifNull(plan.nullable, target, path)}\n` +
        `    else { r.checkCount(count, ${sizeMin}); ${target} = []; ` +
        `for (let i = 0; i < count; i++) { ${target}.push(${element}); } } }\n`
      );
    }
    if (isStruct(type)) {
      const decode = `${target} = ${decoderOf(type)}(r);`;
      if (!plan.nullable) return `  ${decode}\n`;
      // The marker is one byte in both forms, but null is -1 in the one and 0 in the other.
      const isNull = tagged ? "r.unsignedVarint() === 0" : "r.int8() < 0";
      return `  if (${isNull}) ${target} = null; else ${decode}\n`;
    }
    if (!isSized(type)) return `  ${target} = r.${type}();\n`;
    const read = `r.${type === "string" ? "string" : "bytes"}(length)`;
    return (
      `  { const length = ${lengthOf(type, plan.flexible)};\n` +
      `    if (length < 0) ${ifNull(plan.nullable, target, path)}\n    else ${target} = ${read}; }\n`
    );
  }

  function elementValue(type: ElementType, elementFlexible: boolean, path: string): string {
    if (isStruct(type)) return `${decoderOf(type)}(r)`;
    if (!isSized(type)) return `r.${type}()`;
    const read = type === "string" ? "string" : "bytes";
    return `r.${read}(present(${lengthOf(type, elementFlexible)}, ${JSON.stringify(path)}))`;
  }

  const root = decoderOf(message.struct);
  return `"use strict";
function nullNotAllowed(path) {
  throw new DecodeError("non-nullable field " + path + " was serialized as null");
}
function present(length, path) {
  if (length < 0) nullNotAllowed(path);
  return length;
}
${functions.join("")}return ${root};
//# sourceURL=odradek/${message.name}-${version}-decoder.js`;
}

function ifNull(nullable: boolean, target: string, path: string): string {
  return nullable ? `${target} = null;` : `nullNotAllowed(${JSON.stringify(path)});`;
}

/** Whether a length stands in front of it. */
export function isSized(type: Primitive): boolean {
  return type === "string" || type === "bytes" || type === "records";
}

function lengthOf(type: Primitive, flexible: boolean): string {
  if (flexible) return "r.compactLength()";
  return type === "string" ? "r.shortLength()" : "r.intLength()";
}
