// JSON in and out: text read strictly into an object, and a value written for people and programs alike.
import { importJwks, JoseError } from '../index.ts';
import { asJoseError } from './host.ts';
import { printable } from './terminal.ts';

/** A parsed JSON object: a JWK, a claims set. */
export type JsonObject = { readonly [name: string]: unknown };

/**
 * JSON text → object, each member once. JSON.parse keeps the last of two members without a word; the strict reader of the
 * library does not, and reads the whole text of a JWK Set before it looks for keys in it.
 * @throws JoseError ERR_JWK_INVALID, ERR_JOSE_LIMIT_EXCEEDED; the message says no more of the text than `what`
 */
export function parseJsonObject(text: string, what: string): JsonObject {
  const value = parseJson(text);
  if (!isJsonObject(value)) throw new JoseError('ERR_JWK_INVALID', `${what} is not a JSON object`);
  try {
    importJwks(`{"keys":[],"value":${text}}`);
  } catch (error) {
    // Its own message tells of a JWK Set.
    const isLimit = asJoseError(error).code === 'ERR_JOSE_LIMIT_EXCEEDED';
    if (isLimit) throw new JoseError('ERR_JOSE_LIMIT_EXCEEDED', `${what} is too large or too deep`);
    throw new JoseError('ERR_JWK_INVALID', `${what} has a member twice`);
  }
  return value;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A JSON text's value; `undefined` when it is none. The parser's own message is dropped, for it quotes the text. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A value as JSON on several lines, with nothing in it that could steer a terminal. */
export function formatJson(value: unknown): string {
  return JSON.stringify(value, null, 2).split('\n').map(printable).join('\n');
}
