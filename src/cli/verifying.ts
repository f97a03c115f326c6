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
import { type Arguments, type Options, withUsageErrors } from './arguments.ts';
import { type Host, isAboutKeys, UsageError } from './host.ts';
import { readText } from './input.ts';
import { isUrl, REMOTE_OPTIONS } from './key-set.ts';
import { requireKey, requireKeySet } from './keys.ts';

type VerifyOption =
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

export const VERIFY_OPTIONS: Options<VerifyOption> = {
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
export interface ConfiguredVerifier {
  readonly verifier: Verifier;
  readonly skipped: () => readonly SkippedKey[];
}

/** @throws UsageError, KeysUnavailable */
export async function readVerifier(host: Host, args: Arguments<VerifyOption>): Promise<ConfiguredVerifier> {
  const [issuer, audience] = [args.text('issuer') ?? null, args.text('audience') ?? null];
  checkIssuerAndAudience(args);
  const [typ, subject, algorithms] = [
    args.text('typ'),
    args.text('subject'),
    args.choices('alg', SIGNATURE_ALGORITHMS),
  ];
  const [clockSkew, at] = [args.duration('clock-skew'), args.instant('at')];
  const keys = await readVerifierKeys(host, args, issuer);
  const verifier = await withUsageErrors(() =>
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
  return { verifier, skipped: () => keySetOf(keys)?.skipped ?? [] };
}

/** Nothing goes unchecked by omission. */
function checkIssuerAndAudience(args: Arguments<VerifyOption>): void {
  const pairs = [
    ['issuer', 'any-issuer'],
    ['audience', 'any-audience'],
  ] as const;
  const faults = pairs.filter(([name, waiver]) => args.has(name) === args.has(waiver));
  if (faults.length === 0) return;
  const alternatives = faults.map(([name, waiver]) => `either --${name} or --${waiver}`);
  throw new UsageError(`${alternatives.join(' and ')} must be given, and not both`);
}

type VerifierKeys = Key | KeySet | RemoteJwks;

async function readVerifierKeys(
  host: Host,
  args: Arguments<VerifyOption>,
  issuer: string | null,
): Promise<VerifierKeys> {
  const [jwks, key] = [args.text('jwks'), args.text('key')];
  if (jwks !== undefined && key !== undefined) throw new UsageError('--jwks and --key exclude each other');
  if (jwks !== undefined && isUrl(jwks)) return withUsageErrors(() => remoteJwks(jwks, REMOTE_OPTIONS), '--jwks');
  if (jwks !== undefined) return requireKeySet(host, { name: '--jwks', source: jwks, isPublic: true });
  if (key !== undefined) return readVerifierKey(host, args, key);
  if (issuer === null) throw new UsageError('--jwks or --key must be given: there is no issuer to ask for keys');
  return withUsageErrors(() => discoverJwks(issuer, REMOTE_OPTIONS), '--issuer');
}

async function readVerifierKey(host: Host, args: Arguments<VerifyOption>, source: string): Promise<Key> {
  const [alg, second] = args.choices('alg', SIGNATURE_ALGORITHMS);
  const options = alg !== undefined && second === undefined ? { alg } : {};
  const key = await requireKey(host, { name: '--key', source, isPublic: true }, options);
  // A verifier that holds a private key can be robbed of it.
  if (key.type === 'private')
    throw new UsageError('--key is private; verify with what `barejose key public` makes of it');
  return key;
}

/** The set that keys were chosen from, where there is one. */
function keySetOf(keys: VerifierKeys): KeySet | undefined {
  if ('current' in keys) return keys.current;
  return 'keys' in keys ? keys : undefined;
}

export function readToken(host: Host, args: Arguments<never>): Promise<string> {
  return readText(host, { name: 'TOKEN', source: args.operand });
}

/** The verdict, whichever it is. @throws JoseError when there is none, for lack of keys */
export async function verifyToken({ verifier }: ConfiguredVerifier, token: string): Promise<VerifiedJwt | JoseError> {
  try {
    return await verifier.verify(token);
  } catch (error) {
    if (error instanceof JoseError && !isAboutKeys(error)) return error;
    throw error;
  }
}
