// What a remote set tells the operator: counts, ages, kids and codes. Never key material, never a token.

import { channel } from 'node:diagnostics_channel';
import type { JoseErrorCode } from '../errors.ts';
import { announce } from '../events.ts';
import { exportJwk } from '../jwk/export.ts';
import type { Key } from '../jwk/key.ts';
import type { KeySet } from '../jwks/set.ts';
import type { NumericDate } from '../time.ts';

/** What happened to a remote set. Which members there are besides the first three depends on the type. */
export interface JwksEvent {
  readonly type:
    | 'refreshed'
    | 'refresh-failed'
    | 'stale-served'
    | 'kid-unknown'
    | 'kid-refused'
    | 'key-added'
    | 'key-removed'
    | 'key-skipped';
  /** The URL of the set, or the issuer that it was discovered from. */
  readonly url: string;
  readonly at: NumericDate;
  /** Of a key, or as a token has it: then it is a stranger's, and cut to 200 characters. */
  readonly kid?: string;
  readonly alg?: string;
  readonly code?: JoseErrorCode;
  readonly reason?: string;
  /** How many keys there are, and how many were left out. */
  readonly keys?: number;
  readonly skipped?: number;
  /** Whether the answer was the same as the last one. */
  readonly unchanged?: boolean;
  readonly freshUntil?: NumericDate | undefined;
  /** Seconds since the last good answer. */
  readonly age?: number;
  readonly failures?: number | undefined;
  readonly retryAt?: NumericDate | undefined;
}

type EventDetails = Omit<JwksEvent, 'type' | 'url' | 'at'>;
export type Emitter = (type: JwksEvent['type'], at: NumericDate, details: () => EventDetails) => boolean;

/** The name under which node:diagnostics_channel hands the events to anyone in the process. */
const JWKS_CHANNEL = 'barejose:jwks';

export function emitterOf(url: string, onEvent: ((event: JwksEvent) => void) | undefined): Emitter {
  const jwksChannel = channel(JWKS_CHANNEL);
  return (type, at, details) => announce<JwksEvent>(jwksChannel, onEvent, () => ({ type, url, at, ...details() }));
}

/** A good answer, as it is told. */
interface SetChange {
  readonly at: NumericDate;
  readonly old: KeySet;
  readonly set: KeySet;
  readonly isSame: boolean;
  readonly freshUntil: NumericDate | undefined;
}

/** That a set came, what is in it, and what changed. */
export function emitSetChange(emit: Emitter, { at, old, set, isSame, freshUntil }: SetChange): void {
  const { keys, skipped } = set;
  const details = { keys: keys.length, skipped: skipped.length, unchanged: isSame, freshUntil };
  if (!emit('refreshed', at, () => details) || isSame) return;
  for (const key of keysMissingFrom(old, set)) emit('key-added', at, () => kidAndAlgOf(key));
  for (const key of keysMissingFrom(set, old)) emit('key-removed', at, () => kidAndAlgOf(key));
  for (const { kid, reason } of skipped) emit('key-skipped', at, () => ({ ...kidAndAlgOf({ kid }), reason }));
}

/** The keys that one set lacks and another has. */
function keysMissingFrom(from: KeySet, { keys }: KeySet): readonly Key[] {
  const known = new Set(from.keys.map(publicJwkText));
  return keys.filter((key) => !known.has(publicJwkText(key)));
}

function publicJwkText(key: Key): string {
  return JSON.stringify(exportJwk(key));
}

const MAX_TEXT_LENGTH = 200;

/** What a key or a header calls itself, cut short. */
export function kidAndAlgOf({ kid, alg }: { kid?: string | undefined; alg?: string }): EventDetails {
  return {
    ...(kid !== undefined && { kid: kid.slice(0, MAX_TEXT_LENGTH) }),
    ...(alg !== undefined && { alg: alg.slice(0, MAX_TEXT_LENGTH) }),
  };
}
