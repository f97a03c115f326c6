// What an auditor has to say: how grave it is, what asks for it, which keys it is about, and what to do.
import { importKey, type JoseError, type Key } from '../index.ts';
import type { Members } from './json.ts';
import { asRefusal } from './world.ts';

/** error: verifiers refuse it, or anyone can forge. warning: it will go wrong some day. note: it could be better. */
export const SEVERITIES = ['error', 'warning', 'note'] as const;

export interface Finding {
  readonly severity: (typeof SEVERITIES)[number];
  /** The section that asks for it, or "ours": a judgement of this library. */
  readonly section: string;
  /** The places in `keys` that it is about; none: the set as a whole, or the way it is served. */
  readonly keys?: readonly Place[];
  readonly message: string;
  readonly remedy: string;
}

export interface Place {
  readonly index: number;
  readonly kid?: string;
}

/** A key of the set, with its place. */
export interface Member {
  readonly index: number;
  readonly jwk: Members;
}

/** What is wrong, without the keys. */
export type Fault = Omit<Finding, 'keys'>;

export function ofKeys({ severity, section, message, remedy }: Fault, members: readonly Member[]): Finding {
  return { severity, section, keys: members.map(placeOf), message, remedy };
}

/** A kid that is no text is a finding, and names nothing. */
function placeOf({ index, jwk: { kid } }: Member): Place {
  return { index, ...(typeof kid === 'string' && { kid }) };
}

/** The key, or what the library has against it. */
export function tryKey(jwk: Members): Key | JoseError {
  try {
    return importKey({ ...jwk, kty: typeof jwk.kty === 'string' ? jwk.kty : '' });
  } catch (error) {
    return asRefusal(error);
  }
}

export function pick(jwk: Members, names: readonly string[]): Members {
  return Object.fromEntries(names.filter((name) => Object.hasOwn(jwk, name)).map((name) => [name, jwk[name]]));
}
