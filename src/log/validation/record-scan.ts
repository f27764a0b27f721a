/**
 * A quick look at the records of a batch: the loop that most of a produce request's own time goes to. So it is flat, reads
 * integers of one and two bytes in place, since of a record of a hundred bytes three are longer than one, and makes no
 * object. (The same five times over is on purpose: with a function for it 64 KB took 5.2 µs, not 3.0.) It knows records as producers write them (`RecordCursor` shows their layout). Whatever is wrong, or merely rare, it
 * leaves to `RecordCursor`, which says what is wrong.
 *
 * What a scan has found stands here until the next one, which is all right since nothing waits in between.
 */
export const scanned = {
  /** The first timestamp, less the batch's base timestamp. */
  timestampDeltaFirst: 0,
  /** The same of the least and the largest one. */
  timestampDeltaMin: 0,
  timestampDeltaMax: 0,
  /** Whether the offset deltas are 0, 1, 2, … */
  isDense: true,
  hasNullKey: false,
};

/** Where the integer ends that `longVarint` has read. */
let behind = 0;
/** Beyond every buffer, also after a size was added to it. */
const nowhere = 0x3fffffff;

/**
 * True when the structure of every record has been checked; false when `RecordCursor` has to look.
 *
 * The place only grows, also where a byte is missing, and past the payload there is nothing to read: so one comparison a
 * record finds whatever reached beyond its end.
 */
export function scanRecords(payload: Buffer, count: number): boolean {
  if (count < 1) return false;
  const { length } = payload;
  let at = 0;
  let timestampDeltaFirst = 0;
  let timestampDeltaMin = 0x7fffffff;
  let timestampDeltaMax = -0x80000000;
  let isDense = true;
  let hasNullKey = false;
  for (let index = 0; index < count; index++) {
    let raw = payload[at++]!;
    if (raw >= 0x80) {
      const next = payload[at++]!;
      if (next < 0x80) raw += (next - 1) << 7;
      else {
        raw = longVarint(payload, at - 2);
        at = behind;
      }
    }
    const end = at + (raw >>> 1);
    if ((raw & 1) !== 0 || end > length) return false;
    at++; // The attributes of a record have no meaning yet.
    raw = payload[at++]!;
    if (raw >= 0x80) {
      const next = payload[at++]!;
      if (next < 0x80) raw += (next - 1) << 7;
      else {
        raw = longVarint(payload, at - 2);
        at = behind;
      }
    }
    const timestampDelta = (raw >>> 1) ^ -(raw & 1);
    if (index === 0) timestampDeltaFirst = timestampDelta;
    if (timestampDelta < timestampDeltaMin) timestampDeltaMin = timestampDelta;
    if (timestampDelta > timestampDeltaMax) timestampDeltaMax = timestampDelta;
    raw = payload[at++]!;
    if (raw >= 0x80) {
      const next = payload[at++]!;
      if (next < 0x80) raw += (next - 1) << 7;
      else {
        raw = longVarint(payload, at - 2);
        at = behind;
      }
    }
    if (raw !== index << 1) isDense = false;
    raw = payload[at++]!;
    if (raw >= 0x80) {
      const next = payload[at++]!;
      if (next < 0x80) raw += (next - 1) << 7;
      else {
        raw = longVarint(payload, at - 2);
        at = behind;
      }
    }
    if ((raw & 1) === 0) at += raw >>> 1;
    else hasNullKey = true;
    raw = payload[at++]!;
    if (raw >= 0x80) {
      const next = payload[at++]!;
      if (next < 0x80) raw += (next - 1) << 7;
      else {
        raw = longVarint(payload, at - 2);
        at = behind;
      }
    }
    if ((raw & 1) === 0) at += raw >>> 1;
    if (payload[at] === 0) at++;
    else at = behindHeaders(payload, at);
    if (at !== end) return false;
    // The same, but known from the size alone: the processor goes on before the record's other integers are there.
    at = end;
  }
  scanned.timestampDeltaFirst = timestampDeltaFirst;
  scanned.timestampDeltaMin = timestampDeltaMin;
  scanned.timestampDeltaMax = timestampDeltaMax;
  scanned.isDense = isDense;
  scanned.hasNullKey = hasNullKey;
  return at === length;
}

/** Where the headers end of which the count stands at `at`. */
function behindHeaders(payload: Buffer, at: number): number {
  const count = longVarint(payload, at);
  if ((count & 1) !== 0) return nowhere;
  for (let left = count >>> 1; left > 0 && behind < nowhere; left--) {
    const keySize = longVarint(payload, behind);
    if ((keySize & 1) !== 0) return nowhere;
    behind += keySize >>> 1;
    const valueSize = longVarint(payload, behind);
    if ((valueSize & 1) === 0) behind += valueSize >>> 1;
  }
  return behind;
}

/** An integer of up to four bytes, as it stands there (zigzag-coded). One that is longer, or not there, ends nowhere. */
function longVarint(payload: Buffer, start: number): number {
  let raw = 0;
  let at = start;
  for (let shift = 0; shift < 28 && at < payload.length; shift += 7) {
    const byte = payload[at++]!;
    raw |= (byte & 0x7f) << shift;
    if (byte >= 0x80) continue;
    behind = at;
    return raw;
  }
  behind = nowhere;
  return 0;
}
