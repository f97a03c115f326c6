// Signing keys as jwks-rsa hands them out, and where a client finds them: in a remote set, or in what getKeysInterceptor brings.
import { exportPem, importJwks, type Key, type KeySet, type RemoteJwks } from '../index.ts';
import { JwksError, NO_KEYS, notFoundError, SigningKeyNotFoundError } from './jwks-rsa-errors.ts';
import type { ReadClientOptions } from './jwks-rsa-options.ts';
import { clockSeconds } from './timespan.ts';

/** A key of the set. One object serves all callers, so that it is frozen. */
export interface SigningKey {
  readonly kid?: string;
  readonly alg: string;
  readonly publicKey: string;
  readonly rsaPublicKey: string;
  readonly getPublicKey: () => string;
}

const SIGNING_KEYS: WeakMap<Key, SigningKey> = /* @__PURE__ */ new WeakMap();

/** The signing key of a Key, whose PEM is written once. */
export function signingKeyOf(key: Key): SigningKey {
  const known = SIGNING_KEYS.get(key);
  if (known) return known;
  const { kid, alg } = key;
  const pem = exportPem(key).trimEnd(); // as jwks-rsa has it
  const made = Object.freeze({
    publicKey: pem,
    rsaPublicKey: pem,
    getPublicKey: () => pem,
    ...(kid && { kid }),
    alg,
  });
  SIGNING_KEYS.set(key, made);
  return made;
}

/** The key of a kid in a set; without a kid, the only one. @throws JwksError, SigningKeyNotFoundError */
export function findSigningKey(set: KeySet, kid: unknown): SigningKey {
  const [first, second] = set.keys;
  if (first === undefined) throw new JwksError(NO_KEYS);
  if (kid !== undefined && kid !== null) {
    const named = typeof kid === 'string' && kid !== '' ? set.named(kid)[0] : undefined;
    if (named) return signingKeyOf(named);
    throw notFoundError(kid, set.skipped.find((skipped) => skipped.kid === kid)?.reason);
  }
  if (second) throw new SigningKeyNotFoundError('No KID specified and JWKS endpoint returned more than 1 key');
  return signingKeyOf(first);
}

const NO_SET = /* @__PURE__ */ importJwks({ keys: [] });

/** The most characters of a kid that is looked up. */
const MAX_KID_LENGTH = 1_000;

/** Whether a kid can be one of a header: others are in no set. */
function isName(kid: unknown): kid is string {
  return typeof kid === 'string' && kid.length <= MAX_KID_LENGTH && kid.isWellFormed();
}

/**
 * Returns a function that looks kids up in a remote set, which decides when it asks the endpoint. A look-up there is by kid
 * and alg, and jwks-rsa knows the kid alone: the alg is that of the key in the set at hand, for which all callers wait at
 * once.
 */
export function remoteLookUp(remote: RemoteJwks): (kid: unknown) => Promise<KeySet> {
  const ask = (kid: string | undefined, alg = 'RS256'): Promise<KeySet> =>
    remote.for(`${Buffer.from(JSON.stringify({ alg, kid })).toString('base64url')}..`);
  let loading: Promise<KeySet> | undefined;
  const load = async (kid: string | undefined): Promise<KeySet> => {
    try {
      return await ask(kid);
    } finally {
      loading = undefined;
    }
  };
  return async (kid) => {
    const name = isName(kid) ? kid : undefined;
    const { current } = remote;
    if (!current) loading ??= load(name);
    const set = current ?? (await loading);
    return ask(name, set?.named(name)[0]?.alg);
  };
}

/** Finds a key among those that the caller brings, any one without a kid; `undefined` if none of them is it. */
type Interceptor = (kid: unknown) => Promise<SigningKey | undefined>;

/** Returns the caller's interceptor, whose keys are kept as long as those of the endpoint. */
export function interceptorOf({ getKeysInterceptor, cache, maxFresh }: ReadClientOptions): Interceptor | undefined {
  if (!getKeysInterceptor) return undefined;
  let known = NO_SET;
  let usableUntil = Number.NEGATIVE_INFINITY;
  const find = (kid: unknown): SigningKey | undefined => {
    const key = known.keys.find((each) => !kid || each.kid === kid);
    return key && signingKeyOf(key);
  };
  return async (kid) => {
    const now = clockSeconds();
    const found = cache && now < usableUntil ? find(kid) : undefined;
    if (found) return found;
    known = setOf(await getKeysInterceptor());
    usableUntil = now + maxFresh;
    return find(kid);
  };
}

function setOf(keys: unknown): KeySet {
  if (!Array.isArray(keys)) return NO_SET;
  try {
    return importJwks({ keys });
  } catch (error) {
    throw new JwksError(`getKeysInterceptor: ${Object(error).message}`, error);
  }
}
