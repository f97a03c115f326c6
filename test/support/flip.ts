// The negative twin of a value: the same but for one bit, or one character.

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Where twins differ from the original: at its beginning, in its middle and at its end. */
export const PLACES = ['first', 'middle', 'last'] as const;
export type Place = (typeof PLACES)[number];

/** The octets with the lowest bit of one octet flipped. */
export function flipBit(octets: Uint8Array, place: Place = 'first'): Uint8Array {
  const at = indexOf(place, octets.length);
  return octets.map((octet, i) => (i === at ? octet ^ 1 : octet));
}

/** The canonical base64url text of the octets with one bit flipped. */
export function flipEncoded(encoded: string, place: Place = 'first'): string {
  return Buffer.from(flipBit(Buffer.from(encoded, 'base64url'), place)).toString('base64url');
}

/** The text with its first character replaced by a neighbour in the base64url alphabet, which keeps it canonical. */
export function changeCharacter(text: string): string {
  const at = ALPHABET.indexOf(text.charAt(0));
  return ALPHABET.charAt(at ^ 1) + text.slice(1);
}

function indexOf(place: Place, length: number): number {
  return { first: 0, middle: length >> 1, last: length - 1 }[place];
}
