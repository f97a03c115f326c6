// A simulated identity provider: keys of our own in its spelling, its documents at their URLs, tokens with its claims. A
// table of twins, each unlike a good token in one thing, says what is refused and why.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  createVerifier,
  JoseError,
  type JoseErrorCode,
  type Jwk,
  type RemoteJwksOptions,
  type SignatureAlgorithm,
  type TrustedIssuerOptions,
} from '../../src/index.ts';
import { expectSilent, expectTypeError } from './expect.ts';
import { b64u, certificate, compact, jwkOf, keySigner, macSigner, pem, spkiOf } from './forge.ts';
import { freshPair, type NodePair, nodePair } from './keys.ts';

/** The instant of all simulated providers. */
export const NOW = 1_780_000_000;

/** A signing key of a provider. */
export interface ProviderKey {
  readonly alg: SignatureAlgorithm;
  readonly kid: string;
  readonly pair: NodePair;
}

/** The provider's own keys. */
export const RSA_KEY: ProviderKey = { alg: 'RS256', kid: 'signing-key', pair: nodePair('RS256') };
export const EC_KEY: ProviderKey = { alg: 'ES256', kid: 'signing-key', pair: nodePair('ES256') };
/** Keys of someone else, under the kid of the provider's. */
export const OTHER_RSA_KEY: ProviderKey = { ...RSA_KEY, pair: freshPair('rsa', { modulusLength: 2048 }) };
export const OTHER_EC_KEY: ProviderKey = { ...EC_KEY, pair: freshPair('ec', { namedCurve: 'P-256' }) };

/** The public JWK of a key, with the members that the provider writes beside the key's own. */
export function published({ kid, pair }: ProviderKey, members: object = {}): Jwk {
  return { ...jwkOf(pair.publicKey), kid, ...members } as Jwk;
}

/**
 * The set of `vectors/idp/NAME.json` with a key of ours put first: the members, and their order, are those of the first
 * published key of its kind, with our octets, kid and certificate in them.
 */
export function publishedAs(name: string, key: ProviderKey, members: object = {}): { readonly keys: readonly Jwk[] } {
  const text = readFileSync(new URL(`../../vectors/idp/${name}.json`, import.meta.url), 'utf8');
  const { keys } = JSON.parse(text) as { readonly keys: readonly Jwk[] };
  const ours = published(key);
  const { x5t: _, 'x5t#S256': __, ...theirs } = { ...keys.find(({ kty }) => kty === ours.kty) };
  const x5c = [Buffer.from(certificate(spkiOf(key.pair.publicKey))).toString('base64')];
  return { keys: [{ ...theirs, ...ours, ...('x5c' in theirs ? { x5c } : {}), ...members } as Jwk, ...keys] };
}

/** The metadata of an issuer at the URL of OpenID Connect Discovery §4, and its keys. */
export function discovered(issuer: string, jwksUri: string, jwks: object): Documents {
  return {
    [`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`]: { issuer, jwks_uri: jwksUri },
    [jwksUri]: jwks,
  };
}

/** What a provider answers, by URL. */
export interface Documents {
  readonly [url: string]: object;
}

export interface SimulatedProvider {
  /** Hand these to the provider's function. */
  readonly remote: RemoteJwksOptions;
  /** The URLs asked for, in order. */
  readonly requests: readonly string[];
}

/** Answers these URLs and no others. */
export function simulatedProvider(documents: Documents): SimulatedProvider {
  const requests: string[] = [];
  return {
    requests,
    remote: {
      fetch: async (url) => {
        requests.push(String(url));
        const document = documents[String(url)];
        return document ? Response.json(document) : new Response('', { status: 500 });
      },
      clock: () => NOW,
      random: () => 0.5,
    },
  };
}

/** What a token is made of. A claim or header parameter that is undefined is not written. */
export interface TokenParts {
  readonly key?: ProviderKey;
  readonly header?: object;
  readonly claims?: object;
}

/** A token signed by a key, under a header of its alg and kid. */
export function providerToken({ key = RSA_KEY, header, claims = {} }: TokenParts): string {
  const { alg, kid, pair } = key;
  return compact({ alg, kid, ...header }, claims, keySigner(alg, pair.privateKey));
}

/** A change of the good token, or of the options, and how the token then ends. */
export interface Twin<Options> extends TokenParts {
  /** Changes the text of the token. */
  readonly token?: (token: string) => string;
  /** Other options than the good ones. */
  readonly options?: Partial<Options>;
  /** The error's code, then each failure as `claim reason`. Without: the token verifies. */
  readonly refused?: readonly [code: JoseErrorCode, ...failures: string[]];
}

export interface ProviderCase<Options> {
  /** The provider's function. */
  readonly provider: (options: Options) => TrustedIssuerOptions;
  /** Its options, without `remote`. */
  readonly options: Omit<Options, 'remote'>;
  /** All that the provider answers. Any other URL fails the test. */
  readonly documents: Documents;
  /** The token that verifies. */
  readonly key?: ProviderKey;
  readonly header?: object;
  readonly claims: object;
  /** By title. */
  readonly twins: Readonly<Record<string, Twin<Options>>>;
}

