// DER (X.690 §8, §10), as much of it as keys need: elements read to the last octet, and written.
import { concat } from '../bytes.ts';

export const INTEGER = 0x02;
export const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;
export const OBJECT_IDENTIFIER = 0x06;
export const SEQUENCE = 0x30;

export interface DerElement {
  readonly tag: number;
  readonly content: Uint8Array;
}

/** The most elements in a row: nothing that is read here has more, and each takes a hundred times the memory of its octets. */
const MAX_ELEMENTS = 32;

/**
 * The elements of the octets, one after another; `undefined` unless they are DER up to the last octet and, where not lax,
 * few. OpenSSL reads only the first element and ignores the rest.
 */
export function readElements(octets: Uint8Array, isLax = false): readonly DerElement[] | undefined {
  const elements: DerElement[] = [];
  for (let at = 0; at < octets.length; ) {
    const element = elementAt(octets, at, isLax);
    if (!element || (elements.length === MAX_ELEMENTS && !isLax)) return undefined;
    elements.push(element);
    at = element.end;
  }
  return elements;
}

/** The elements of the one SEQUENCE that the octets are; `undefined` when they are anything else, or more. */
export function readSequence(octets: Uint8Array): readonly DerElement[] | undefined {
  const [sequence, second] = readElements(octets) ?? [];
  return sequence?.tag === SEQUENCE && !second ? readElements(sequence.content) : undefined;
}

/**
 * The elements of the SEQUENCE that the octets open with, whatever follows it. Lengths may be as long as BER allows,
 * and that of the SEQUENCE may be indefinite, since OpenSSL reads such a key.
 */
export function readLeadingSequence(octets: Uint8Array): readonly DerElement[] | undefined {
  // An indefinite length ends with two zero octets.
  if (octets[0] === SEQUENCE && octets[1] === LONG_FORM) return readElements(octets.subarray(2, -2), true);
  const sequence = elementAt(octets, 0, true);
  return sequence?.tag === SEQUENCE ? readElements(sequence.content, true) : undefined;
}

/** Tags are of one octet, and lengths are definite and as short as they can be (§10.1). */
function elementAt(
  octets: Uint8Array,
  at: number,
  isLax: boolean,
): (DerElement & { readonly end: number }) | undefined {
  const first = octets[at + 1] ?? 0;
  const start = at + 2 + (first < LONG_FORM ? 0 : first - LONG_FORM);
  const length =
    first < LONG_FORM ? first : octets.subarray(at + 2, start).reduce((sum, octet) => 256 * sum + octet, 0);
  const end = start + length;
  if (first === LONG_FORM || end > octets.length) return undefined;
  if (!isLax && at + 1 + lengthOctets(length).length !== start) return undefined;
  return { tag: Number(octets[at]), content: octets.subarray(start, end), end };
}

/** A length in its long form opens with this, plus the number of octets that it takes. */
const LONG_FORM = 0x80;

function lengthOctets(length: number): readonly number[] {
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return length < LONG_FORM ? [length] : [LONG_FORM | octets.length, ...octets];
}

export function writeElement(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  const length = content.reduce((sum, part) => sum + part.length, 0);
  return concat([Uint8Array.of(tag, ...lengthOctets(length)), ...content]);
}

/** A number that is not negative: where its top bit is set, a zero octet goes before it. */
export function writeInteger(magnitude: Uint8Array): Uint8Array {
  return writeElement(INTEGER, new Uint8Array(Number(magnitude[0]) >> 7), magnitude);
}
