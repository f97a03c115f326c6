// JWE by properties: what is encrypted decrypts, no other string does, and any octets give a value or a JoseError.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decryptJwe,
  decryptJweJson,
  encryptJwe,
  encryptJweJson,
  isJoseError,
  type JweJson,
  type Key,
} from '../../src/index.ts';
import { b64, type EncryptionKind, encryptionKinds, encsOf, partsOf } from '../support/jwe.ts';
import { whilePolluted } from '../support/pollution.ts';

const cheap = encryptionKinds.filter(({ alg }) => !/^(PBES2|RSA)/.test(alg));
const aKind = fc.constantFrom(...cheap);
const anEnc = (kind: EncryptionKind) => fc.constantFrom(...encsOf(kind));
const aMessage = aKind.chain((kind) =>
  fc.record({ kind: fc.constant(kind), enc: anEnc(kind), plaintext: fc.uint8Array({ maxLength: 64 }) }),
);

/** The plaintext, `undefined` for a JoseError; anything else is thrown. */
function opened(read: () => { plaintext: Uint8Array }): Uint8Array | undefined {
  try {
    return read().plaintext;
  } catch (error) {
    if (isJoseError(error)) return undefined;
    throw error;
  }
}

const compact = (token: string, key: Key) => opened(() => decryptJwe(token, key, { zip: true }));
const json = (jwe: object | string, key: Key) => opened(() => decryptJweJson(jwe, key, { zip: true }));
const hasOneItem = (value: unknown) => Array.isArray(value) && value.length === 1;

