// Splits the text of a token into its parts, and decodes the JSON objects among them, for a page that shows them.
import { decodePart } from './encrypted-token.ts';
import { asJoseError } from './errors.ts';
import { type JsonObject, parseJsonObject } from './json.ts';

/** RFC 7515 §7.1 */
const SIGNED_PARTS = ['header', 'payload', 'signature'] as const;
/** RFC 7516 §7.1 */
const ENCRYPTED_PARTS = ['header', 'encrypted key', 'initialization vector', 'ciphertext', 'tag'] as const;

export type PartName = (typeof SIGNED_PARTS)[number] | (typeof ENCRYPTED_PARTS)[number];

/** A part of a token, as its text has it. */
export interface TokenPart {
  readonly name: PartName;
  readonly text: string;
}

/** Returns the parts of a signed or encrypted token; none if the text has the form of neither. */
export function splitToken(token: string): readonly TokenPart[] {
  const texts = token.split('.', 6);
  const names: readonly PartName[] =
    [SIGNED_PARTS, ENCRYPTED_PARTS].find(({ length }) => length === texts.length) ?? [];
  return texts.every((text) => /^[\w-]*$/.test(text)) ? names.map((name, i) => ({ name, text: String(texts[i]) })) : [];
}

/** Decodes a part that is one strict JSON object; `undefined` for any other. */
export function decodeObject(text: string): JsonObject | undefined {
  try {
    return parseJsonObject(decodePart(text).toString('utf8'), 'the part');
  } catch (error) {
    asJoseError(error);
    return undefined;
  }
}
