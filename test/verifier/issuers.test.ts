// Issuers kept apart: each token is judged by the keys and the policy of the issuer it names, and by no others.
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { createVerifier, remoteJwks, type TrustedIssuerOptions, type Verifier, verifyJwt } from '../../src/index.ts';
import { down, NAME, SYNC_LAG, world } from '../issuer/issuing.ts';
import { cryptoCallsDuring } from '../support/crypto-calls.ts';
import { expectCode } from '../support/expect.ts';
import { b64u, compact, forge, keySigner } from '../support/forge.ts';
import { fakeIssuer } from '../support/issuer.ts';
import { A, AUDIENCE, a1, a2, answerOf, B, b1, broken, CLAIMS, GOOD, NOW, outcomeOf, setOf, tokenOf } from './world.ts';

vi.mock('node:crypto', async (original) =>
  (await import('../support/crypto-calls.ts')).countingCrypto(await original()),
);

const OF_A: TrustedIssuerOptions = { issuer: A, audience: AUDIENCE, keys: setOf(a1) };
const OF_B: TrustedIssuerOptions = { issuer: B, audience: AUDIENCE, keys: setOf(b1) };
const clock = () => NOW;
let verifier: Verifier;
beforeEach(() => {
  verifier = createVerifier({ issuers: [OF_A, OF_B], clock });
});
const raw = (payload: string | Uint8Array, header = { alg: 'ES256', kid: 'k1' }) =>
  compact(header, payload, keySigner('ES256', a1.pair.privateKey));

/** Two issuers, each with a server of its own. */
function remote() {
  const [ofA, ofB] = [fakeIssuer(answerOf(a1)), fakeIssuer(answerOf(b1))];
  const issuers = [
    { ...OF_A, keys: remoteJwks(`${A}/jwks`, ofA.options) },
    { ...OF_B, keys: remoteJwks(`${B}/jwks`, ofB.options) },
  ];
  return { ofA, ofB, verifier: createVerifier({ issuers, clock, cache: { max: 9 } }) };
}