describe('round trips', () => {
  test('compact, general and flattened, compressed or not, with additional octets', () => {
    fc.assert(
      fc.property(aMessage, fc.boolean(), fc.uint8Array({ maxLength: 20 }), ({ kind, enc, plaintext }, zip, aad) => {
        const { encrypting, decrypting } = kind;
        expect(compact(encryptJwe(plaintext, encrypting, { enc, zip }), decrypting)).toEqual(plaintext);
        for (const flattened of [true, false]) {
          const jwe = encryptJweJson(plaintext, [{ key: encrypting }], { enc, zip, aad, flattened });
          expect(json(jwe, decrypting)).toEqual(plaintext);
          expect(json(JSON.stringify(jwe), decrypting)).toEqual(plaintext);
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe('for an encrypted token, no other string decrypts', () => {
  const edits = fc.oneof(
    fc.record({ at: fc.nat(), bit: fc.integer({ min: 0, max: 7 }) }).map(({ at, bit }) => (token: string) => {
      const [part, index] = [at % 5, Math.floor(at / 5)];
      const parts = partsOf(token);
      const octets = Buffer.from(parts[part] ?? '', 'base64url');
      if (octets.length === 0) return token;
      octets[index % octets.length] = Number(octets[index % octets.length]) ^ (1 << bit);
      parts[part] = b64(octets);
      return parts.join('.');
    }),
    fc.nat().map((at) => (token: string) => token.slice(0, at % token.length)),
    fc.record({ at: fc.nat(), text: fc.constantFrom('A', '=', '.', ' ', '\n', '+', 'é') }).map(
      ({ at, text }) =>
        (token: string) =>
          `${token.slice(0, at % (token.length + 1))}${text}${token.slice(at % (token.length + 1))}`,
    ),
    fc.record({ a: fc.nat(4), b: fc.nat(4) }).map(({ a, b }) => (token: string) => {
      const parts = partsOf(token);
      [parts[a], parts[b]] = [parts[b] ?? '', parts[a] ?? ''];
      return parts.join('.');
    }),
    fc.record({ at: fc.nat(), to: fc.constantFrom(...'ABCxyz019-_') }).map(
      ({ at, to }) =>
        (token: string) =>
          `${token.slice(0, at % token.length)}${to}${token.slice((at % token.length) + 1)}`,
    ),
  );

  test('bits, truncation, insertions, swapped parts, other symbols', () => {
    fc.assert(
      fc.property(aMessage, fc.array(edits, { minLength: 20, maxLength: 20 }), ({ kind, enc, plaintext }, each) => {
        const token = encryptJwe(plaintext, kind.encrypting, { enc });
        for (const edit of each) {
          const changed = edit(token);
          if (changed !== token) expect(compact(changed, kind.decrypting), changed).toBeUndefined();
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe('any octets give a value or a JoseError', () => {
  test('as a token, as parts of one, and as JSON', () => {
    fc.assert(
      fc.property(
        aKind,
        fc.string({ unit: 'binary' }),
        fc.array(fc.string(), { maxLength: 7 }),
        (kind, text, parts) => {
          expect(compact(text, kind.decrypting)).toBeUndefined();
          expect(compact(parts.join('.'), kind.decrypting)).toBeUndefined();
          expect(json(text, kind.decrypting)).toBeUndefined();
        },
      ),
    );
  });

  test('as any header over any parts', () => {
    const header = fc.dictionary(
      fc.constantFrom(
        'alg',
        'enc',
        'kid',
        'zip',
        'crit',
        'epk',
        'apu',
        'apv',
        'iv',
        'tag',
        'p2s',
        'p2c',
        'x',
        '__proto__',
      ),
      fc.oneof(fc.jsonValue(), fc.constantFrom('dir', 'DEF', 'A128KW', 'ECDH-ES', 'A128GCM', 'A128CBC-HS256', 1000)),
    );
    fc.assert(
      fc.property(
        aKind,
        header,
        fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 4, maxLength: 4 }),
        (kind, each, parts) => {
          const { alg } = kind;
          for (const encoded of [each, { ...each, alg }, { ...each, alg, enc: 'A128GCM' }]) {
            const token = [JSON.stringify(encoded), ...parts].map((part) => b64(part)).join('.');
            expect(compact(token, kind.decrypting)).toBeUndefined();
          }
        },
      ),
    );
  });

  test('as any member of a message in JSON', () => {
    fc.assert(
      fc.property(
        aKind,
        fc.constantFrom(
          'protected',
          'unprotected',
          'recipients',
          'header',
          'encrypted_key',
          'iv',
          'aad',
          'ciphertext',
          'tag',
        ),
        fc.jsonValue(),
        (kind, name, value) => {
          const plaintext = Uint8Array.of(1);
          const jwe: JweJson = encryptJweJson(plaintext, [{ key: kind.encrypting }], { flattened: true });
          expect(json(jwe, kind.decrypting)).toEqual(plaintext);
          const changed = json({ ...jwe, [name]: value }, kind.decrypting);
          // A header outside the protected one may add a parameter, and nothing else. Where the key is used directly, one
          // recipient without members makes it the general form of the same message.
          const isHarmless = ['unprotected', 'header'].includes(name) || (name === 'recipients' && hasOneItem(value));
          if (isHarmless && changed) expect(changed).toEqual(plaintext);
          else expect(changed).toBeUndefined();
        },
      ),
    );
  });
});

describe('a polluted Object.prototype changes nothing', () => {
  const NAMES =
    'authTagLength oaepLabel oaepHash padding paramEncoding privateKeyEncoding publicKeyEncoding namedCurve passphrase enc zip crit kid header protected unprotected aad iv tag epk apu apv p2s p2c alg recipients encrypted_key flattened maxLength iterations info maxOutputLength use key_ops d kty crv x y n e k type format key';
  const plaintext = new TextEncoder().encode('plaintext');
  const run = (kind: EncryptionKind) => {
    const outcome = (action: () => { plaintext: Uint8Array }) => {
      try {
        return Buffer.from(action().plaintext).toString();
      } catch (error) {
        return isJoseError(error) ? error.code : String(error);
      }
    };
    const { encrypting, decrypting } = kind;
    return [
      outcome(() => decryptJwe(encryptJwe(plaintext, encrypting), decrypting)),
      outcome(() => decryptJwe(encryptJwe(plaintext, encrypting, { zip: true }), decrypting, { zip: true })),
      outcome(() => decryptJweJson(encryptJweJson(plaintext, [{ key: encrypting }]), decrypting)),
      outcome(() => decryptJwe(encryptJwe(plaintext, encrypting).replace(/.{6}$/, 'AAAAAA'), decrypting)),
    ];
  };

  const rsa = encryptionKinds.filter(({ alg }) => alg.startsWith('RSA'));
  test.each(rsa)('$label, on one side alone', ({ encrypting, decrypting }) => {
    const clean = encryptJwe(plaintext, encrypting);
    for (const pollution of [{ oaepLabel: Buffer.from('label') }, { oaepHash: 'sha224' }, { padding: 1 }]) {
      expect(whilePolluted(pollution, () => compact(clean, decrypting))).toEqual(plaintext);
      const polluted = whilePolluted(pollution, () => encryptJwe(plaintext, encrypting));
      expect(compact(polluted, decrypting)).toEqual(plaintext);
    }
  });

  test.each(cheap.filter((_, i) => i % 3 === 0))('$label', (kind) => {
    const clean = run(kind);
    expect(clean.slice(0, 3)).toEqual(['plaintext', 'plaintext', 'plaintext']);
    for (const name of NAMES.split(' '))
      for (const value of ['x', 4, true, { format: 'jwk' }])
        expect(
          whilePolluted({ [name]: value }, () => run(kind)),
          `${name} ${String(value)}`,
        ).toEqual(clean);
  });
});
