// The rooms that a token passes, and for each the tests that are asked about its mutants: its own, and the attacks and
// specifications that meet it. Tests that count or time work, or read the source as text, are left out: a mutant changes that
// whether or not it changes what the code does.
const attacks = (...numbers) => numbers.map((number) => `test/attacks/${number}-*.test.ts`);
const specs = (...numbers) => numbers.map((number) => `test/specs/rfc${number}.test.ts`);
const properties = (...names) => names.map((name) => `test/properties/${name}.test.ts`);

export const ROOMS = {
  base64url: {
    mutate: ['src/base64url.ts'],
    tests: ['test/base64url.test.ts', ...properties('base64url'), ...attacks(4), ...specs(4648)],
  },
  json: {
    mutate: ['src/json.ts', 'src/json-write.ts'],
    tests: ['test/json.test.ts', 'test/json-write.test.ts'],
  },
  header: {
    mutate: ['src/header.ts'],
    tests: ['test/header.test.ts', 'test/jws/**', ...attacks(1, 6), ...specs(7515)],
  },
  jws: {
    mutate: ['src/jws/*.ts'],
    tests: ['test/jws/messages.test.ts', 'test/jws/**', ...attacks(3, 4, 6, 7), ...specs(7515, 7797, 8725)],
  },
  jwt: {
    mutate: ['src/jwt/*.ts'],
    tests: [
      'test/jwt/*-messages.test.ts',
      'test/jwt/claims.test.ts',
      'test/jwt/**',
      ...attacks(8, 9),
      ...specs(7519, 8725, 9068),
    ],
  },
  jwks: {
    mutate: ['src/jwks/*.ts'],
    tests: [
      'test/jwks/**',
      'test/jwt/decrypt.test.ts',
      'test/jwt/nested.test.ts',
      'test/jwe/compact.test.ts',
      'test/jwe/json.test.ts',
      ...attacks(2),
      ...specs(7517),
    ],
  },
  jwa: {
    mutate: ['src/jwa/*.ts'],
    tests: [
      'test/jwa/**',
      'test/verifier/pool.test.ts',
      'test/issuer/pool.test.ts',
      'test/jwe/**',
      'test/attacks/12-polluted-crypto.test.ts',
      ...attacks(3, 8),
      ...specs(7518, 8037, 8812, 9864, 9964),
    ],
  },
  jwk: {
    mutate: ['src/jwk/*.ts'],
    tests: [
      'test/jwk/**',
      'test/jwe/**',
      'test/verifier/pool.test.ts',
      'test/attacks/12-polluted-crypto.test.ts',
      ...attacks(2),
      ...specs(7517, 7518, 7638, 8037, 9278, 9964),
    ],
  },
  policy: {
    mutate: ['src/remote/policy.ts'],
    tests: ['test/remote/policy.test.ts'],
  },
  verifier: {
    mutate: ['src/verifier/*.ts'],
    tests: [
      // Without its histories: they compare a verifier with a cache and one without, which takes ten seconds.
      ...['messages', 'verifier', 'issuers', 'token-cache', 'lru-cache', 'frozen-json', 'decrypt-with'].map(
        (name) => `test/verifier/${name}.test.ts`,
      ),
      ...['options', 'replaced-key', 'pool'].map((name) => `test/verifier/${name}.test.ts`),
      ...attacks(11),
    ],
  },
  ring: {
    mutate: ['src/ring/*.ts'],
    tests: ['changes', 'ring', 'messages', 'policy', 'timeline', 'history', 'records'].map(
      (name) => `test/ring/${name}.test.ts`,
    ),
  },
};