describe('keys of one kid', () => {
  test('each token by the key of its issuer', () => {
    expect(verifier.verifySync(GOOD).claims).toEqual(CLAIMS);
    expect(verifier.verifySync(tokenOf(b1, { iss: B })).claims.iss).toBe(B);
  });

  test.each([
    ['of A, signed by B', tokenOf(b1)],
    ['of B, signed by A', tokenOf(a1, { iss: B })],
  ])('a token %s is refused, although both keys are there [8725-3.8-1]', async (_, token) => {
    expectCode(() => verifier.verifySync(token), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED', token);
    expect(await outcomeOf(() => verifier.verify(token))).toMatchObject({
      code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    });
  });

  test.each([
    ['with a kid that only B has', tokenOf(a2)],
    ['without a kid, signed by B', tokenOf(b1, {}, { kid: undefined })],
  ])('a token of A %s is not tried with B’s keys', (_, token) => {
    const issuers = [OF_A, { ...OF_B, keys: setOf(b1, a2) }];
    const codes = ['ERR_JWKS_NO_MATCHING_KEY', 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'];
    expect(() => createVerifier({ issuers, clock }).verifySync(token)).toThrow(
      expect.objectContaining({ code: expect.toBeOneOf(codes) }),
    );
  });
});

describe('policies', () => {
  test('each token by the policy of its issuer', () => {
    const strict = createVerifier({
      issuers: [
        { ...OF_A, audience: 'a', typ: 'at+jwt' },
        { ...OF_B, audience: 'b', algorithms: ['ES256'] },
      ],
      clock,
    });
    expect(strict.verifySync(tokenOf(a1, { aud: 'a' }, { typ: 'at+jwt' })).claims.aud).toBe('a');
    expect(strict.verifySync(tokenOf(b1, { iss: B, aud: 'b' })).claims.aud).toBe('b');
    expectCode(
      () => strict.verifySync(tokenOf(a1, { aud: 'b' }, { typ: 'at+jwt' })),
      'ERR_JWT_CLAIM_VALIDATION_FAILED',
    );
    expectCode(() => strict.verifySync(tokenOf(b1, { iss: B, aud: 'a' })), 'ERR_JWT_CLAIM_VALIDATION_FAILED');
  });

  test('an issuer of several names', () => {
    const named = createVerifier({ issuers: [{ ...OF_A, issuer: [A, 'https://old.example'] }, OF_B], clock });
    expect(named.verifySync(tokenOf(a1, { iss: 'https://old.example' })).claims.sub).toBe('user-1');
    expect(named.verifySync(GOOD).claims.sub).toBe('user-1');
    expect(named.verifySync(tokenOf(b1, { iss: B })).claims.sub).toBe('user-1');
  });

  test('one issuer in a list is as good as one by itself', () => {
    expect(createVerifier({ issuers: [OF_A], clock }).verifySync(GOOD).claims).toEqual(CLAIMS);
  });
});

describe('a token that is nobody’s is refused before any key', () => {
  const failing = (reason: string) => ({
    code: 'ERR_JWT_CLAIM_VALIDATION_FAILED',
    failures: [{ claim: 'iss', reason }],
  });
  const nobodys: readonly [what: string, token: string, refusal: object][] = [
    ['unknown', tokenOf(a1, { iss: 'https://c.example' }), failing('mismatch')],
    ['empty', tokenOf(a1, { iss: '' }), failing('mismatch')],
    ['in other letters', tokenOf(a1, { iss: A.toUpperCase() }), failing('mismatch')],
    ['with a slash more', tokenOf(a1, { iss: `${A}/` }), failing('mismatch')],
    ['a name that every object has', tokenOf(a1, { iss: 'toString' }), failing('mismatch')],
    ['__proto__', tokenOf(a1, { iss: '__proto__' }), failing('mismatch')],
    ['missing', tokenOf(a1, { iss: undefined }), failing('missing')],
    ['null', tokenOf(a1, { iss: null }), failing('type')],
    ['a number', tokenOf(a1, { iss: 1 }), failing('type')],
    ['a list of ours', tokenOf(a1, { iss: [A] }), failing('type')],
    ['an object', tokenOf(a1, { iss: { toString: A } }), failing('type')],
    ['a lone surrogate', raw('{"iss":"\\ud800"}'), failing('type')],
    ['there twice', raw(`{"iss":"${A}","iss":"${B}"}`), { code: 'ERR_JWT_INVALID' }],
    ['there twice, once escaped', raw(`{"iss":"${A}","\\u0069ss":"${B}"}`), { code: 'ERR_JWT_INVALID' }],
    ['in a list', raw(`[{"iss":"${A}"}]`), { code: 'ERR_JWT_INVALID' }],
    ['in no JSON', raw('iss'), { code: 'ERR_JWT_INVALID' }],
    ['in no UTF-8', raw(Uint8Array.of(0x7b, 0xff, 0x7d)), { code: 'ERR_JWT_INVALID' }],
    ['too deep', raw(`{"iss":"${A}","x":${'['.repeat(40)}${']'.repeat(40)}}`), { code: 'ERR_JOSE_LIMIT_EXCEEDED' }],
    ['in a payload that is no base64url', GOOD.replace(/\.[^.]*\./, '.e30=.'), { code: 'ERR_JWS_INVALID' }],
    ['in a token of two parts', GOOD.split('.').slice(0, 2).join('.'), { code: 'ERR_JWS_INVALID' }],
    ['under a header that is none', GOOD.replace(/^[^.]*/, b64u('{}')), { code: 'ERR_JWS_INVALID' }],
    ['of a nested token', tokenOf(a1, {}, { cty: 'JWT' }), { code: 'ERR_JOSE_NOT_SUPPORTED' }],
  ];

  test.each(nobodys)('iss %s', async (_, token, refusal) => {
    const { ofA, ofB, verifier } = remote();
    expect(
      cryptoCallsDuring(() => expect(() => verifier.verifySync(token)).toThrow(expect.objectContaining(refusal))),
    ).toBe(0);
    expect(await outcomeOf(() => verifier.verify(token))).toMatchObject(refusal);
    expect([...ofA.requests, ...ofB.requests]).toEqual([]);
  });

  test('and so is one whose alg or crit its issuer does not allow', async () => {
    const { ofA } = remote();
    const keys = remoteJwks(`${A}/jwks`, ofA.options);
    const strict = createVerifier({ issuers: [{ ...OF_A, keys, algorithms: ['RS256'] }, OF_B], clock });
    expectCode(() => strict.verifySync(GOOD), 'ERR_JOSE_ALG_NOT_ALLOWED');
    expectCode(
      () => verifier.verifySync(forge('ES256', { alg: 'ES256', crit: ['x'], x: 1 }, CLAIMS)),
      'ERR_JOSE_NOT_SUPPORTED',
    );
    expect(ofA.requests).toEqual([]);
  });

  test('the errors tell nothing of the token', () => {
    const token = tokenOf(a1, { iss: 'https://somebody-else.example' });
    expectCode(
      () => verifier.verifySync(token),
      'ERR_JWT_CLAIM_VALIDATION_FAILED',
      token,
      'https://somebody-else.example',
    );
  });
});

describe('requests', () => {
  test('go to the issuer that a token names, and to no other', async () => {
    const { ofA, ofB, verifier } = remote();
    await verifier.verify(GOOD);
    expect([ofA.requests.length, ofB.requests.length]).toEqual([1, 0]);
    await verifier.verify(tokenOf(b1, { iss: B }));
    expect([ofA.requests.length, ofB.requests.length]).toEqual([1, 1]);
  });

  test('an issuer that is down is no matter to the tokens of another', async () => {
    const { ofA, verifier } = remote();
    ofA.answer = broken;
    expect(await outcomeOf(() => verifier.verify(GOOD))).toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE' });
    expect((await verifier.verify(tokenOf(b1, { iss: B }))).claims.iss).toBe(B);
  });

  test('a flood of unknown kids at one issuer takes nothing from another', async () => {
    const { ofA, ofB, verifier } = remote();
    await verifier.warm();
    for (let i = 0; i < 20; i++) await outcomeOf(() => verifier.verify(tokenOf(a1, {}, { kid: `x${i}` })));
    expect(ofA.requests.length).toBe(1 + 3);
    ofB.answer = answerOf(b1, a2);
    expect((await verifier.verify(tokenOf(a2, { iss: B }))).key.kid).toBe('k2');
    expect(ofB.requests.length).toBe(2);
  });
});

describe('an issuer of this process beside others', () => {
  test('each token by the keys of its issuer', async () => {
    const at = await world({ clock });
    const options = { issuer: NAME, audience: AUDIENCE, keys: at.issuer };
    const both = createVerifier({ issuers: [OF_A, options], clock });
    const mine = await at.issuer.sign({}, { audience: AUDIENCE, expiresIn: '1h' });
    expect(both.verifySync(mine).claims.iss).toBe(NAME);
    expect((await both.verify(GOOD)).claims.iss).toBe(A);
    const { alg, kid } = both.verifySync(mine).key;
    const forged = tokenOf(a1, { iss: NAME }, { alg, kid });
    expectCode(() => both.verifySync(forged), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED', forged);
  });

  test('what is out of reach for it is no matter to the tokens of another', async () => {
    const at = await world();
    const issuers = [OF_A, { issuer: NAME, audience: AUDIENCE, keys: at.issuer }];
    const both = createVerifier({ issuers, clock });
    const mine = await at.issuer.sign({}, { audience: AUDIENCE, expiresIn: '1h' });
    at.store.onLoad = down;
    at.now += SYNC_LAG;
    expect(await outcomeOf(() => both.verify(mine))).toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE', retryAfter: 5 });
    expect(await outcomeOf(() => both.verifySync(mine))).toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE' });
    expect((await both.verify(GOOD)).claims.iss).toBe(A);
  });
});

test('the verdict on each token is the one that verifyJwt has of it with that issuer’s keys', async () => {
  const tokens = [
    GOOD,
    tokenOf(a1, { exp: NOW }),
    tokenOf(a1, { aud: 'x' }),
    tokenOf(b1),
    tokenOf(a1, {}, { kid: 'x' }),
  ];
  for (const token of tokens) {
    const expected = { issuer: A, audience: AUDIENCE, now: NOW };
    expect(await outcomeOf(() => verifier.verifySync(token))).toEqual(
      await outcomeOf(() => verifyJwt(token, setOf(a1), expected)),
    );
  }
});

describe('issuers of one name', () => {
  const web = { issuer: A, audience: 'web', keys: setOf(a1), claims: { token_use: 'id' } };
  const api = { issuer: [A, B], audience: ['api', 'api2'], keys: setOf(a2), typ: 'at+jwt' };
  const shared = () => createVerifier({ issuers: [web, api], clock });
  const ofWeb = (claims: object = {}) => tokenOf(a1, { aud: 'web', token_use: 'id', ...claims });
  const ofApi = (claims: object = {}) => tokenOf(a2, { aud: 'api', ...claims }, { typ: 'at+jwt' });

  test('are told apart by the audience: each has its keys and its policy', () => {
    expect(shared().verifySync(ofWeb()).claims.aud).toBe('web');
    expect(shared().verifySync(ofApi()).claims.aud).toBe('api');
    expect(shared().verifySync(ofApi({ aud: ['other', 'api2'] })).claims.aud).toEqual(['other', 'api2']);
    expect(shared().verifySync(ofApi({ iss: B })).claims.iss).toBe(B);
    expectCode(() => shared().verifySync(tokenOf(a2, { aud: 'web' })), 'ERR_JWKS_NO_MATCHING_KEY');
    expectCode(() => shared().verifySync(ofWeb({ token_use: 'access' })), 'ERR_JWT_CLAIM_VALIDATION_FAILED');
    expectCode(() => shared().verifySync(tokenOf(a2, { aud: 'api' })), 'ERR_JWT_CLAIM_VALIDATION_FAILED');
  });

  test('a token for the audiences of two is judged by the first of them alone', () => {
    expect(shared().verifySync(ofWeb({ aud: ['api', 'web'] })).claims.token_use).toBe('id');
    expectCode(() => shared().verifySync(ofApi({ aud: ['api', 'web'] })), 'ERR_JWKS_NO_MATCHING_KEY');
  });

  test.each([
    [{ aud: 'other' }, 'mismatch'],
    [{ aud: undefined }, 'missing'],
    [{ aud: 5 }, 'mismatch'],
  ])('%j is the audience of none', (claims, reason) => {
    const error = expectCode(() => shared().verifySync(ofWeb(claims)), 'ERR_JWT_CLAIM_VALIDATION_FAILED');
    expect(error.failures).toEqual([{ claim: 'aud', reason }]);
  });

  test('one that checks no audience takes the tokens that are for no other', () => {
    const access = { issuer: A, audience: null, keys: setOf(a2), claims: { token_use: 'access' } };
    const both = createVerifier({ issuers: [access, web], clock });
    expect(both.verifySync(ofWeb()).claims.token_use).toBe('id');
    expect(both.verifySync(tokenOf(a2, { aud: undefined, token_use: 'access' })).claims.aud).toBeUndefined();
    expectCode(() => both.verifySync(tokenOf(a2, { token_use: 'id' })), 'ERR_JWT_CLAIM_VALIDATION_FAILED');
  });
});

describe('an issuer of many tenants', () => {
  const TENANT = '5a0e1c2d-0000-4000-8000-00000000000a';
  const issuer = { template: 'https://login.example/{tid}/v2.0', claim: 'tid' };
  const iss = (tenant: string) => `https://login.example/${tenant}/v2.0`;
  const OF_MANY = { issuer, audience: AUDIENCE, keys: setOf(a2) };
  const routed = () => createVerifier({ issuers: [OF_MANY, OF_A, { ...OF_B, issuer: iss('named') }], clock });

  test('is found among several by the claim that names the tenant', () => {
    expect(routed().verifySync(tokenOf(a2, { iss: iss(TENANT), tid: TENANT })).claims.tid).toBe(TENANT);
    expect(routed().verifySync(GOOD).claims.iss).toBe(A);
    expect(routed().verifySync(tokenOf(b1, { iss: iss('named'), tid: TENANT })).claims.iss).toBe(iss('named'));
  });

  test.each([
    ['another tenant than it says', { iss: iss(TENANT), tid: TENANT.replace('a', 'b') }],
    ['no tenant', { iss: iss(TENANT) }],
    ['a tenant that is no text', { iss: iss('7'), tid: 7 }],
    ['a tenant that is no UUID', { iss: iss('common'), tid: 'common' }],
    ['the text of the template', { iss: issuer.template, tid: '{tid}' }],
  ])('a token of %s is refused', (_, claims) => {
    const token = tokenOf(a2, claims);
    const error = expectCode(() => routed().verifySync(token), 'ERR_JWT_CLAIM_VALIDATION_FAILED', token);
    expect(error.failures).toEqual([{ claim: 'iss', reason: 'mismatch' }]); // no key was asked for
  });

  test('two of one template are told apart by the audience, and each tenant by its list', () => {
    const lists = createVerifier({
      issuers: [
        { ...OF_MANY, audience: 'one' },
        { ...OF_MANY, audience: 'two', keys: setOf(a1) },
      ],
      clock,
    });
    expect(lists.verifySync(tokenOf(a1, { iss: iss(TENANT), tid: TENANT, aud: 'two' })).claims.aud).toBe('two');
    expectCode(
      () => lists.verifySync(tokenOf(a1, { iss: iss(TENANT), tid: TENANT, aud: 'one' })),
      'ERR_JWKS_NO_MATCHING_KEY',
    );
  });

  test('a name and a template that both fit are told apart by the audience, too', () => {
    const both = createVerifier({
      issuers: [
        { issuer: iss(TENANT), audience: 'one', keys: setOf(a1) },
        { ...OF_MANY, audience: 'two' },
        { ...OF_A, issuer: '' },
      ],
      clock,
    });
    const claims = { iss: iss(TENANT), tid: TENANT };
    expect(both.verifySync(tokenOf(a1, { ...claims, aud: 'one' })).claims.aud).toBe('one');
    expect(both.verifySync(tokenOf(a2, { ...claims, aud: 'two' })).claims.aud).toBe('two');
    expectCode(() => both.verifySync(tokenOf(a2, { ...claims, aud: 'one' })), 'ERR_JWKS_NO_MATCHING_KEY');
    const unknown = tokenOf(a1, { iss: 'https://unknown.example' });
    expect(expectCode(() => both.verifySync(unknown), 'ERR_JWT_CLAIM_VALIDATION_FAILED').failures).toEqual([
      { claim: 'iss', reason: 'mismatch' },
    ]);
  });

  test('its options cannot be changed after the verifier is made', () => {
    const allow = ['one'];
    const claims = { role: ['reader'] };
    const own = createVerifier({ ...OF_MANY, issuer: { ...issuer, allow }, claims, clock });
    allow.push('two');
    claims.role.push('writer');
    expect(own.verifySync(tokenOf(a2, { iss: iss('one'), tid: 'one', role: 'reader' })).claims.tid).toBe('one');
    const verify = (more: object) => () => own.verifySync(tokenOf(a2, { iss: iss('two'), tid: 'two', ...more }));
    expect(expectCode(verify({ role: 'reader' }), 'ERR_JWT_CLAIM_VALIDATION_FAILED').failures).toEqual([
      { claim: 'tid', reason: 'mismatch' },
    ]);
    expect(expectCode(verify({ role: 'writer' }), 'ERR_JWT_CLAIM_VALIDATION_FAILED').failures).toHaveLength(2);
  });
});

describe('maxMembers', () => {
  test('the router reads as much as the issuer that allows most, and each policy as much as its own', () => {
    const roles = Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`client-${i}`, i]));
    const large = createVerifier({ issuers: [{ ...OF_A, maxMembers: 2000 }, OF_B], clock });
    expect(large.verifySync(tokenOf(a1, { roles })).claims.roles).toEqual(roles);
    expectCode(() => large.verifySync(tokenOf(b1, { iss: B, roles })), 'ERR_JOSE_LIMIT_EXCEEDED');
    for (const iss of [A, 'https://unknown.example'])
      expectCode(() => verifier.verifySync(tokenOf(a1, { iss, roles })), 'ERR_JOSE_LIMIT_EXCEEDED');
  });
});
