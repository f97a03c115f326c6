// Events of a remote set for the operator: counts, ages, kids and codes, never key material or a token.

import { channel } from 'node:diagnostics_channel';
import type { JoseErrorCode } from '../errors.ts';
import { announce } from '../events.ts';
import { exportJwk } from '../jwk/export.ts';
import type { Key } from '../jwk/key.ts';
import type { KeySet } from '../jwks/set.ts';
import type { NumericDate } from '../time.ts';

/** An event of a remote set. The members after the first three depend on the type. */
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
  /** The URL of the set, or what `discoverJwks` was given. */
  readonly url: string;
  readonly at: NumericDate;
  /** The kid of a key, or of an unverified token; cut to 200 characters. */
  readonly kid?: string;
  readonly alg?: string;
  readonly code?: JoseErrorCode;
  readonly reason?: string;
  /** The number of keys, and the number of those skipped. */
  readonly keys?: number;
  readonly skipped?: number;
  /** Whether the answer equals the last one. */
  readonly unchanged?: boolean;
  readonly freshUntil?: NumericDate | undefined;
  /** Seconds since the last good answer. */
  readonly age?: number;
  readonly failures?: number | undefined;
  readonly retryAt?: NumericDate | undefined;
}

type EventDetails = Omit<JwksEvent, 'type' | 'url' | 'at'>;
export type Emitter = (type: JwksEvent['type'], at: NumericDate, details: () => EventDetails) => boolean;

/** The name of the node:diagnostics_channel. */
const JWKS_CHANNEL = 'barejose:jwks';

export function emitterOf(url: string, onEvent: ((event: JwksEvent) => void) | undefined): Emitter {
  const jwksChannel = channel(JWKS_CHANNEL);
  return (type, at, details) => announce<JwksEvent>(jwksChannel, onEvent, () => ({ type, url, at, ...details() }));
}

/** The sets before and after a good answer. */
interface SetChange {
  readonly at: NumericDate;
  readonly old: KeySet;
  readonly set: KeySet;
  readonly isSame: boolean;
  readonly freshUntil: NumericDate | undefined;
}

/** Emits the events of a good answer: 'refreshed', then each added, removed and skipped key. */
export function emitSetChange(emit: Emitter, { at, old, set, isSame, freshUntil }: SetChange): void {
  const { keys, skipped } = set;
  const details = { keys: keys.length, skipped: skipped.length, unchanged: isSame, freshUntil };
  if (!emit('refreshed', at, () => details) || isSame) return;
  for (const key of keysMissingFrom(old, set)) emit('key-added', at, () => kidAndAlgOf(key));
  for (const key of keysMissingFrom(set, old)) emit('key-removed', at, () => kidAndAlgOf(key));
  for (const { kid, reason } of skipped) emit('key-skipped', at, () => ({ ...kidAndAlgOf({ kid }), reason }));
}

/** The keys of the second set that the first one lacks. */
function keysMissingFrom(from: KeySet, { keys }: KeySet): readonly Key[] {
  const known = new Set(from.keys.map(publicJwkText));
  return keys.filter((key) => !known.has(publicJwkText(key)));
}

function publicJwkText(key: Key): string {
  return JSON.stringify(exportJwk(key));
}

const MAX_TEXT_LENGTH = 200;

/** The kid and alg of a key or header, cut short. */
export function kidAndAlgOf({ kid, alg }: { kid?: string | undefined; alg?: string }): EventDetails {
  return {
    ...(kid !== undefined && { kid: kid.slice(0, MAX_TEXT_LENGTH) }),
    ...(alg !== undefined && { alg: alg.slice(0, MAX_TEXT_LENGTH) }),
  };
}
