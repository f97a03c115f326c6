// What `verify` and `explain` are told to trust: whose tokens, for whom, and by which keys.
import {
  createVerifier,
  discoverJwks,
  JoseError,
  type Key,
  type KeySet,
  type RemoteJwks,
  remoteJwks,
  SIGNATURE_ALGORITHMS,
  type SkippedKey,
  type VerifiedJwt,
  type Verifier,
} from '../index.ts';
import { type Arguments, asUsage, type Options } from './arguments.ts';
import { needKey, needKeySet } from './keys.ts';
import { isUrl, REMOTE } from './urls.ts';
import { readText } from './values.ts';
import { isOfKeys, UsageError, type World } from './world.ts';

type TrustOption =
  | 'jwks'
  | 'key'
  | 'issuer'
  | 'any-issuer'
  | 'audience'
  | 'any-audience'
  | 'typ'
  | 'subject'
  | 'alg'
  | 'clock-skew'
  | 'at';

export const TRUST_OPTIONS: Options<TrustOption> = {
  issuer: { value: 'ISSUER', help: 'what iss must be. With neither --jwks nor --key, its keys are found by discovery' },
  'any-issuer': { help: 'deliberately leave iss unchecked' },
  audience: { value: 'AUDIENCE', help: 'what aud must be or hold' },
  'any-audience': { help: 'deliberately leave aud unchecked' },
  jwks: { value: 'FILE_OR_URL', help: "the issuer's JWK Set: a file, https, or http on loopback" },
  key: { value: 'KEY', help: 'one public key or secret in its place: FILE, @FILE, env:NAME or -, a JWK, PEM or DER' },
  typ: { value: 'TYPE', help: 'what typ must be, such as at+jwt' },
  subject: { value: 'SUBJECT', help: 'what sub must be' },
  alg: { value: 'ALGORITHM', help: 'accept only this algorithm. One alone is also what --key is for', many: true },
  'clock-skew': { value: 'DURATION', help: 'by how much clocks may differ: at most 10m, default none' },
  at: { value: 'INSTANT', help: 'judge as if it were then: seconds, or 2026-01-31T12:00:00Z' },
};

export const TOKEN_OPERAND = {
  name: 'TOKEN',
  help: '- (standard input, the default), @FILE or env:NAME',
  isSource: true,
} as const;

/** A verifier, and which keys it was not given. */
export interface Trust {
  readonly verifier: Verifier;
  readonly skipped: () => readonly SkippedKey[];
}

/** @throws UsageError, KeysUnavailable */
export async function readTrust(world: World, given: Arguments<TrustOption>): Promise<Trust> {
  const [issuer, audience] = [given.text('issuer') ?? null, given.text('audience') ?? null];
  checkStatedOrWaived(given);
  const [typ, subject, algorithms] = [
    given.text('typ'),
    given.text('subject'),
    given.choices('alg', SIGNATURE_ALGORITHMS),
  ];
  const [clockSkew, at] = [given.duration('clock-skew'), given.instant('at')];
  const keys = await readKeys(world, given, issuer);
  const verifier = await asUsage(() =>
    createVerifier({
      issuer,
      audience,
      keys,
      ...(typ !== undefined && { typ }),
      ...(subject !== undefined && { subject }),
      ...(algorithms.length > 0 && { algorithms }),
      ...(clockSkew !== undefined && { clockSkew }),
      ...(at !== undefined && { clock: () => at }),
    }),
  );
  return { verifier, skipped: () => setOf(keys)?.skipped ?? [] };
}

/** Nothing goes unchecked by omission. */
function checkStatedOrWaived(given: Arguments<TrustOption>): void {
  const pairs = [
    ['issuer', 'any-issuer'],
    ['audience', 'any-audience'],
  ] as const;
  const faults = pairs.filter(([name, waiver]) => given.has(name) === given.has(waiver));
  if (faults.length === 0) return;
  const alternatives = faults.map(([name, waiver]) => `either --${name} or --${waiver}`);
  throw new UsageError(`${alternatives.join(' and ')} must be given, and not both`);
}

type Keys = Key | KeySet | RemoteJwks;

async function readKeys(world: World, given: Arguments<TrustOption>, issuer: string | null): Promise<Keys> {
  const [jwks, key] = [given.text('jwks'), given.text('key')];
  if (jwks !== undefined && key !== undefined) throw new UsageError('--jwks and --key exclude each other');
  if (jwks !== undefined && isUrl(jwks)) return asUsage(() => remoteJwks(jwks, REMOTE), '--jwks');
  if (jwks !== undefined) return needKeySet(world, { name: '--jwks', source: jwks, isPublic: true });
  if (key !== undefined) return readVerifyingKey(world, given, key);
  if (issuer === null) throw new UsageError('--jwks or --key must be given: there is no issuer to ask for keys');
  return asUsage(() => discoverJwks(issuer, REMOTE), '--issuer');
}

async function readVerifyingKey(world: World, given: Arguments<TrustOption>, source: string): Promise<Key> {
  const [alg, second] = given.choices('alg', SIGNATURE_ALGORITHMS);
  const options = alg !== undefined && second === undefined ? { alg } : {};
  const key = await needKey(world, { name: '--key', source, isPublic: true }, options);
  // A verifier that holds a private key can be robbed of it.
  if (key.type === 'private')
    throw new UsageError('--key is private; verify with what `barejose key public` makes of it');
  return key;
}

/** The set that keys were chosen from, where there is one. */
function setOf(keys: Keys): KeySet | undefined {
  if ('current' in keys) return keys.current;
  return 'keys' in keys ? keys : undefined;
}

export function readToken(world: World, given: Arguments<never>): Promise<string> {
  return readText(world, { name: 'TOKEN', source: given.operand });
}

/** The verdict, whichever it is. @throws JoseError when there is none, for lack of keys */
export async function judge({ verifier }: Trust, token: string): Promise<VerifiedJwt | JoseError> {
  try {
    return await verifier.verify(token);
  } catch (error) {
    if (error instanceof JoseError && !isOfKeys(error)) return error;
    throw error;
  }
}
