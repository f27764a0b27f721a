import { apis, type Api } from "../protocol/apis.ts";
import { type ErrorCode } from "../protocol/errors.ts";
import { inRange, type Draft, type Field, type Fields, type Primitive, type Struct } from "../protocol/schema.ts";

type Values = Record<string, unknown>;
type NamedField = readonly [name: string, field: Field<unknown>];

const errorFields = new Set(["errorCode", "partitionErrorCode"]);
const keyTypes = new Set<unknown>(["string", "uuid", "int8", "int32"]);

/**
 * The response that fails all of a request with one code: at the top where the response has a code there, else for each
 * thing that was asked for (each topic, partition, group, resource). The schemas alone say how: a response's list mirrors
 * the request's, and its entries carry the names of those.
 *
 * undefined when the client waits for no response (a produce with acks=0): it learns from its closed connection.
 */
export function errorResponseOf(
  api: Api,
  version: number,
  request: unknown,
  code: ErrorCode,
): Draft<unknown> | undefined {
  const values = request as Values;
  if (api.key === apis.produce.key && values["acks"] === 0) return undefined;
  return mirror(api.request.struct, values, api.response.struct, version, code);
}

/** The entry of the response that answers one entry of the request. */
function mirror(
  asked: Struct<Fields>,
  values: Values,
  answer: Struct<Fields>,
  version: number,
  code: ErrorCode,
): Values {
  const askedFields = fieldsOf(asked, version);
  const answerFields = fieldsOf(answer, version);
  const entry: Values = {};
  for (const [name, value] of keysOf(askedFields, values, answerFields)) entry[name] = value;
  const errors = answerFields.filter(([name]) => errorFields.has(name));
  if (errors.length > 0) {
    for (const [name] of errors) entry[name] = code;
    return entry;
  }
  const answerList = answerFields.find(([, field]) => field.isArray && carriesError(field, version));
  const askedList = askedFields.find(([name, field]) => field.isArray && Array.isArray(values[name]));
  if (answerList === undefined || askedList === undefined) return entry;
  const [answerName, { type: answerElement }] = answerList;
  const [askedName, { type: askedElement }] = askedList;
  // A list of mere names or numbers is taken for one of entries with that single field.
  const isPlain = typeof askedElement === "string";
  const askedStruct = isPlain ? plainStruct(askedList) : askedElement;
  entry[answerName] = (values[askedName] as unknown[]).map((value) =>
    mirror(askedStruct, isPlain ? { value } : (value as Values), answerElement as Struct<Fields>, version, code),
  );
  return entry;
}

function carriesError({ type }: Field<unknown>, version: number): boolean {
  if (typeof type === "string") return false;
  return fieldsOf(type, version).some(([name, field]) => errorFields.has(name) || carriesError(field, version));
}

/** Values of the request's entry that say in the response's which one it answers. */
function keysOf(asked: NamedField[], values: Values, answer: NamedField[]): [string, unknown][] {
  const askedKeys = asked.filter(isKey);
  const taken = new Set<unknown>();
  return answer.filter(isKey).flatMap(([name, { type }]) => {
    // Where the names differ ("topic" and "name"), the first of a type answers the first of that type.
    const isFirst = !taken.has(type);
    taken.add(type);
    const source =
      askedKeys.find(([askedName]) => askedName === name) ??
      (isFirst ? askedKeys.find(([, askedField]) => askedField.type === type) : undefined);
    return source === undefined ? [] : [[name, values[source[0]]]];
  });
}

/** Fields with a default are results or options, not names. */
function isKey([name, field]: NamedField): boolean {
  return (
    !field.isArray &&
    keyTypes.has(field.type) &&
    field.defaultValue === undefined &&
    name !== "errorMessage" &&
    name !== "throttleTimeMs"
  );
}

function plainStruct([, field]: NamedField): Struct<Fields> {
  return { name: "Plain", fields: { value: { ...field, type: field.type as Primitive, isArray: false } } };
}

function fieldsOf({ fields }: Struct<Fields>, version: number): NamedField[] {
  return Object.entries(fields).filter(([, field]) => inRange(field.versions, version));
}
