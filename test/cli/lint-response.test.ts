import { describe, expect, test } from 'vitest';
import { lintProtocol, lintResponse } from '../../src/cli/lint-response.ts';
import type { FetchedDocument } from '../../src/index.ts';

const GOOD: FetchedDocument = {
  url: 'https://issuer.example/jwks.json',
  status: 200,
  body: '{"keys":[]}',
  octets: 11,
  contentType: 'application/jwk-set+json',
  cacheControl: 'public, max-age=600',
  etag: '"1"',
};
const findingsOf = (changed: Partial<Record<keyof FetchedDocument, string | undefined>>) => {
  const document = Object.entries({ ...GOOD, ...changed }).filter(([, value]) => value !== undefined);
  return lintResponse(Object.fromEntries(document) as unknown as FetchedDocument).map(
    ({ severity, section }) => `${severity} ${section}`,
  );
};

test('a good response has no findings', () => expect(findingsOf({})).toEqual([]));

test.each([
  ['https://issuer.example/', undefined],
  ['HTTPS://issuer.example/', undefined],
  ['http://issuer.example/', 'error'],
  ['http://127.0.0.1.issuer.example/', 'error'],
  ['http://localhost.issuer.example/', 'error'],
  ['ftp://issuer.example/', 'error'],
  ['http://', 'error'],
  ['http://localhost:8080/', 'note'],
  ['http://127.1.2.3/', 'note'],
  ['http://[::1]/', 'note'],
])('%s', (url, severity) => expect(lintProtocol(url)?.severity).toBe(severity));

test.each([
  ['application/jwk-set+json; charset=utf-8', []],
  ['Application/JWK-Set+JSON', []],
  ['application/json;charset=utf-8', ['note RFC 7517 §8.5.2']],
  ['application/jwk+json', ['warning RFC 7517 §8.5.2']],
  ['text/html', ['warning RFC 7517 §8.5.2']],
  ['', ['warning RFC 7517 §8.5.2']],
  [undefined, ['warning RFC 7517 §8.5.2']],
])('the media type %s', (contentType, findings) => expect(findingsOf({ contentType })).toEqual(findings));

describe('caching', () => {
  test.each([
    ['max-age=60', undefined, []],
    ['max-age=3600', undefined, []],
    ['Public,MAX-AGE="900"', '600', []],
    ['max-age=600', 'soon', []],
    ['max-age=59', undefined, ['warning ours']],
    ['max-age=0', undefined, ['warning ours']],
    ['max-age=600', '541', ['warning ours']],
    ['max-age=600', '10000', ['warning ours']],
    ['max-age=3601', undefined, ['note ours']],
    ['max-age=86400', undefined, ['note ours']],
    ['max-age=86401', undefined, ['warning ours']],
    [`max-age=${'9'.repeat(400)}`, undefined, ['warning ours']],
    ['no-store', undefined, ['warning RFC 9111 §5.2.2']],
    ['no-cache, max-age=600', undefined, ['warning RFC 9111 §5.2.2']],
    ['public', undefined, ['warning RFC 9111 §5.2.2.1']],
    ['max-age', undefined, ['warning RFC 9111 §5.2.2.1']],
    [undefined, undefined, ['warning RFC 9111 §5.2.2.1']],
  ])('%.40s, Age %s', (cacheControl, age, findings) => expect(findingsOf({ cacheControl, age })).toEqual(findings));

  test('no ETag', () => expect(findingsOf({ etag: undefined })).toEqual(['note RFC 9110 §8.8.3']));
});