const CLAIMS = 'ERR_JWT_CLAIM_VALIDATION_FAILED';
/** The refusal of a token whose claims or header parameters fail, each as `claim reason`. */
export function failing(...failures: string[]): readonly [JoseErrorCode, ...string[]] {
  return [CLAIMS, ...failures];
}

/** The good token, its twins, and those twins that every provider's tokens have. */
export function testProvider<Options extends object>(name: string, given: ProviderCase<Options>): void {
  describe(name, () => {
    test('a token of the provider verifies, and only its documents are asked for', async () => {
      const { outcome, requests } = await outcomeOf(given, {});
      expect(outcome).toEqual([]);
      expect(requests.filter((url) => !Object.hasOwn(given.documents, url))).toEqual([]);
      expect(requests).toEqual([...new Set(requests)]);
      expect(requests).not.toEqual([]);
    });

    test.each(Object.entries({ ...commonTwins(given), ...given.twins }))('%s', async (_, twin) => {
      const { outcome, requests } = await outcomeOf(given, twin);
      expect(outcome).toEqual(twin.refused ?? []);
      expect(requests.filter((url) => !Object.hasOwn(given.documents, url))).toEqual([]);
    });
  });
}

/** How a twin ends: nothing for a token that verifies, else the code and the failures. */
async function outcomeOf<Options>(given: ProviderCase<Options>, twin: Twin<Options>) {
  const { remote, requests } = simulatedProvider(given.documents);
  const options = leftOut({ ...given.options, remote, ...twin.options }) as Options;
  const verifier = createVerifier({ ...given.provider(options), clock: () => NOW });
  const { token: change = (token: string) => token } = twin;
  const token = change(goodToken(given, twin));
  try {
    const { claims } = await verifier.verify(token);
    expect(claims).toEqual(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()));
    return { outcome: [], requests };
  } catch (error) {
    if (!(error instanceof JoseError)) throw error;
    expectSilent(error, token);
    return {
      outcome: [error.code, ...(error.failures ?? []).map(({ claim, reason }) => `${claim} ${reason}`)],
      requests,
    };
  }
}

function goodToken<Options>(given: ProviderCase<Options>, { key = given.key, header, claims }: Twin<Options>): string {
  const parts = { header: { ...given.header, ...header }, claims: { ...given.claims, ...claims } };
  return providerToken(key ? { ...parts, key } : parts);
}

/** Options without those that are undefined: a row leaves an option out so. */
function leftOut(options: object): object {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** What no provider's token may be. */
function commonTwins<Options>({ key = RSA_KEY, claims }: ProviderCase<Options>): Record<string, Twin<Options>> {
  const isRsa = key.alg.startsWith('RS');
  const { iss } = claims as { readonly iss: string };
  return {
    'signed by a stranger’s key': {
      key: { ...key, pair: (isRsa ? OTHER_RSA_KEY : OTHER_EC_KEY).pair },
      refused: ['ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
    },
    'of a kid that is not published': { header: { kid: 'other' }, refused: ['ERR_JWKS_NO_MATCHING_KEY'] },
    'unsigned (none)': {
      token: (token) => `${b64u({ ...headerOf(token), alg: 'none' })}.${token.split('.')[1]}.`,
      refused: ['ERR_JOSE_ALG_NOT_ALLOWED'],
    },
    'HS256 with the public key as the secret': {
      token: (token) => {
        const header = { ...headerOf(token), alg: 'HS256' };
        const secret = pem('PUBLIC KEY', spkiOf(key.pair.publicKey));
        return compact(header, Buffer.from(token.split('.')[1] ?? '', 'base64url'), macSigner('HS256', secret));
      },
      refused: ['ERR_JOSE_ALG_NOT_ALLOWED'],
    },
    'of another algorithm of that key': {
      key: { ...key, alg: isRsa ? 'RS512' : 'ES256K', pair: isRsa ? key.pair : nodePair('ES256K') },
      refused: ['ERR_JOSE_ALG_NOT_ALLOWED'],
    },
    expired: { claims: { exp: NOW }, refused: ['ERR_JWT_EXPIRED', 'exp expired'] },
    'without exp': { claims: { exp: undefined }, refused: failing('exp missing') },
    'without iss': { claims: { iss: undefined }, refused: failing('iss missing') },
    'of the issuer with a slash more or less': {
      claims: { iss: iss.endsWith('/') ? iss.slice(0, -1) : `${iss}/` },
      refused: failing('iss mismatch'),
    },
    'of the issuer in other letters': { claims: { iss: iss.toUpperCase() }, refused: failing('iss mismatch') },
  };
}

function headerOf(token: string): object {
  return JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString());
}

/** Each row of options, changed from the good ones, is a TypeError that begins so. `remote` is among the good ones. */
export function testOptions<Options extends object>(
  { provider, options }: Pick<ProviderCase<Options>, 'provider' | 'options'>,
  rows: readonly (readonly [change: object, beginning: string])[],
): void {
  test.each([
    ...rows,
    [{ remote: { timeuot: 1 } }, 'options.remote.timeuot is not an option; timeout is'],
    [{ remote: 5 }, 'options.remote must be a plain object'],
  ] as const)('options %o: %s', (change, beginning) => {
    const { message } = expectTypeError(() => createVerifier(provider(leftOut({ ...options, ...change }) as Options)));
    expect(message.slice(0, beginning.length)).toBe(beginning);
  });
}
