// Builds the verifier of `verify` and `explain` from their options: keys, issuer, audience and other expectations.
import {
  createVerifier,
  discoverJwks,
  type ExpectedValue,
  type ExpectedValues,
  type Explanation,
  explainToken,
  JoseError,
  type Key,
  type KeySet,
  type RemoteJwks,
  remoteJwks,
  SIGNATURE_ALGORITHMS,
  type SkippedKey,
  type TrustedIssuerOptions,
  type VerifiedJwt,
  type Verifier,
  type VerifierOptions,
} from '../index.ts';
import type { Arguments, Options } from './arguments.ts';
import { isAboutKeys, withUsageErrors } from './errors.ts';
import { type Host, UsageError } from './host.ts';
import { isUrl, readText } from './input.ts';
import { REMOTE_OPTIONS, readKeySetFile } from './key-set.ts';
import { requirePublicKey } from './keys.ts';
import { PROVIDER_OPTIONS, type ProviderOption, readProvider } from './provider.ts';
import {
  readTokenDecryption,
  TOKEN_DECRYPTION_OPTIONS,
  type TokenDecryptionOption,
  withOptionNames,
} from './token-decryption.ts';

type VerifyOption =
  | ProviderOption
  | TokenDecryptionOption
  | 'jwks'
  | 'key'
  | 'issuer'
  | 'any-issuer'
  | 'audience'
  | 'any-audience'
  | 'typ'
  | 'subject'
  | 'claim'
  | 'alg'
  | 'clock-skew'
  | 'at';

export const VERIFY_OPTIONS: Options<VerifyOption> = {
  issuer: { value: 'ISSUER', help: 'the iss to require. Without --jwks and --key, its keys are found by discovery' },
  'any-issuer': { help: 'do not check iss' },
  audience: { value: 'AUDIENCE', help: 'the value that aud must be or contain' },
  'any-audience': { help: 'do not check aud' },
  jwks: { value: 'FILE_OR_URL', help: "the issuer's JWK Set: a file, an https URL, or an http URL on loopback" },
  key: { value: 'KEY', help: 'one public key or secret instead: FILE, @FILE, env:NAME or -, as JWK, PEM or DER' },
  typ: { value: 'TYPE', help: 'the typ to require, such as at+jwt' },
  subject: { value: 'SUBJECT', help: 'the sub to require' },
  claim: {
    value: 'NAME=VALUE',
    help: 'another claim to require, compared as text. Of several values of one NAME, any will do',
    many: true,
  },
  alg: {
    value: 'ALGORITHM',
    help: 'accept only this algorithm. A single one is also the algorithm of --key',
    many: true,
  },
  'clock-skew': { value: 'DURATION', help: 'tolerate clocks that differ by this much, at most 10m. Default: 0s' },
  at: { value: 'INSTANT', help: 'verify as of this instant: seconds since 1970, or 2026-01-31T12:00:00Z' },
  ...TOKEN_DECRYPTION_OPTIONS,
  ...PROVIDER_OPTIONS,
};

export const TOKEN_OPERAND = {
  name: 'TOKEN',
  help: '- (standard input, the default), @FILE or env:NAME',
  isSource: true,
} as const;

/** A token, the verifier for it, and the keys of its set that the import skipped. */
export interface Verification {
  readonly token: string;
  readonly verifier: Verifier;
  readonly skipped: () => readonly SkippedKey[];
  /** Returns the text that is encrypted in the token, not verified; `undefined` without a key to decrypt it. */
  readonly inner: () => string | undefined;
}

/** Reads the token last, unless the verifier depends on it. @throws UsageError, KeysUnavailableError */
export async function readVerification(host: Host, args: Arguments<VerifyOption>): Promise<Verification> {
  const expected = readExpectations(args);
  const issuer = (await readProvidedIssuer(host, args)) ?? (await readNamedIssuer(host, args));
  refuseOverrides(issuer, expected);
  const claims = issuer.claims || expected.claims ? { ...issuer.claims, ...expected.claims } : undefined;
  let token: Promise<string> | undefined;
  const readOnce = () => {
    token ??= readToken(host, args);
    return token;
  };
  const decryption = await readTokenDecryption(host, args, readOnce);
  const verifier = await withUsageErrors(() =>
    createVerifier({
      ...issuer,
      ...expected,
      ...(claims && { claims }),
      ...(decryption && { decrypt: decryption.decrypter }),
    }),
  );
  const given = await readOnce();
  return {
    token: given,
    verifier,
    skipped: () => keySetOf(issuer.keys)?.skipped ?? [],
    inner: () => decryption?.open(given),
  };
}

/** Refuses what would replace a check of the provider: the options of the command add to it. */
function refuseOverrides({ claims, algorithms }: IssuerOptions, expected: Partial<VerifierOptions>): void {
  const name = Object.keys(expected.claims ?? {}).find((each) => Object.hasOwn(claims ?? {}, each));
  if (name !== undefined) throw new UsageError(`--claim ${name} cannot be given: --provider has a value for it`);
  if (algorithms && expected.algorithms?.every((alg) => algorithms.includes(alg)) === false)
    throw new UsageError(`--alg must be one of ${algorithms.join(', ')}, with which the provider signs`);
}

