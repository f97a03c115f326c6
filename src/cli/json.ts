// Reads JSON objects strictly, and writes JSON for people and programs alike.
import { importJwks, JoseError } from '../index.ts';
import { asJoseError } from './errors.ts';
import { printable } from './terminal.ts';

/** A parsed JSON object, such as a JWK or a claims set. */
export type JsonObject = { readonly [name: string]: unknown };

/**
 * Parses a JSON object, and refuses a duplicate member, of which JSON.parse would keep the last. importJwks does this
 * check, because it reads the whole text of a JWK Set strictly.
 * @param name of the object in messages, which repeat nothing of the text
 * @throws JoseError ERR_JWK_INVALID, ERR_JOSE_LIMIT_EXCEEDED
 */
export function parseJsonObject(text: string, name: string): JsonObject {
  const value = parseJson(text);
  if (!isJsonObject(value)) throw new JoseError('ERR_JWK_INVALID', `${name} is not a JSON object`);
  try {
    importJwks(`{"keys":[],"value":${text}}`);
  } catch (error) {
    // The library's message would name a JWK Set.
    const isLimit = asJoseError(error).code === 'ERR_JOSE_LIMIT_EXCEEDED';
    if (isLimit) throw new JoseError('ERR_JOSE_LIMIT_EXCEEDED', `${name} is too large or nested too deeply`);
    throw new JoseError('ERR_JWK_INVALID', `${name} has a member twice`);
  }
  return value;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Parses JSON; `undefined` for other text. The message of JSON.parse is dropped, because it quotes the text. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Formats a value as JSON on several lines, without characters that control a terminal. */
export function formatJson(value: unknown): string {
  return JSON.stringify(value, null, 2).split('\n').map(printable).join('\n');
}
