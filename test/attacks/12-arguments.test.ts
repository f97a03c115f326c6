// SECURITY.md, group 12: an argument that a function does not take. Whoever gives it believes that it counts: what else is to
// be expected of this token, a callback. Every public function is found here by itself, so that a new one is tried too.

import { describe, expect, test } from 'vitest';
import * as barejose from '../../src/index.ts';
import { createIssuer, createVerifier, memoryStore, remoteJwks, signJwt, verifyJwt } from '../../src/index.ts';
import { AUDIENCE, CLAIMS, EXPECTED, ISSUER, NOW } from '../support/doors.ts';
import { keyPairs } from '../support/keys.ts';

const { privateKey, publicKey } = keyPairs.ES256;
const token = signJwt(CLAIMS, privateKey, { expiresIn: null });
const verifier = createVerifier({ issuer: ISSUER, audience: AUDIENCE, keys: publicKey, clock: () => NOW });
const keys = barejose.importJwks({ keys: [barejose.exportJwk(publicKey)] });
const issuer = await createIssuer({ issuer: ISSUER, store: memoryStore(), policy: { maxTokenLifetime: '1h' } });
const remote = remoteJwks('https://issuer.example/jwks');
const draft = barejose.draftJwt(CLAIMS, { alg: 'ES256', expiresIn: null });

type Taker = (...args: unknown[]) => unknown;

// These three answer yes or no of any value, and are what `filter` is given, which adds an index.
const PREDICATES = ['isVerifiedJwt', 'isAlgorithmSupported', 'isJoseError'];
const isClass = (value: Taker) => /^class\b/.test(Function.prototype.toString.call(value));
const functions = Object.entries(barejose as unknown as Readonly<Record<string, Taker>>).filter(
  ([, value]) => typeof value === 'function' && !isClass(value),
);

/** What the language itself calls, and what only our own rooms call. */
const INTERNAL = ['constructor', 'toString', 'toJSON', 'published'];
const methods = Object.entries({ verifier, keys, issuer, remote, draft, publicKey }).flatMap(([name, object]) => {
  const home = Object.getPrototypeOf(object) === Object.prototype ? object : Object.getPrototypeOf(object);
  return Object.entries(Object.getOwnPropertyDescriptors(home) as Record<string, PropertyDescriptor>)
    .filter(([method, { value }]) => typeof value === 'function' && !INTERNAL.includes(method))
    .map(([method, { value }]): [string, Taker] => [`${name}.${method}`, value.bind(object)]);
});

async function outcomeOf(run: () => unknown): Promise<unknown> {
  try {
    return await run();
  } catch (error) {
    return error;
  }
}

describe('API-16 an argument that a function does not take', () => {
  test.each(functions.filter(([name]) => !PREDICATES.includes(name)))('API-16 %s', async (name, run) => {
    const args = new Array(run.length + 1).fill(undefined);
    const error = await outcomeOf(() => run(...args));
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toMatch(
      new RegExp(`${name} takes ${run.length || 'no'} arguments?, and was given ${args.length}`),
    );
  });

  test.each(methods)('API-16 %s', async (name, run) => {
    const args = new Array(run.length + 1).fill(undefined);
    const error = await outcomeOf(() => run(...args));
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toMatch(new RegExp(`${name.split('.')[1]} takes .*, and was given ${args.length}`));
  });

  test('API-16 what users of other libraries write', async () => {
    const other = { audience: 'other' };
    const calls: Readonly<Record<string, readonly [run: (...args: never[]) => unknown, ...args: unknown[]]>> = {
      'as aws-jwt-verify': [verifier.verify.bind(verifier), token, other],
      'as aws-jwt-verify, sync': [verifier.verifySync.bind(verifier), token, other],
      'options after the expectation': [verifyJwt, token, publicKey, EXPECTED, other],
      'a callback, as jsonwebtoken': [verifyJwt, token, publicKey, EXPECTED, () => undefined],
      'a callback to sign': [signJwt, CLAIMS, privateKey, { expiresIn: 60 }, () => undefined],
      'a format, as node:crypto': [barejose.exportJwk, publicKey, { format: 'pem' }],
    };
    for (const [name, [run, ...args]] of Object.entries(calls))
      expect([name, await outcomeOf(() => (run as Taker)(...args))]).toEqual([name, expect.any(TypeError)]);
    expect((await verifier.verify(token)).claims.sub).toBe(CLAIMS.sub);
  });
});
