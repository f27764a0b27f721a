/**
 * The schema language: a message is declared once, here in TypeScript, and its type, its codecs for every version, the
 * oracle in the tests and the fuzzing derive from that one declaration.
 *
 * Version ranges are written as Kafka writes them: "3", "3-13", "9+", "none".
 */

export type Primitive =
  | "bool"
  | "int8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "float64"
  | "string"
  | "uuid"
  | "bytes"
  | "records";

/** What each primitive decodes to. int64 is a number (see `reader.ts` for values that a double cannot hold exactly). */
interface PrimitiveTypes {
  bool: boolean;
  int8: number;
  int16: number;
  uint16: number;
  int32: number;
  uint32: number;
  int64: number;
  float64: number;
  string: string;
  uuid: string;
  bytes: Buffer;
  records: Buffer;
}

export interface VersionRange {
  /** Both ends inclusive; an empty range has `from > to`. */
  readonly from: number;
  readonly to: number;
}

const noVersions: VersionRange = { from: 0, to: -1 };

/** @throws Error when `text` is not "none", "N", "N+" or "N-M" */
export function versionRange(text: string): VersionRange {
  if (text === "none") return noVersions;
  const match = /^(\d+)(?:(\+)|-(\d+))?$/.exec(text);
  if (match === null) throw new Error(`not a version range: "${text}"`);
  const from = Number(match[1]);
  if (match[2] !== undefined) return { from, to: 32767 };
  return { from, to: match[3] === undefined ? from : Number(match[3]) };
}

export function inRange(range: VersionRange, version: number): boolean {
  return version >= range.from && version <= range.to;
}

export interface FieldOptions {
  /** Versions in which the value may be null. */
  readonly nullable?: string;
  /** Versions in which the field travels as a tagged field, under `tag`. */
  readonly tagged?: string;
  readonly tag?: number;
  /** The value in versions that do not carry the field, and when the sender left it out. */
  readonly default?: number | bigint | string | boolean | null;
  /** May be dropped silently when the version cannot carry it; otherwise a non-default value is an error. */
  readonly ignorable?: boolean;
  /** The field (with its siblings so marked) identifies an element of the array it stands in. */
  readonly mapKey?: boolean;
  /** Overrides the message's flexible versions: only the header's client id does. */
  readonly flexible?: string;
  /** Of an array: elements of the one that it stands in may share it, as an object, and its bytes are copied then. */
  readonly shared?: boolean;
}

declare const valueType: unique symbol;

export type ElementType = Primitive | Struct<Fields>;

export interface Field<T> {
  readonly type: ElementType;
  readonly isArray: boolean;
  readonly versions: VersionRange;
  readonly nullable: VersionRange;
  readonly tagged: VersionRange;
  /** -1 when the field is never tagged. */
  readonly tag: number;
  readonly defaultValue: FieldOptions["default"];
  readonly ignorable: boolean;
  readonly mapKey: boolean;
  readonly flexible: VersionRange | undefined;
  readonly shared: boolean;
  readonly [valueType]?: T;
}

export type Fields = { readonly [name: string]: Field<unknown> };

export interface Struct<F extends Fields> {
  readonly name: string;
  readonly fields: F;
}

export interface MessageOptions {
  readonly versions: string;
  readonly flexible: string;
  /** The API key of a request or response, or the type of a log record. */
  readonly key?: number;
  /** The highest version is not served unless unstable API versions are enabled. */
  readonly latestVersionUnstable?: boolean;
}

export interface Message<T> {
  readonly name: string;
  readonly versions: VersionRange;
  readonly flexible: VersionRange;
  /** -1 when the structure has none. */
  readonly key: number;
  readonly latestVersionUnstable: boolean;
  readonly struct: Struct<Fields>;
  readonly [valueType]?: T;
}

export type InferFields<F extends Fields> = {
  -readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never;
};
/** The decoded shape of a message: every field present, in every version. */
export type Infer<M> = M extends Message<infer T> ? T : never;

/** What an encoder takes: fields that are left out get their default. */
export type Draft<T> = T extends Buffer
  ? T
  : T extends readonly (infer E)[]
    ? readonly Draft<E>[]
    : T extends object
      ? { readonly [K in keyof T]?: Draft<T[K]> | undefined }
      : T;

type Nullable<T, O> = O extends { readonly nullable: string } ? T | null : T;

function field<T>(type: ElementType, isArray: boolean, versions: string, options: FieldOptions): Field<T> {
  return {
    type,
    isArray,
    versions: versionRange(versions),
    nullable: options.nullable === undefined ? noVersions : versionRange(options.nullable),
    tagged: options.tagged === undefined ? noVersions : versionRange(options.tagged),
    tag: options.tag ?? -1,
    defaultValue: options.default,
    ignorable: options.ignorable ?? false,
    mapKey: options.mapKey ?? false,
    flexible: options.flexible === undefined ? undefined : versionRange(options.flexible),
    shared: options.shared ?? false,
  };
}

function primitive<P extends Primitive>(type: P) {
  return <const O extends FieldOptions = Record<never, never>>(
    versions: string,
    options?: O,
  ): Field<Nullable<PrimitiveTypes[P], O>> => field(type, false, versions, options ?? {});
}

export const bool = primitive("bool");
export const int8 = primitive("int8");
export const int16 = primitive("int16");
export const uint16 = primitive("uint16");
export const int32 = primitive("int32");
export const uint32 = primitive("uint32");
export const int64 = primitive("int64");
export const float64 = primitive("float64");
export const string = primitive("string");
export const uuid = primitive("uuid");
export const bytes = primitive("bytes");
export const records = primitive("records");

type ElementValue<E> = E extends Primitive ? PrimitiveTypes[E] : E extends Struct<infer F> ? InferFields<F> : never;

/** An array of a primitive or of a struct. */
export function array<const E extends ElementType, const O extends FieldOptions = Record<never, never>>(
  versions: string,
  element: E,
  options?: O,
): Field<Nullable<ElementValue<E>[], O>> {
  return field(element, true, versions, options ?? {});
}

/** One nested struct. */
export function nested<F extends Fields, const O extends FieldOptions = Record<never, never>>(
  versions: string,
  element: Struct<F>,
  options?: O,
): Field<Nullable<InferFields<F>, O>> {
  return field(element, false, versions, options ?? {});
}

export function struct<F extends Fields>(name: string, fields: F): Struct<F> {
  return { name, fields };
}

export function message<F extends Fields>(name: string, options: MessageOptions, fields: F): Message<InferFields<F>> {
  return {
    name,
    versions: versionRange(options.versions),
    flexible: versionRange(options.flexible),
    key: options.key ?? -1,
    latestVersionUnstable: options.latestVersionUnstable ?? false,
    struct: { name, fields },
  };
}
