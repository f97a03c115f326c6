// The work of every reader of HTTP headers, bodies and metadata grows in proportion to what the other side sends, as
// complexity.test.ts measures it.

import { describe, expect, test } from 'vitest';
import {
  authenticate,
  bearerFetch,
  createKeyVerifier,
  discover,
  exportJwk,
  fetchJwks,
  importJwks,
  jwksEndpoint,
  remoteJwks,
} from '../../src/index.ts';
import { expectLinear } from '../support/complexity.ts';
import { fakeIssuer, JWKS_URL } from '../support/issuer.ts';
import { keyPairs, secretKey } from '../support/keys.ts';
import { AUTHORIZATIONS, HEADER_LISTS, JSON_VALUES, run, withMember } from '../support/worst-inputs.ts';

const KEYS = secretKey('HS256');
const VERIFIER = createKeyVerifier({ issuer: 'i', audience: 'a', keys: KEYS, clock: () => 1_700_000_000 });

describe('HTTP', () => {
  const request = (headers: Record<string, string>) => new Request('https://api.example/', { headers });
  const guarded = bearerFetch(VERIFIER, async () => new Response());
  const statusOf = async (authorization: string) => (await authenticate(VERIFIER, { authorization })).status;

  test.each(AUTHORIZATIONS)('Authorization: %s', async (_, text) => {
    expect([400, 401]).toContain(await statusOf(text(16_000)));
    await expectLinear((length) => {
      const authorization = text(length);
      return () => statusOf(authorization);
    }, 100_000);
    await expectLinear((length) => {
      const sent = request({ authorization: text(length) });
      return () => guarded(sent);
    }, 100_000);
  });

  test('many headers, all of them Authorization by another spelling', async () => {
    await expectLinear((count) => {
      const spellings = Array.from({ length: count }, (_, i) => spelling('authorization', i));
      const headers = Object.fromEntries(spellings.map((name, i) => [name, `Bearer ${i}`]));
      return () => authenticate(VERIFIER, headers);
    }, 4_000);
  });

  const spelling = (name: string, bits: number) =>
    Array.from(name, (letter, i) => ((bits >> i) & 1 ? letter.toUpperCase() : letter)).join('');

  test.each(HEADER_LISTS)('If-None-Match: %s', async (_, text) => {
    const endpoint = jwksEndpoint(importJwks({ keys: [exportJwk(keyPairs.ES256.publicKey)] }));
    const statusOf = async (tag: string) => {
      const sent = new Request('https://issuer.example/.well-known/jwks.json', { headers: { 'if-none-match': tag } });
      return (await endpoint(sent)).status;
    };
    expect(await statusOf(text(16_000))).toBe(200);
    await expectLinear((length) => {
      const tag = text(length);
      return () => statusOf(tag);
    }, 100_000);
  });

  const body = JSON.stringify({ keys: [exportJwk(keyPairs.ES256.publicKey)] });

  test.each(HEADER_LISTS)('Cache-Control, Age, ETag and Retry-After: %s', async (_, text) => {
    await expectLinear((length) => {
      const value = text(length);
      const headers = { 'cache-control': value, age: value, etag: value, 'retry-after': value, date: value };
      const issuer = fakeIssuer(() => new Response(body, { headers }));
      const set = remoteJwks(JWKS_URL, issuer.options);
      return () => set.refresh();
    }, 400_000);
  });

  test('a body in chunks of one octet', async () => {
    const chunked = (text: string) => {
      const octets = Buffer.from(text);
      let at = 0;
      // One by one as they are read: the platform's own queue takes quadratic time for many at once.
      const pull = (controller: ReadableStreamDefaultController) =>
        at < octets.length ? controller.enqueue(octets.subarray(at++, at)) : controller.close();
      return new ReadableStream({ pull });
    };
    await expectLinear((length) => {
      const text = `${run(' ', length)}${body}`;
      return () => fetchJwks(JWKS_URL, { fetch: async () => new Response(chunked(text)) });
    }, 32_000);
  });

  test.each(JSON_VALUES)('metadata of an issuer, and a key set, with %s', async (_, value) => {
    const metadata = { issuer: 'https://issuer.example', jwks_uri: JWKS_URL };
    await expectLinear((length) => {
      const [document, set] = [withMember(metadata, value(length)), withMember({ keys: [] }, value(length))];
      const fetch = async (url: unknown) => new Response(String(url) === JWKS_URL ? set : document);
      return async () => {
        await discover('https://issuer.example', { fetch }).catch(() => undefined);
        await remoteJwks(JWKS_URL, { fetch }).refresh();
      };
    }, 40_000);
  });
});
