// vectors/DIFFERENCES.md: inputs that barejose and another library judge differently, each of a class that the page explains.
// Our own judgement of each is held here; bench/fuzz.mjs, which finds them, holds the classes.

import { createPrivateKey, type JsonWebKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  authenticate,
  createKeyVerifier,
  exportJwk,
  importJwks,
  importKey,
  importSecret,
  type Jwk,
  jwksEndpoint,
  verifyJwt,
} from '../../src/index.ts';
import { codeOf } from '../support/code.ts';
import { compact, keySigner, macSigner } from '../support/forge.ts';
import { ownCases, ownKey } from '../support/vectors.ts';

const NOW = 1_700_000_000;
const ISSUER = 'https://issuer.example';
const CLAIMS = { iss: ISSUER, aud: 'api', sub: 'user-1', iat: NOW - 60, nbf: NOW - 60, exp: 4_000_000_000 };
const EXPECTED = { issuer: ISSUER, audience: 'api', now: NOW } as const;

const JWKS = {
  RS256: { ...ownKey('RSA private'), alg: 'RS256', kid: 'rsa' },
  ES256: { ...ownKey('P-256 private'), alg: 'ES256', kid: 'ec' },
  EdDSA: { ...ownKey('Ed25519 private'), alg: 'EdDSA', kid: 'okp' },
  HS256: { ...ownKey('oct'), alg: 'HS256', kid: 'oct' },
} as const;
type Alg = keyof typeof JWKS;

const verifyingKey = (alg: Alg) => (alg === 'HS256' ? importKey(JWKS[alg]) : importKey(JWKS[alg]).publicKey());

function goodToken(alg: Alg): string {
  const jwk: Jwk = JWKS[alg];
  const signer =
    alg === 'HS256'
      ? macSigner(alg, Buffer.from(String(jwk.k), 'base64url'))
      : keySigner(alg, createPrivateKey({ key: jwk as JsonWebKey, format: 'jwk' }));
  return compact({ alg, kid: jwk.kid }, CLAIMS, signer);
}

const verifier = createKeyVerifier({
  issuer: ISSUER,
  audience: 'api',
  keys: importSecret(Buffer.from('a secret of the tests, known to everybody'), { alg: 'HS256' }),
  clock: () => NOW,
});

async function statusOfTag(text: string): Promise<number> {
  const endpoint = jwksEndpoint(importJwks({ keys: [exportJwk(verifyingKey('ES256'))] }));
  const url = `${ISSUER}/.well-known/jwks.json`;
  const etag = (await endpoint(new Request(url))).headers.get('etag') ?? '';
  const headers = { 'if-none-match': text.replaceAll('{tag}', etag) };
  return (await endpoint(new Request(url, { headers }))).status;
}

/** The judgement of each kind of input: the code of its refusal, or null. */
const JUDGES: Readonly<Record<string, (text: string, alg: Alg) => string | null | Promise<string | null>>> = {
  token: (text, alg) => codeOf(() => verifyJwt(text, verifyingKey(alg), EXPECTED)),
  JWK: (text, alg) => codeOf(() => verifyJwt(goodToken(alg), importKey(JSON.parse(text)), EXPECTED)),
  'JWK Set': (text, alg) => codeOf(() => verifyJwt(goodToken(alg), importJwks(text), EXPECTED)),
  PEM: (text, alg) => codeOf(() => verifyJwt(goodToken(alg), importKey(text), EXPECTED)),
  Authorization: async (text) => {
    const verdict = await authenticate(verifier, text);
    return verdict.ok ? null : (verdict.error?.code ?? `status ${verdict.status}`);
  },
  'If-None-Match': async (text) => ((await statusOfTag(text)) === 304 ? null : 'status 200'),
};

test.each(ownCases('differences'))('$kind, $class, beside $peer', async ({ kind, text, alg, accepted, code }) => {
  expect(await JUDGES[kind]?.(text, alg as Alg)).toBe(code);
  expect(code === null).toBe(accepted);
});

test('the page explains each class of which there is an input, and no other', () => {
  const page = readFileSync(new URL('../../vectors/DIFFERENCES.md', import.meta.url), 'utf8');
  const rows = page.matchAll(/^\| ([^|]+) \| ([^|]+) \| (accepted|refused) \| [^|]+ \| [^|]{20,} \|$/gm);
  const explained = Array.from(rows, ([, kind, name, verdict]) => `${kind}: ${name}, ${verdict}`);
  const met = ownCases('differences').map(
    (each) => `${each.kind}: ${each.class}, ${each.accepted ? 'accepted' : 'refused'}`,
  );
  expect(explained.length).toBeGreaterThan(20);
  expect(explained.toSorted()).toEqual([...new Set(met)].toSorted());
});