/** The expectations beside issuer and audience, as far as they are given. */
function readExpectations(args: Arguments<VerifyOption>): Partial<VerifierOptions> {
  const [typ, subject, claims] = [args.text('typ'), args.text('subject'), readClaimOptions(args)];
  const algorithms = args.choices('alg', SIGNATURE_ALGORITHMS);
  const [clockSkew, at] = [args.duration('clock-skew'), args.instant('at')];
  return {
    ...(typ !== undefined && { typ }),
    ...(subject !== undefined && { subject }),
    ...(claims && { claims }),
    ...(algorithms.length > 0 && { algorithms }),
    ...(clockSkew !== undefined && { clockSkew }),
    ...(at !== undefined && { clock: () => at }),
  };
}

type IssuerOptions = TrustedIssuerOptions & { readonly keys?: VerifierKeys };

/** The issuer of --provider, with other keys if --jwks names them. */
async function readProvidedIssuer(host: Host, args: Arguments<VerifyOption>): Promise<IssuerOptions | undefined> {
  const provided = await readProvider(args);
  if (!provided) return undefined;
  for (const name of ['issuer', 'any-issuer', 'any-audience', 'key'] as const)
    if (args.has(name)) throw new UsageError(`--${name} cannot be combined with --provider`);
  if (args.has('jwks') && args.text('provider') === 'entra')
    throw new UsageError(
      '--jwks cannot be combined with --provider entra, whose keys are checked when they are fetched',
    );
  const { keys, ...options } = provided;
  const own = args.has('jwks') ? await readVerifierKeys(host, args, null) : undefined;
  return { ...options, ...(own ? { keys: own } : keys && { keys: keys as VerifierKeys }) };
}

async function readNamedIssuer(host: Host, args: Arguments<VerifyOption>): Promise<IssuerOptions> {
  const [issuer, audience] = [args.text('issuer') ?? null, args.text('audience') ?? null];
  checkIssuerAndAudience(args);
  return { issuer, audience, keys: await readVerifierKeys(host, args, issuer) };
}

/** The expected claims. VALUE is a string, and also the JSON number or boolean that it spells. */
function readClaimOptions(args: Arguments<VerifyOption>): ExpectedValues | undefined {
  const expected = new Map<string, ExpectedValue[]>();
  for (const text of args.texts('claim')) {
    const [, name = '', value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    if (name === '') throw new UsageError('--claim must be NAME=VALUE, such as token_use=access');
    if (/^(iss|sub|aud|exp|nbf|iat)$/.test(name))
      throw new UsageError(
        '--claim is for other claims than iss, sub, aud, exp, nbf and iat: see --issuer, --subject, --audience',
      );
    const spelt = /^(true|false|-?(0|[1-9]\d{0,14}))$/.test(value) ? [value, JSON.parse(value)] : [value];
    expected.set(name, [...(expected.get(name) ?? []), ...spelt]);
  }
  return expected.size > 0 ? Object.fromEntries(expected) : undefined;
}

/** Requires each of issuer and audience, or its explicit waiver. */
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
  if (jwks !== undefined && key !== undefined) throw new UsageError('--jwks and --key cannot be combined');
  if (jwks !== undefined && isUrl(jwks)) return withUsageErrors(() => remoteJwks(jwks, REMOTE_OPTIONS), '--jwks');
  if (jwks !== undefined) return readKeySetFile(host, { name: '--jwks', source: jwks, isPublic: true });
  if (key !== undefined) return readVerifierKey(host, args, key);
  if (issuer === null) throw new UsageError('--jwks or --key must be given, because discovery requires --issuer');
  return withUsageErrors(() => discoverJwks(issuer, REMOTE_OPTIONS), '--issuer');
}

async function readVerifierKey(host: Host, args: Arguments<VerifyOption>, source: string): Promise<Key> {
  const [alg, second] = args.choices('alg', SIGNATURE_ALGORITHMS);
  const options = alg !== undefined && second === undefined ? { alg } : {};
  return requirePublicKey(host, source, options);
}

/** Returns the key set, if the keys are one or have fetched one. */
function keySetOf(keys: VerifierKeys | undefined): KeySet | undefined {
  if (!keys) return undefined;
  if ('current' in keys) return keys.current;
  return 'keys' in keys ? keys : undefined;
}

export function readToken(host: Host, args: Arguments<never>): Promise<string> {
  return readText(host, { name: 'TOKEN', source: args.operand });
}

/** Returns the verified token, or the error that refuses it. @throws JoseError if the keys are unavailable */
export async function verifiedOrRefusal({ verifier, token }: Verification): Promise<VerifiedJwt | JoseError> {
  try {
    return await verifier.verify(token);
  } catch (error) {
    if (error instanceof JoseError && !isAboutKeys(error)) return error;
    throw error;
  }
}

/** Returns the explanation of a token's verification, in words of the command. */
export function explainVerification({ verifier, token }: Verification, values: boolean): Explanation {
  const explanation = explainToken(verifier, token, { values });
  return { ...explanation, steps: withOptionNames(explanation.steps) };
}
