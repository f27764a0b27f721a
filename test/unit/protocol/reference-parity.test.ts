import { expect, test } from "vitest";
import { apis, type Api } from "../../../src/protocol/apis.ts";
import { errorName, Errors, isRetriable } from "../../../src/protocol/errors.ts";
import {
  versionRange,
  type Field,
  type Fields,
  type Message,
  type Struct,
  type VersionRange,
} from "../../../src/protocol/schema.ts";
import { allMessages } from "../../support/all-messages.ts";
import { referenceLines } from "../../support/reference.ts";

interface ReferenceField {
  name: string;
  type: string;
  versions: string;
  nullableVersions?: string;
  taggedVersions?: string;
  flexibleVersions?: string;
  tag?: number;
  default?: string | number | boolean | null;
  ignorable?: boolean;
  mapKey?: boolean;
  fields?: ReferenceField[];
}
interface ReferenceMessage {
  name: string;
  validVersions: string;
  flexibleVersions: string;
  apiKey?: number;
  latestVersionUnstable?: boolean;
  fields: ReferenceField[];
  commonStructs?: { name: string; fields: ReferenceField[] }[];
}
interface ReferenceApi {
  key: number;
  name: string;
  listeners: string[];
  request: ReferenceMessage;
  response: ReferenceMessage;
}

/** The form that both sides are brought into. */
interface Fact {
  name: string;
  type: string;
  versions: VersionRange;
  nullable: VersionRange;
  tagged: VersionRange;
  flexible: VersionRange | undefined;
  tag: number;
  default: string | undefined;
  ignorable: boolean;
  mapKey: boolean;
  fields: Fact[] | undefined;
}

const none = "none";

function referenceFact(field: ReferenceField, common: Map<string, ReferenceField[]>): Fact {
  const element = field.type.replace("[]", "");
  const fields = field.fields ?? common.get(element);
  return {
    name: field.name[0]!.toLowerCase() + field.name.slice(1),
    type: field.type,
    versions: versionRange(field.versions),
    nullable: versionRange(field.nullableVersions ?? none),
    tagged: versionRange(field.taggedVersions ?? none),
    flexible: field.flexibleVersions === undefined ? undefined : versionRange(field.flexibleVersions),
    tag: field.tag ?? -1,
    // A JSON null says "nothing given" in the reference, the text "null" says null.
    default: field.default === undefined || field.default === null ? undefined : plainDefault(field.default),
    ignorable: field.ignorable ?? false,
    mapKey: field.mapKey ?? false,
    fields: fields?.map((inner) => referenceFact(inner, common)),
  };
}

function plainDefault(given: string | number | boolean): string {
  const text = String(given);
  return text.startsWith("0x") ? String(Number(text)) : text;
}

function ourFacts(struct: Struct<Fields>): Fact[] {
  return Object.entries(struct.fields).map(([name, field]) => ourFact(name, field));
}

function ourFact(name: string, field: Field<unknown>): Fact {
  const element = typeof field.type === "string" ? field.type : field.type.name;
  return {
    name,
    type: (field.isArray ? "[]" : "") + element,
    versions: field.versions,
    nullable: field.nullable,
    tagged: field.tagged,
    flexible: field.flexible,
    tag: field.tag,
    default: field.defaultValue === undefined ? undefined : String(field.defaultValue),
    ignorable: field.ignorable,
    mapKey: field.mapKey,
    fields: typeof field.type === "string" ? undefined : ourFacts(field.type),
  };
}

function expectParity(ours: Message<unknown> | undefined, reference: ReferenceMessage): void {
  expect(ours, reference.name).toBeDefined();
  const common = new Map((reference.commonStructs ?? []).map((struct) => [struct.name, struct.fields]));
  expect({
    name: ours!.name,
    versions: ours!.versions,
    flexible: ours!.flexible,
    key: ours!.key,
    latestVersionUnstable: ours!.latestVersionUnstable,
    fields: ourFacts(ours!.struct),
  }).toEqual({
    name: reference.name,
    versions: versionRange(reference.validVersions),
    flexible: versionRange(reference.flexibleVersions),
    key: reference.apiKey ?? -1,
    latestVersionUnstable: reference.latestVersionUnstable ?? false,
    fields: reference.fields.map((field) => referenceFact(field, common)),
  });
}

const served = referenceLines<ReferenceApi>("wire-messages").filter((api) => api.request.validVersions !== none);
const others = [...referenceLines<ReferenceMessage>("wire-other"), ...referenceLines<ReferenceMessage>("log-records")];

test("the table of APIs has the reference's keys, names and listeners, and nothing else", () => {
  const ours = Object.values(apis).map((api) => ({ key: api.key, name: api.name, listeners: [...api.scopes].sort() }));
  const theirs = served.map((api) => ({ key: api.key, name: api.name, listeners: [...api.listeners].sort() }));
  expect(ours.sort((one, other) => one.key - other.key)).toEqual(theirs.sort((one, other) => one.key - other.key));
});

test.each(served.map((api) => [api.name, api] as const))("%s: request and response are the reference's", (_, api) => {
  const ours = Object.values(apis).find((row) => row.key === api.key) as Api | undefined;
  expectParity(ours?.request, api.request);
  expectParity(ours?.response, api.response);
});

test("every other structure is the reference's", async () => {
  const messages = await allMessages();
  for (const reference of others) expectParity(messages.get(reference.name), reference);
});

test("nothing is declared that the reference does not have", async () => {
  const known = new Set([
    ...served.flatMap((api) => [api.request.name, api.response.name]),
    ...others.map((m) => m.name),
  ]);
  expect([...(await allMessages()).keys()].filter((name) => !known.has(name))).toEqual([]);
  expect(known.size).toBeGreaterThan(260);
});

test("error codes: names, numbers, and what may be tried again", () => {
  const reference = referenceLines<{ code: number; name: string; retriable: boolean }>("error-codes");
  expect(Object.entries(Errors).map(([name, code]) => ({ code, name, retriable: isRetriable(code) }))).toEqual(
    reference.map(({ code, name, retriable }) => ({ code, name, retriable })),
  );
  for (const { code, name } of reference) expect(errorName(code)).toBe(name);
});
