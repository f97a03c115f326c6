// The two spellings of an ECDSA signature: r‖s of fixed width (RFC 7518 §3.4) and the DER of RFC 3279 §2.2.3 that
// OpenSSL and every KMS speak. A reader takes the one only, and in its one canonical form.

const SEQUENCE = 0x30;
const INTEGER = 0x02;
/** From here on a DER length needs a second octet; of our curves only P-521 gets there. */
const LONG_FORM = 0x80;

/**
 * r‖s → DER. Node verifies DER at least as fast as r‖s, on Node 24 in two thirds of the time (measured:
 * bench/README.md).
 */
export function derFromRaw(raw: Uint8Array): Uint8Array {
  const width = raw.length / 2;
  const r = withoutLeadingZeros(raw, 0, width);
  const s = withoutLeadingZeros(raw, width, raw.length);
  const content = 4 + r.length + signOctetLength(r) + s.length + signOctetLength(s);
  const header = signatureHeaderLength(content);
  const der = new Uint8Array(header + content);
  der[0] = SEQUENCE;
  if (header === 3) der[1] = LONG_FORM | 1;
  der[header - 1] = content;
  writeSignatureInteger(der, writeSignatureInteger(der, header, r), s);
  return der;
}

/**
 * DER → r‖s of the given width each, or `undefined` for anything but the canonical DER of two integers that fit: one
 * signature has one spelling. RFC 7518 §3.4 [7518-3.4-1] leading zero octets stay.
 */
export function rawFromDer(der: Uint8Array, width: number): Uint8Array | undefined {
  const header = (der[1] ?? 0) < LONG_FORM ? 2 : 3;
  const rLength = der[header + 1] ?? 0;
  const sAt = header + 2 + rLength;
  const content = der.length - header;
  const isSequence = der[0] === SEQUENCE && der[header - 1] === content && header === signatureHeaderLength(content);
  if (!isSequence || (header === 3 && der[1] !== (LONG_FORM | 1))) return undefined;
  if (der[header] !== INTEGER || der[sAt] !== INTEGER || sAt + 2 + (der[sAt + 1] ?? 0) !== der.length) return undefined;
  const raw = new Uint8Array(2 * width);
  const fits = copySignatureInteger(der, { from: header + 2, to: sAt }, { into: raw, end: width, width });
  return fits && copySignatureInteger(der, { from: sAt + 2, to: der.length }, { into: raw, end: 2 * width, width })
    ? raw
    : undefined;
}

function signatureHeaderLength(content: number): number {
  return content < LONG_FORM ? 2 : 3;
}

/** An integer's octets without leading zeros; zero itself is one octet. */
function withoutLeadingZeros(raw: Uint8Array, start: number, end: number): Uint8Array {
  let first = start;
  while (first < end - 1 && raw[first] === 0) first++;
  return raw.subarray(first, end);
}

/** A DER integer whose top bit is set gets a zero octet in front, or it would read as negative. */
function signOctetLength(magnitude: Uint8Array): number {
  return Number(magnitude[0]) >> 7;
}

/** @returns where the next element goes */
function writeSignatureInteger(der: Uint8Array, at: number, magnitude: Uint8Array): number {
  const length = magnitude.length + signOctetLength(magnitude);
  const end = at + 2 + length;
  der[at] = INTEGER;
  der[at + 1] = length;
  der.set(magnitude, end - magnitude.length);
  return end;
}

interface FixedWidthTarget {
  readonly into: Uint8Array;
  readonly end: number;
  readonly width: number;
}

/**
 * Copies an integer's octets to the end of its place. `false` when there are none or too many, when they are negative, or
 * start with a zero octet that is not needed.
 */
function copySignatureInteger(
  der: Uint8Array,
  { from, to }: { from: number; to: number },
  { into, end, width }: FixedWidthTarget,
): boolean {
  const first = Number(der[from]);
  const isPadded = first === 0 && to - from > 1;
  if (from >= to || first > 0x7f || (isPadded && Number(der[from + 1]) < 0x80)) return false;
  const start = isPadded ? from + 1 : from;
  if (to - start > width) return false;
  for (let i = 1; i <= to - start; i++) into[end - i] = Number(der[to - i]);
  return true;
}
