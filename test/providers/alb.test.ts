import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { type AlbOptions, alb, createVerifier, JoseError, type JoseErrorCode } from '../../src/index.ts';
import { expectSilent, expectTypeError } from '../support/expect.ts';
import { keySigner, macSigner, pem, pkcs8Of, spkiOf } from '../support/forge.ts';
import { nodePair } from '../support/keys.ts';
import { EC_KEY, NOW, OTHER_EC_KEY, RSA_KEY } from '../support/provider.ts';

const ARN = 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188';
const KID = '83e2c5a4-1c5b-4d66-9c1b-1c0ffee0cafe';
const KEY_URL = `https://public-keys.auth.elb.eu-west-1.amazonaws.com/${KID}`;
const ISSUER = 'https://login.example.com';
const GOOD = { arn: ARN, clientId: 'client-1', issuer: ISSUER };
const PEM = pem('PUBLIC KEY', spkiOf(EC_KEY.pair.publicKey));

const HEADER = { typ: 'JWT', kid: KID, alg: 'ES256', iss: ISSUER, client: 'client-1', signer: ARN, exp: NOW + 120 };
const CLAIMS = { sub: '1234567890', name: 'Ada', email: 'ada@example.com', exp: NOW + 120, iss: ISSUER };

/** The text of octets as the load balancer writes it: base64url, padded to a multiple of four. */
const padded = (octets: Uint8Array | object) => {
  const bytes = octets instanceof Uint8Array ? octets : Buffer.from(JSON.stringify(octets));
  const text = Buffer.from(bytes).toString('base64url');
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=');
};

interface Parts {
  readonly header?: object;
  readonly claims?: object;
  readonly signer?: (input: Uint8Array) => Uint8Array;
}

/** A token of the load balancer, whose signature is over the padded text. */
function albToken({ header, claims, signer = keySigner('ES256', EC_KEY.pair.privateKey) }: Parts = {}): string {
  const input = `${padded({ ...HEADER, ...header })}.${padded({ ...CLAIMS, ...claims })}`;
  return `${input}.${padded(signer(Buffer.from(input)))}`;
}

interface World {
  now: number;
  /** The answer to each request, until it is set anew. */
  answer: (url: string) => Response | Promise<Response>;
  readonly requests: string[];
}

function world(
  answer: World['answer'] = (url) => (url === KEY_URL ? new Response(PEM) : new Response('', { status: 404 })),
) {
  const made: World = { now: NOW, answer, requests: [] };
  const fetch = async (url: unknown) => {
    made.requests.push(String(url));
    return made.answer(String(url));
  };
  const verifier = (options: Partial<AlbOptions> = {}) =>
    alb({ ...GOOD, clock: () => made.now, ...options, remote: { fetch, ...options.remote } });
  return Object.assign(made, { verifier });
}

/** The error's code, then each failure; nothing for a token that verifies. */
async function outcomeOf(token: string, options: Partial<AlbOptions> = {}, { verifier, requests } = world()) {
  try {
    const { claims } = await verifier(options).verify(token);
    return { outcome: claims, requests };
  } catch (error) {
    if (!(error instanceof JoseError)) throw error;
    expectSilent(error, token);
    const failures = (error.failures ?? []).map(({ claim, reason }) => `${claim} ${reason}`);
    return { outcome: [error.code, ...failures], requests };
  }
}

const FAILED = 'ERR_JWT_CLAIM_VALIDATION_FAILED';

