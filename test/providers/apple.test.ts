import { describe, expect, test } from 'vitest';
import { apple, createVerifier } from '../../src/index.ts';
import {
  failing,
  NOW,
  providerToken,
  publishedAs,
  RSA_KEY,
  simulatedProvider,
  testOptions,
  testProvider,
} from '../support/provider.ts';

const given = {
  provider: apple,
  options: { clientId: 'com.example.app', nonce: 'n-0S6_WzA2Mj' },
  documents: { 'https://appleid.apple.com/auth/keys': publishedAs('apple', RSA_KEY) },
  claims: {
    iss: 'https://appleid.apple.com',
    aud: 'com.example.app',
    sub: '000544.5e201aec537347aeb79d23cbc345170a.1321',
    nonce: 'n-0S6_WzA2Mj',
    nonce_supported: true,
    c_hash: 'oF3Kr5ImbkXcIuDv-xHmkQ',
    email: 'ada@privaterelay.appleid.example',
    email_verified: 'true',
    is_private_email: 'true',
    auth_time: NOW - 60,
    iat: NOW - 60,
    exp: NOW + 86_340,
  },
};

testProvider('apple', {
  ...given,
  twins: {
    'for one of several clients': { options: { clientId: ['com.example.web', 'com.example.app'] } },
    'without a nonce, where none is asked for': { options: { nonce: undefined }, claims: { nonce: undefined } },
    'for another app': { claims: { aud: 'com.example.other' }, refused: failing('aud mismatch') },
    'of another login': { claims: { nonce: 'another' }, refused: failing('nonce mismatch') },
    'without the nonce': { claims: { nonce: undefined }, refused: failing('nonce missing') },
    'without sub': { claims: { sub: undefined }, refused: failing('sub missing') },
  },
});

testOptions(given, [
  [{ clientId: undefined }, "options.clientId must be given: a bundle id or Services ID such as 'com.example.app'"],
  [{ clientId: 'com.example.app\n' }, 'options.clientId must be a bundle id'],
  [{ nonce: '' }, "options.nonce must be the nonce of the login's own request"],
  [{ audience: 'com.example.app' }, 'options.audience is not an option'],
]);

describe('options made once', () => {
  test('serve each login with its own nonce, and fetch the keys once', async () => {
    const { remote, requests } = simulatedProvider(given.documents);
    const options = apple({ clientId: 'com.example.app', remote });
    for (const nonce of ['first', 'second']) {
      const verifier = createVerifier({ ...options, claims: { nonce }, clock: () => NOW });
      const { claims } = await verifier.verify(providerToken({ claims: { ...given.claims, nonce } }));
      expect(claims).toMatchObject({ nonce });
      await expect(verifier.verify(providerToken({ claims: given.claims }))).rejects.toThrow('nonce');
    }
    expect(requests).toEqual(['https://appleid.apple.com/auth/keys']);
  });
});
