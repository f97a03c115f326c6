// The two spellings of an ECDSA signature: r‖s of fixed width (RFC 7518 §3.4) and the DER of RFC 3279 §2.2.3 that
// OpenSSL and every KMS speak. A reader takes the one only, and in its one canonical form.

const SEQUENCE = 0x30;
const INTEGER = 0x02;
/** From here on a DER length needs a second octet; of our curves only P-521 gets there. */
const LONG_FORM = 0x80;

/** r‖s → DER. Node verifies DER at least as fast as r‖s, on Node 24 in two thirds of the time (measured: bench/README.md). */
export function derFromRaw(raw: Uint8Array): Uint8Array {
  const width = raw.length / 2;
  const r = significant(raw, 0, width);
  const s = significant(raw, width, raw.length);
  const content = 4 + r.length + signOctet(r) + s.length + signOctet(s);
  const header = content < LONG_FORM ? 2 : 3;
  const der = new Uint8Array(header + content);
  der[0] = SEQUENCE;
  if (header === 3) der[1] = LONG_FORM | 1;
  der[header - 1] = content;
  putInteger(der, putInteger(der, header, r), s);
  return der;
}

/**
 * DER → r‖s of the given width each, or `undefined` for anything but the canonical DER of two positive integers that
 * fit. RFC 7518 §3.4 [7518-3.4-1] leading zero octets stay.
 */
export function rawFromDer(der: Uint8Array, width: number): Uint8Array | undefined {
  const raw = new Uint8Array(2 * width);
  const start = (der[1] ?? 0) < LONG_FORM ? 2 : 3;
  const rLength = der[start + 1] ?? 0;
  const sStart = start + 2 + rLength;
  const sLength = der[sStart + 1] ?? 0;
  if (!placeInteger(raw, width, der.subarray(start + 2, sStart))) return undefined;
  if (!placeInteger(raw, 2 * width, der.subarray(sStart + 2, sStart + 2 + sLength))) return undefined;
  // One signature has one canonical DER, so writing it again decides everything that was not looked at above.
  const canonical = derFromRaw(raw);
  return canonical.length === der.length && canonical.every((octet, i) => octet === der[i]) ? raw : undefined;
}

/** An integer's octets without leading zeros; zero itself is one octet. */
function significant(raw: Uint8Array, start: number, end: number): Uint8Array {
  let first = start;
  while (first < end - 1 && raw[first] === 0) first++;
  return raw.subarray(first, end);
}

/** A DER integer whose top bit is set gets a zero octet in front, or it would read as negative. */
function signOctet(magnitude: Uint8Array): number {
  return (magnitude[0] ?? 0) >> 7;
}

/** @returns where the next element goes */
function putInteger(der: Uint8Array, at: number, magnitude: Uint8Array): number {
  const length = magnitude.length + signOctet(magnitude);
  const end = at + 2 + length;
  der[at] = INTEGER;
  der[at + 1] = length;
  der.set(magnitude, end - magnitude.length);
  return end;
}

/** Puts an integer's octets, right-aligned, before `end`; `false` when it is wider than `width`. */
function placeInteger(raw: Uint8Array, end: number, integer: Uint8Array): boolean {
  const magnitude = integer[0] === 0 ? integer.subarray(1) : integer;
  const fits = magnitude.length <= raw.length / 2;
  if (fits) raw.set(magnitude, end - magnitude.length);
  return fits;
}
