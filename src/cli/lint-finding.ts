// What an auditor has to say: how grave it is, what asks for it, which keys it is about, and what to do.
import { importKey, type JoseError, type Key } from '../index.ts';
import { asJoseError } from './host.ts';
import type { JsonObject } from './json.ts';

/** error: verifiers refuse it, or anyone can forge. warning: it will go wrong some day. note: it could be better. */
export const SEVERITIES = ['error', 'warning', 'note'] as const;

export interface Finding {
  readonly severity: (typeof SEVERITIES)[number];
  /** The section that asks for it, or "ours": a judgement of this library. */
  readonly section: string;
  /** The places in `keys` that it is about; none: the set as a whole, or the way it is served. */
  readonly keys?: readonly KeyReference[];
  readonly message: string;
  readonly remedy: string;
}

export interface KeyReference {
  readonly index: number;
  readonly kid?: string;
}

/** A key of the set, with its place. */
export interface KeyEntry {
  readonly index: number;
  readonly jwk: JsonObject;
}

/** What is wrong, without the keys. */
export type Problem = Omit<Finding, 'keys'>;

export function findingAbout({ severity, section, message, remedy }: Problem, members: readonly KeyEntry[]): Finding {
  return { severity, section, keys: members.map(referenceTo), message, remedy };
}

/** A kid that is no text is a finding, and names nothing. */
function referenceTo({ index, jwk: { kid } }: KeyEntry): KeyReference {
  return { index, ...(typeof kid === 'string' && { kid }) };
}

/** The key, or what the library has against it. */
export function tryKey(jwk: JsonObject): Key | JoseError {
  try {
    return importKey({ ...jwk, kty: typeof jwk.kty === 'string' ? jwk.kty : '' });
  } catch (error) {
    return asJoseError(error);
  }
}

export function pickMembers(jwk: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(names.filter((name) => Object.hasOwn(jwk, name)).map((name) => [name, jwk[name]]));
}
