/*
 * XXH3, 64 bits, with the default secret and no seed (https://github.com/Cyan4973/xxHash, doc/xxhash_spec.md): Kafka stores
 * such hashes of topics in its records. In BigInts, since it runs when metadata changes and not for every message.
 */

const mask = 0xffff_ffff_ffff_ffffn;
const prime32 = { one: 0x9e3779b1n, two: 0x85ebca77n, three: 0xc2b2ae3dn } as const;
const prime64 = {
  one: 0x9e3779b185ebca87n,
  two: 0xc2b2ae3d27d4eb4fn,
  three: 0x165667b19e3779f9n,
  four: 0x85ebca77c2b2ae63n,
  five: 0x27d4eb2f165667c5n,
} as const;

const secret = Buffer.from(
  "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221" +
    "b8084674f743248ee03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8" +
    "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb" +
    "170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e",
  "hex",
);
const secretSizeBytes = 192;
const stripeSizeBytes = 64;
const stripesPerBlock = (secretSizeBytes - stripeSizeBytes) / 8;
const blockSizeBytes = stripeSizeBytes * stripesPerBlock;

/** The hash as a signed 64-bit integer, as Java has it. */
export function xxh3(input: Buffer): bigint {
  return BigInt.asIntN(64, hashOf(input));
}

function hashOf(input: Buffer): bigint {
  const { length } = input;
  if (length === 0) return xxh64Avalanche(secretAt(56) ^ secretAt(64));
  if (length <= 3) return hashUpTo3(input);
  if (length <= 8) return hashUpTo8(input);
  if (length <= 16) return hashUpTo16(input);
  if (length <= 128) return hashUpTo128(input);
  if (length <= 240) return hashUpTo240(input);
  return hashLong(input);
}

function hashUpTo3(input: Buffer): bigint {
  const { length } = input;
  const combined = ((input[0]! << 16) | (input[length >> 1]! << 24) | input[length - 1]! | (length << 8)) >>> 0;
  return xxh64Avalanche(BigInt(combined) ^ BigInt((secret.readUInt32LE(0) ^ secret.readUInt32LE(4)) >>> 0));
}

function hashUpTo8(input: Buffer): bigint {
  const first = BigInt(input.readUInt32LE(0));
  const last = BigInt(input.readUInt32LE(input.length - 4));
  const prime = 0x9fb21c651e98df25n;
  let hash = (last + (first << 32n)) ^ secretAt(8) ^ secretAt(16);
  hash ^= rotated(hash, 49n) ^ rotated(hash, 24n);
  hash = (hash * prime) & mask;
  hash ^= (hash >> 35n) + BigInt(input.length);
  hash = (hash * prime) & mask;
  return hash ^ (hash >> 28n);
}

function hashUpTo16(input: Buffer): bigint {
  const low = input.readBigUInt64LE(0) ^ secretAt(24) ^ secretAt(32);
  const high = input.readBigUInt64LE(input.length - 8) ^ secretAt(40) ^ secretAt(48);
  return avalanche(BigInt(input.length) + bytesSwapped(low) + high + foldedProduct(low, high));
}

function hashUpTo128(input: Buffer): bigint {
  const { length } = input;
  let acc = BigInt(length) * prime64.one;
  // From the ends to the middle, 16 bytes from each side, as many as there are.
  for (let i = (length - 1) >> 5; i >= 0; i--) {
    acc += mixed(input, 16 * i, 32 * i) + mixed(input, length - 16 * (i + 1), 32 * i + 16);
  }
  return avalanche(acc);
}

function hashUpTo240(input: Buffer): bigint {
  const { length } = input;
  let acc = BigInt(length) * prime64.one;
  for (let i = 0; i < 8; i++) acc += mixed(input, 16 * i, 16 * i);
  acc = avalanche(acc);
  for (let i = 8; i < length >> 4; i++) acc += mixed(input, 16 * i, 16 * (i - 8) + 3);
  return avalanche(acc + mixed(input, length - 16, 136 - 17));
}

function hashLong(input: Buffer): bigint {
  const { length } = input;
  const accs = [
    prime32.three,
    prime64.one,
    prime64.two,
    prime64.three,
    prime64.four,
    prime32.two,
    prime64.five,
    prime32.one,
  ];
  const lastBlockStart = Math.floor((length - 1) / blockSizeBytes) * blockSizeBytes;
  for (let block = 0; block < lastBlockStart; block += blockSizeBytes) {
    for (let i = 0; i < stripesPerBlock; i++) accumulate(accs, input, block + stripeSizeBytes * i, 8 * i);
    scramble(accs);
  }
  const lastStripes = Math.floor((length - 1 - lastBlockStart) / stripeSizeBytes);
  for (let i = 0; i < lastStripes; i++) accumulate(accs, input, lastBlockStart + stripeSizeBytes * i, 8 * i);
  accumulate(accs, input, length - stripeSizeBytes, secretSizeBytes - stripeSizeBytes - 7);
  let result = BigInt(length) * prime64.one;
  for (let i = 0; i < 8; i += 2) {
    result += foldedProduct(accs[i]! ^ secretAt(11 + 8 * i), accs[i + 1]! ^ secretAt(19 + 8 * i));
  }
  return avalanche(result);
}

function accumulate(accs: bigint[], input: Buffer, at: number, secretOffset: number): void {
  for (let i = 0; i < 8; i++) {
    const data = input.readBigUInt64LE(at + 8 * i);
    const key = data ^ secretAt(secretOffset + 8 * i);
    accs[i ^ 1] = (accs[i ^ 1]! + data) & mask;
    accs[i] = (accs[i]! + (key & 0xffff_ffffn) * (key >> 32n)) & mask;
  }
}

function scramble(accs: bigint[]): void {
  for (let i = 0; i < 8; i++) {
    const acc = accs[i]!;
    const key = secretAt(secretSizeBytes - stripeSizeBytes + 8 * i);
    accs[i] = ((acc ^ (acc >> 47n) ^ key) * prime32.one) & mask;
  }
}

function mixed(input: Buffer, at: number, secretOffset: number): bigint {
  const low = input.readBigUInt64LE(at) ^ secretAt(secretOffset);
  const high = input.readBigUInt64LE(at + 8) ^ secretAt(secretOffset + 8);
  return foldedProduct(low, high);
}

function secretAt(offset: number): bigint {
  return secret.readBigUInt64LE(offset);
}

function foldedProduct(one: bigint, other: bigint): bigint {
  const product = one * other;
  return (product & mask) ^ (product >> 64n);
}

function rotated(value: bigint, bits: bigint): bigint {
  return ((value << bits) | (value >> (64n - bits))) & mask;
}

function bytesSwapped(value: bigint): bigint {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes.readBigUInt64BE();
}

function avalanche(value: bigint): bigint {
  let hash = value & mask;
  hash ^= hash >> 37n;
  hash = (hash * 0x165667919e3779f9n) & mask;
  return hash ^ (hash >> 32n);
}

function xxh64Avalanche(value: bigint): bigint {
  let hash = value;
  hash ^= hash >> 33n;
  hash = (hash * prime64.two) & mask;
  hash ^= hash >> 29n;
  hash = (hash * prime64.three) & mask;
  return hash ^ (hash >> 32n);
}