describe('alb', () => {
  test('a token of the load balancer verifies, and only its key is asked for', async () => {
    expect(await outcomeOf(albToken())).toEqual({ outcome: CLAIMS, requests: [KEY_URL] });
  });

  test('each length of padding', async () => {
    for (const name of ['a', 'ab', 'abc', 'abcd'])
      expect(await outcomeOf(albToken({ header: { x: name }, claims: { name } }))).toMatchObject({
        outcome: { ...CLAIMS, name },
      });
  });

  test('createVerifier refuses it for its padding', async () => {
    const verifier = createVerifier({
      issuer: ISSUER,
      audience: null,
      keys: {
        current: undefined,
        keys: () => {
          throw new Error('asked');
        },
      },
    });
    await expect(verifier.verify(albToken())).rejects.toMatchObject({ code: 'ERR_JWS_INVALID' });
  });

  const twins: Record<
    string,
    Parts & { options?: Partial<AlbOptions>; refused?: readonly [JoseErrorCode, ...string[]]; unasked?: true }
  > = {
    'for one of several load balancers, clients and issuers': {
      options: {
        arn: [ARN.replace('web', 'api').replace('eu-west-1', 'us-east-2'), ARN],
        clientId: ['client-2', 'client-1'],
        issuer: ['https://other.example', ISSUER],
      },
    },
    'with other claims that are asked for': { options: { claims: { email: ['ada@example.com'] } } },
    'within the skew': { options: { clockSkew: 30 }, header: { exp: NOW - 29 }, claims: { exp: NOW - 29 } },
    'without typ': { header: { typ: undefined } },
    'of another load balancer': {
      header: { signer: ARN.replace('/web/', '/evil/') },
      refused: [FAILED, 'header.signer mismatch'],
      unasked: true,
    },
    'of a load balancer of another account': {
      header: { signer: ARN.replace('123456789012', '999999999999') },
      refused: [FAILED, 'header.signer mismatch'],
      unasked: true,
    },
    'whose signer is a list with the load balancer': {
      header: { signer: [ARN] },
      refused: [FAILED, 'header.signer mismatch'],
      unasked: true,
    },
    'without signer': { header: { signer: undefined }, refused: [FAILED, 'header.signer missing'], unasked: true },
    'of another client': { header: { client: 'client-2' }, refused: [FAILED, 'header.client mismatch'] },
    'without client': { header: { client: undefined }, refused: [FAILED, 'header.client missing'] },
    'of another issuer': {
      header: { iss: 'https://other.example' },
      claims: { iss: 'https://other.example' },
      refused: [FAILED, 'header.iss mismatch', 'iss mismatch'],
    },
    'of another issuer in the header': { header: { iss: `${ISSUER}/` }, refused: [FAILED, 'header.iss mismatch'] },
    'of another issuer in the claims': { claims: { iss: `${ISSUER}/` }, refused: [FAILED, 'iss mismatch'] },
    'without iss in the header': { header: { iss: undefined }, refused: [FAILED, 'header.iss missing'] },
    'without iss in the claims': { claims: { iss: undefined }, refused: [FAILED, 'iss missing'] },
    'expired by the header': { header: { exp: NOW }, refused: ['ERR_JWT_EXPIRED', 'header.exp expired'] },
    'expired by the claims': { claims: { exp: NOW }, refused: ['ERR_JWT_EXPIRED', 'exp expired'] },
    'without exp in the header': { header: { exp: undefined }, refused: [FAILED, 'header.exp missing'] },
    'without exp in the claims': { claims: { exp: undefined }, refused: [FAILED, 'exp missing'] },
    'whose exp in the header is text': { header: { exp: String(NOW + 120) }, refused: [FAILED, 'header.exp type'] },
    'of another user than is asked for': {
      options: { claims: { email: 'grace@example.com' } },
      refused: [FAILED, 'email mismatch'],
    },
    'without kid': { header: { kid: undefined }, refused: ['ERR_JWKS_NO_MATCHING_KEY'], unasked: true },
    'whose kid is a path': { header: { kid: `../${KID}` }, refused: ['ERR_JWKS_NO_MATCHING_KEY'], unasked: true },
    'whose kid has a query': { header: { kid: `${KID}?x` }, refused: ['ERR_JWKS_NO_MATCHING_KEY'], unasked: true },
    'whose kid has a line break': { header: { kid: `${KID}\n` }, refused: ['ERR_JWKS_NO_MATCHING_KEY'], unasked: true },
    'whose kid is in other letters': {
      header: { kid: KID.toUpperCase() },
      refused: ['ERR_JWKS_NO_MATCHING_KEY'],
      unasked: true,
    },
    'of a kid that the region does not have': {
      header: { kid: KID.replace('8', '9') },
      refused: ['ERR_JWKS_NO_MATCHING_KEY'],
    },
    'signed by a stranger’s key': {
      signer: keySigner('ES256', OTHER_EC_KEY.pair.privateKey),
      refused: ['ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
    },
    'HS256 with the public key as the secret': {
      header: { alg: 'HS256' },
      signer: macSigner('HS256', PEM),
      refused: ['ERR_JOSE_ALG_NOT_ALLOWED'],
      unasked: true,
    },
    'unsigned (none)': {
      header: { alg: 'none' },
      signer: () => Buffer.alloc(0),
      refused: ['ERR_JOSE_ALG_NOT_ALLOWED'],
      unasked: true,
    },
    'of another algorithm': {
      header: { alg: 'ES384' },
      signer: keySigner('ES384', nodePair('ES384').privateKey),
      refused: ['ERR_JOSE_ALG_NOT_ALLOWED'],
      unasked: true,
    },
    'with a critical extension': {
      header: { crit: ['x'], x: 1 },
      refused: ['ERR_JOSE_NOT_SUPPORTED'],
      unasked: true,
    },
    'with b64 false': {
      header: { crit: ['b64'], b64: false },
      refused: ['ERR_JWT_INVALID'],
      unasked: true,
    },
  };

  test.each(Object.entries(twins))('%s', async (_, { options, refused, unasked, ...parts }) => {
    const { outcome, requests } = await outcomeOf(albToken(parts), options);
    const claims: object = JSON.parse(JSON.stringify({ ...CLAIMS, ...parts.claims }));
    expect(outcome).toEqual(refused ?? claims);
    expect(requests.length).toBe(unasked ? 0 : 1);
  });
});

describe('padding', () => {
  // Each part ends otherwise, so that each has padding to lose: of one, two, and two characters.
  const TOKEN = albToken({ header: { x: 'ab' }, claims: { name: 'abc' } });
  const PARTS = TOKEN.split('.');
  const withPart = (place: number, change: (part: string) => string) =>
    PARTS.map((part, i) => (i === place ? change(part) : part)).join('.');
  const bare = (part: string) => part.replaceAll('=', '');

  test('the parts of this token are padded', async () => {
    expect(PARTS.map((part) => part.endsWith('='))).toEqual([true, true, true]);
    expect((await outcomeOf(TOKEN)).outcome).toMatchObject({ name: 'abc' });
  });

  describe.each(['header', 'payload', 'signature'].map((name, place) => [name, place] as const))(
    'of the %s',
    (_, place) => {
      test.each<readonly [string, (part: string) => string]>([
        ['missing', bare],
        ['one more', (part) => `${part}=`],
        ['a whole group more', (part) => `${part}====`],
        ['two more', (part) => `${part}==`],
        ['one where two are due, or two where one is', (part) => `${bare(part)}${part.endsWith('==') ? '=' : '=='}`],
        ['three', (part) => `${bare(part)}===`],
        ['before the part', (part) => `${part.length - bare(part).length === 1 ? '=' : '=='}${bare(part)}`],
        ['inside', (part) => `${part.slice(0, 4)}=${part.slice(4, -1)}`],
        ['as dots', (part) => part.replaceAll('=', '~')],
        ['after a line break', (part) => `${bare(part)}\n${part.slice(bare(part).length + 1)}`],
        [
          'over bits that are not zero',
          (part) => part.replace(/.(?==+$)/, (last) => String.fromCharCode(last.charCodeAt(0) + 1)),
        ],
        ['in standard base64', (part) => part.replaceAll('-', '+').replaceAll('_', '/').replace(/^./, '/')],
      ])('%s', async (__, change) => {
        const token = withPart(place, change);
        expect(token).not.toBe(TOKEN);
        const { outcome } = await outcomeOf(token);
        expect(outcome).toEqual(['ERR_JWS_INVALID']);
      });
    },
  );

  test('no other text of a signed token verifies', async () => {
    const { verifier } = world();
    const { verify } = verifier();
    const places = fc.nat(TOKEN.length - 1);
    const texts = fc.constantFrom('', '=', '==', 'A', '-', '.', '\n', ' ', '/');
    await fc.assert(
      fc.asyncProperty(places, places, texts, async (from, to, text) => {
        const token = TOKEN.slice(0, Math.min(from, to)) + text + TOKEN.slice(Math.max(from, to));
        fc.pre(token !== TOKEN);
        await expect(verify(token)).rejects.toBeInstanceOf(JoseError);
      }),
      { numRuns: 300 },
    );
  });

  test('a signature over the text without its padding does not verify', async () => {
    const input = PARTS.slice(0, 2).map(bare).join('.');
    const signature = padded(keySigner('ES256', EC_KEY.pair.privateKey)(Buffer.from(input)));
    const { outcome } = await outcomeOf([PARTS[0], PARTS[1], signature].join('.'));
    expect(outcome).toEqual(['ERR_JWS_SIGNATURE_VERIFICATION_FAILED']);
  });

  test.each([
    ['no parts', '', 'ERR_JWS_INVALID'],
    ['two parts', 'e30=.e30=', 'ERR_JWS_INVALID'],
    ['four parts', `${TOKEN}.`, 'ERR_JWS_INVALID'],
    ['no string', undefined, 'ERR_JWS_INVALID'],
    ['a header that is no JSON', withPart(0, () => 'AAAA'), 'ERR_JWS_INVALID'],
    ['over 256 KiB', 'A'.repeat(262_145), 'ERR_JOSE_LIMIT_EXCEEDED'],
  ])('%s', async (_, token, code) => {
    const { outcome, requests } = await outcomeOf(String(token));
    expect([outcome, requests]).toEqual([[code], []]);
    if (token === undefined)
      await expect(
        world()
          .verifier()
          .verify(token as never),
      ).rejects.toMatchObject({ code });
  });
});

describe('keys', () => {
  const kidOf = (i: number) => KID.replace(/^.{8}/, String(i).padStart(8, '0'));
  const code = (promise: Promise<unknown>) =>
    promise.then(
      () => 'verified',
      (error) => error.code,
    );

  test('are asked for at the place of their partition', async () => {
    const where = async (arn: string, options: Partial<AlbOptions> = {}) => {
      const made = world(() => new Response(PEM));
      await made.verifier({ arn, ...options }).verify(albToken({ header: { signer: arn } }));
      return made.requests[0];
    };
    const gov = (region: string) => ARN.replace(':aws:', ':aws-us-gov:').replace('eu-west-1', region);
    const china = ARN.replace(':aws:', ':aws-cn:').replace('eu-west-1', 'cn-north-1');
    for (const region of ['us-gov-west-1', 'us-gov-east-1'])
      expect(await where(gov(region))).toBe(
        `https://s3-${region}.amazonaws.com/aws-elb-public-keys-prod-${region}/${KID}`,
      );
    expect(await where(china, { keysUrl: 'https://keys.example/elb' })).toBe(`https://keys.example/elb/${KID}`);
    expectTypeError(() => alb({ ...GOOD, arn: china }), /^options.keysUrl must be given for the partition of this ARN/);
  });

  test('are fetched once an hour, and once for all that wait', async () => {
    const made = world();
    const { verify } = made.verifier();
    const token = albToken({ header: { exp: NOW + 90_000 }, claims: { exp: NOW + 90_000 } });
    await Promise.all([verify(token), verify(token), verify(token)]);
    made.now += 3_599;
    await verify(token);
    expect(made.requests).toHaveLength(1);
    made.now += 1;
    await verify(token);
    await vi.waitFor(() => expect(made.requests).toHaveLength(2));
    made.now -= 10_000; // the clock was set back
    await vi.waitFor(async () => {
      await verify(token);
      expect(made.requests).toHaveLength(3);
    });
  });

  test('that were taken back are gone after an hour', async () => {
    const made = world();
    const { verify } = made.verifier();
    const token = albToken({ header: { exp: NOW + 90_000 }, claims: { exp: NOW + 90_000 } });
    await verify(token);
    made.now += 3_600;
    made.answer = () => new Response('', { status: 404 });
    expect(await code(verify(token))).toBe('verified'); // while it is asked for again
    await vi.waitFor(async () => expect(await code(verify(token))).toBe('ERR_JWKS_NO_MATCHING_KEY'));
    made.answer = () => new Response('', { status: 500 });
    made.now += 60;
    expect(await code(verify(token))).toBe('ERR_JWKS_UNAVAILABLE');
  });

  test('are renewed in the background: no token waits for an endpoint that hangs', async () => {
    const made = world();
    const { verify } = made.verifier();
    const token = albToken({ header: { exp: NOW + 90_000 }, claims: { exp: NOW + 90_000 } });
    await verify(token);
    made.now += 3_600;
    made.answer = () => new Promise(() => {});
    expect(await code(verify(token))).toBe('verified');
    expect(await code(verify(token))).toBe('verified');
    await vi.waitFor(() => expect(made.requests).toHaveLength(2));
  });

  test('are used for an hour more while they are unavailable', async () => {
    const made = world();
    const { verify } = made.verifier();
    const token = albToken({ header: { exp: NOW + 90_000 }, claims: { exp: NOW + 90_000 } });
    await verify(token);
    made.answer = () => new Response('', { status: 503 });
    made.now += 7_199;
    expect(await code(verify(token))).toBe('verified');
    expect(await code(verify(token))).toBe('verified');
    expect(made.requests).toHaveLength(2); // no second request at once after a failure
    made.now += 1;
    expect(await code(verify(token))).toBe('ERR_JWKS_UNAVAILABLE');
    made.now += 5;
    made.answer = () => new Response(PEM);
    expect(await code(verify(token))).toBe('verified');
    expect(made.requests).toHaveLength(3);
  });

  test('a kid that does not exist is not asked for again for a minute', async () => {
    const made = world();
    const { verify } = made.verifier();
    const token = albToken({ header: { kid: kidOf(1) } });
    expect(await code(verify(token))).toBe('ERR_JWKS_NO_MATCHING_KEY');
    made.now += 59;
    expect(await code(verify(token))).toBe('ERR_JWKS_NO_MATCHING_KEY');
    expect(made.requests).toHaveLength(1);
    made.now += 1;
    await code(verify(token));
    expect(made.requests).toHaveLength(2);
  });

  test('invented kids cost ten requests a minute, and keep no known key from being renewed', async () => {
    const made = world();
    const { verify } = made.verifier();
    const long = { exp: NOW + 90_000 };
    const token = albToken({ header: long, claims: long });
    await verify(token);
    made.now += 3_600;
    for (let i = 1; i <= 10; i++) {
      made.now += 1;
      expect(await code(verify(albToken({ header: { ...long, kid: kidOf(i) } })))).toBe('ERR_JWKS_NO_MATCHING_KEY');
    }
    const refused = await verify(albToken({ header: { ...long, kid: kidOf(11) } })).catch((error) => error);
    expect(refused).toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE', retryAfter: 51 });
    expect(refused.message).toBe('the key is unavailable: too many unknown kids within a minute');
    expect(made.requests).toHaveLength(11);
    expect(await code(verify(token))).toBe('verified');
    expect(made.requests).toHaveLength(12);
    made.now += 51;
    expect(await code(verify(albToken({ header: { ...long, kid: kidOf(11) } })))).toBe('ERR_JWKS_NO_MATCHING_KEY');
  });

  test('at most 32 are kept', async () => {
    const made = world(() => new Response(PEM));
    const { verify } = made.verifier();
    const long = { exp: NOW + 90_000 };
    for (let i = 0; i < 33; i++) {
      await verify(albToken({ header: { ...long, kid: kidOf(i) }, claims: long }));
      made.now += 7;
    }
    expect(made.requests).toHaveLength(33);
    await verify(albToken({ header: { ...long, kid: kidOf(32) }, claims: long }));
    await verify(albToken({ header: { ...long, kid: kidOf(1) }, claims: long }));
    expect(made.requests).toHaveLength(33);
    await verify(albToken({ header: { ...long, kid: kidOf(0) }, claims: long }));
    expect(made.requests).toHaveLength(34);
  });

  test('a key that was renewed is kept longer than one that was not', async () => {
    const made = world(() => new Response(PEM));
    const { verify } = made.verifier();
    const long = { exp: NOW + 90_000 };
    const use = (i: number) => verify(albToken({ header: { ...long, kid: kidOf(i) }, claims: long }));
    await use(0);
    made.now += 3_600;
    await use(1);
    await use(0);
    for (let i = 2; i < 33; i++) {
      made.now += 7;
      await use(i);
    }
    expect(made.requests).toHaveLength(34);
    await use(0);
    expect(made.requests).toHaveLength(34);
    await use(1);
    expect(made.requests).toHaveLength(35);
  });

  const answers: Record<string, readonly [() => Response | Promise<Response>, message: RegExp, retryAfter?: number]> = {
    'status 500': [() => new Response('', { status: 500 }), /: status 500 instead of 200$/, 5],
    'status 503 with Retry-After': [
      () => new Response('', { status: 503, headers: { 'retry-after': '20' } }),
      /: status 503 instead of 200$/,
      20,
    ],
    'status 403': [() => new Response('', { status: 403 }), /: status 403, for a kid that does not exist, or by/, 5],
    'a redirect': [
      () => new Response('', { status: 302, headers: { location: KEY_URL } }),
      /redirects are not followed/,
      5,
    ],
    'no answer': [() => Promise.reject(new TypeError('secret')), /: no answer \(no reason given\)$/, 5],
    'over 4 KiB': [() => new Response(PEM + ' '.repeat(4_096)), /: the document is over 4096 octets/, 5],
    'no UTF-8': [() => new Response(Uint8Array.of(0xff)), /: the document is not UTF-8$/, 5],
    'a JWK': [
      () => Response.json(EC_KEY.pair.publicKey.export({ format: 'jwk' })),
      /: the document is no public key/,
      5,
    ],
    'a private key': [
      () => new Response(pem('PRIVATE KEY', pkcs8Of(EC_KEY.pair.privateKey))),
      /: the document is no public/,
      5,
    ],
    'an RSA key': [() => new Response(pem('PUBLIC KEY', spkiOf(RSA_KEY.pair.publicKey))), /: the alg of th/, 5],
    'a key of another curve': [
      () => new Response(pem('PUBLIC KEY', spkiOf(nodePair('ES384').publicKey))),
      /: the alg of th/,
      5,
    ],
  };

  test.each(Object.entries(answers))('%s says nothing about the token', async (_, [answer, message, retryAfter]) => {
    const made = world(answer);
    const error = await made
      .verifier()
      .verify(albToken())
      .catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE', retryAfter });
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('secret');
  });
});

describe('options', () => {
  test.each<readonly [object, string]>([
    [{ arn: undefined }, 'options.arn must be given: the ARN of a load balancer such as'],
    [{ clientId: undefined }, "options.clientId must be given: the client id of the load balancer such as '1example"],
    [{ issuer: undefined }, "options.issuer must be given: the issuer of the identity provider such as 'https://login"],
    [{ arn: 'web' }, 'options.arn must be the ARN of a load balancer'],
    [{ arn: ARN.replace('app/web', 'net/web') }, 'options.arn must be the ARN of a load balancer'],
    [{ arn: ARN.replace('eu-west-1', 'evil.example/') }, 'options.arn must be the ARN of a load balancer'],
    [{ arn: ARN.replace('eu-west-1', '') }, 'options.arn must be the ARN of a load balancer'],
    [{ arn: [ARN, 'web'] }, 'options.arn must be the ARN of a load balancer'],
    [{ clientId: null }, 'options.clientId must be the client id'],
    [{ issuer: null }, 'options.issuer must be the issuer'],
    [{ claims: { exp: 5 } }, 'options.claims must be values by claim'],
    [{ clockSkew: '1h' }, 'options.clockSkew must be a duration'],
    [{ keysUrl: 'http://keys.example' }, 'options.keysUrl must be the https URL of the keys'],
    [{ keysUrl: 'https://keys.example/' }, 'options.keysUrl must be the https URL of the keys'],
    [{ keysUrl: 'https://keys.example/?kid=' }, 'options.keysUrl must be the https URL of the keys'],
    [{ clock: 5 }, 'options.clock must be a function'],
    [{ remote: { timeuot: 1 } }, 'options.remote.timeuot is not an option; timeout is'],
    [{ remote: { clock: () => NOW } }, 'options.remote.clock is not an option'],
    [{ albArn: ARN }, 'options.albArn is not an option'],
    [{ audience: 'api' }, 'options.audience is not an option'],
  ])('%o: %s', (change, beginning) => {
    const { message } = expectTypeError(() => alb({ ...GOOD, ...change } as AlbOptions));
    expect(message.slice(0, beginning.length)).toBe(beginning);
  });

  test('are copied', async () => {
    const emails = ['ada@example.com'];
    const claims = { email: emails };
    const made = world();
    const { verify } = made.verifier({ claims });
    emails.pop();
    expect(await verify(albToken())).toMatchObject({ claims: CLAIMS });
  });

  test('the clock is the system’s, and must return a number', async () => {
    const made = world();
    await expect(made.verifier({ clock: () => Number.NaN }).verify(albToken())).rejects.toThrow(
      'options.clock must return a number of seconds',
    );
    const clock = vi.spyOn(Date, 'now').mockReturnValue(1000 * (NOW + 120));
    const { outcome } = await outcomeOf(albToken(), { clock: undefined });
    clock.mockRestore();
    expect(outcome).toEqual(['ERR_JWT_EXPIRED', 'exp expired']);
  });

  test('no argument too many', async () => {
    const { verify } = world().verifier();
    expectTypeError(() => (alb as (...args: unknown[]) => unknown)(GOOD, {}), 'alb takes 1 argument, and was given 2');
    await expect((verify as (...args: unknown[]) => Promise<unknown>)(albToken(), {})).rejects.toThrow(
      'verify takes 1',
    );
  });
});
