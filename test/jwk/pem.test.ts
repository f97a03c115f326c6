// Key material as people have it: what is read, and for what is not, which error says how to get to a key.
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { importKey, JoseError, thumbprint } from '../../src/index.ts';
import { certificate, spkiOf } from '../support/forge.ts';
import { nodePair } from '../support/keys.ts';

const { publicKey, privateKey } = nodePair('ES256');
const spki = String(publicKey.export({ format: 'pem', type: 'spki' }));
const pkcs8 = String(privateKey.export({ format: 'pem', type: 'pkcs8' }));
const sec1 = String(privateKey.export({ format: 'pem', type: 'sec1' }));
const encrypted = String(
  privateKey.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'open sesame' }),
);
const rsaPrivate = nodePair('RS256').privateKey;
const legacy = String(rsaPrivate.export({ format: 'pem', type: 'pkcs1', cipher: 'aes-128-cbc', passphrase: 'old' }));
const jwkText = JSON.stringify(publicKey.export({ format: 'jwk' }));
const expectedPrint = () => thumbprint(importKey(publicKey));
const base64 = (key: KeyObject, type: 'spki' | 'pkcs8') =>
  key.export({ format: 'der', type } as never).toString('base64');

describe('public and private keys in the forms of environment variables and consoles', () => {
  const forms: Readonly<Record<string, (pem: string) => string>> = {
    'as it is': (pem) => pem,
    'with \\n for line breaks': (pem) => pem.replaceAll('\n', '\\n'),
    'with \\r\\n written out': (pem) => pem.replaceAll('\n', '\\r\\n'),
    'with carriage returns': (pem) => pem.replaceAll('\n', '\r\n'),
    'in double quotes': (pem) => `"${pem.replaceAll('\n', '\\n')}"`,
    'in single quotes': (pem) => `'${pem}'`,
    indented: (pem) => pem.replace(/^/gm, '    '),
    'on one line with spaces': (pem) => pem.trim().replaceAll('\n', ' '),
    'on one line without': (pem) => pem.replaceAll('\n', ''),
    'between other lines': (pem) => `subject=/CN=x\n${pem}\n# end`,
  };
  const keys = { spki, pkcs8, sec1 };
  const cases = Object.entries(forms).flatMap(([form, write]) =>
    Object.entries(keys).map(([name, pem]) => [name, form, write(pem)] as const),
  );

  test.each(cases)('%s %s', (_, __, text) => {
    const key = importKey(text);
    expect(key.type).toBe(text.includes('PUBLIC') ? 'public' : 'private');
    expect(thumbprint(key)).toBe(expectedPrint());
    // The octets of a file, read without an encoding.
    expect(thumbprint(importKey(Buffer.from(text)))).toBe(expectedPrint());
  });

  test.each([
    ['as Keycloak shows it', base64(publicKey, 'spki')],
    ['in lines', base64(publicKey, 'spki').replace(/.{20}/g, '$&\n')],
    ['in quotes', `"${base64(publicKey, 'spki')}"`],
  ])('SPKI in base64 alone, %s', (_, text) => {
    expect(thumbprint(importKey(text))).toBe(expectedPrint());
  });

  test('an encrypted key of either kind, also with \\n for line breaks', () => {
    for (const pem of [encrypted, encrypted.replaceAll('\n', '\\n'), encrypted.replace(/^/gm, '  ')])
      expect(thumbprint(importKey(pem, { passphrase: 'open sesame' }))).toBe(expectedPrint());
    for (const pem of [
      legacy,
      legacy.replaceAll('\n', '\\n'),
      legacy.replaceAll('\n', '\\r\\n'),
      legacy.replaceAll('\n', '\r'),
      legacy.replace(/^/gm, '\t'),
    ])
      expect(importKey(pem, { passphrase: 'old' }).type).toBe('private');
  });
});

describe('what is no key says what it is, and the way to one', () => {
  const dsa = generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 }).privateKey;
  const block = (label: string, content: string) => `-----BEGIN ${label}-----\n${content}\n-----END ${label}-----\n`;
  const rows: readonly (readonly [string, string | Uint8Array, object, RegExp])[] = [
    ['nothing', '', {}, /^the key material is empty$/],
    ['blanks', ' \n', {}, /is empty$/],
    ['a JWK as text', jwkText, {}, /is JSON text: for a JWK, importKey\(JSON\.parse\(text\)\)/],
    ['a JWK Set as text', '{"keys":[]}', {}, /for a JWK Set, importJwks\(text\)$/],
    ['a JWK with PEM in its x5c', JSON.stringify({ ...JSON.parse(jwkText), x5c: [spki] }), {}, /is JSON text/],
    [
      'a service account with a key in it',
      JSON.stringify({ type: 'service_account', private_key: pkcs8 }),
      {},
      /is JSON text/,
    ],
    ['an indented array of PEM', ` \n ["${spki.replaceAll('\n', '\\n')}"]`, {}, /is JSON text/],
    ['JSON in quotes', '\'{"kty":"EC"}\'', {}, /is JSON text/],
    [
      'an OpenSSH public key',
      'ssh-rsa AAAAB3NzaC1yc2E= me@host',
      {},
      /OpenSSH: convert it with ssh-keygen -e -m PKCS8 -f FILE \(RSA, ECDSA\)$/,
    ],
    ['an OpenSSH public key of a curve', 'ecdsa-sha2-nistp256 AAAA me', {}, /ssh-keygen -e -m PKCS8/],
    ['SSH2', '---- BEGIN SSH2 PUBLIC KEY ----\nAAAA', {}, /ssh-keygen -e -m PKCS8/],
    [
      'an OpenSSH private key',
      block('OPENSSH PRIVATE KEY', 'AAAA'),
      {},
      /OpenSSH: convert a copy with ssh-keygen -p -m PKCS8 -f FILE \(RSA, ECDSA\)$/,
    ],
    [
      'a private key in base64 alone',
      base64(privateKey, 'pkcs8'),
      {},
      /is base64 of something else than a public key \(SPKI\): give it as PEM/,
    ],
    [
      'a certificate in base64 alone',
      Buffer.from(certificate(spkiOf(publicKey))).toString('base64'),
      {},
      /give it as PEM/,
    ],
    ['a secret', 'correct horse battery staple', {}, /has no PEM block .*; a secret goes to importSecret$/],
    ['random octets', Buffer.alloc(32, 7), {}, /a secret goes to importSecret$/],
    ['two keys', spki + pkcs8, {}, /holds more than one key: give one by itself$/],
    ['a certificate and its key', block('CERTIFICATE', 'AAAA') + pkcs8, {}, /holds more than one key/],
    ['a text cut short', spki.slice(0, 80), {}, /has no END line for its BEGIN line: it was cut short$/],
    ['a BEGIN and an END that differ', spki.replace('END PUBLIC', 'END PRIVATE'), {}, /has no END line/],
    ['content that is not base64', block('PUBLIC KEY', '*'), {}, /has a PEM block whose content is not base64$/],
    ['no content', block('PUBLIC KEY', ''), {}, /content is not base64$/],
    [
      'a request',
      block('CERTIFICATE REQUEST', 'AAAA'),
      {},
      /is a PEM block of the kind CERTIFICATE REQUEST, which is not a key for signatures$/,
    ],
    ['parameters alone', block('EC PARAMETERS', 'AAAA'), {}, /has no PEM block|is a PEM block/],
    ['an encrypted key without a passphrase', encrypted, {}, /is encrypted: give options\.passphrase$/],
    ['an old encrypted key without one', legacy, {}, /is encrypted: give options\.passphrase$/],
    [
      'a wrong passphrase',
      encrypted,
      { passphrase: 'no' },
      /cannot be decrypted: options\.passphrase is wrong, or the key is damaged$/,
    ],
    ['a wrong passphrase of an old one', legacy, { passphrase: 'no' }, /cannot be decrypted/],
    [
      'a damaged key',
      block('PUBLIC KEY', 'MAUCAwEAAQ=='),
      {},
      /cannot be read as PUBLIC KEY: it is damaged, of another kind/,
    ],
    [
      'octets behind a key',
      block(
        'PUBLIC KEY',
        Buffer.concat([publicKey.export({ format: 'der', type: 'spki' }), Buffer.of(0)]).toString('base64'),
      ),
      {},
      /is not the DER of one whole key, or has octets behind it$/,
    ],
    [
      'DER cut short',
      publicKey.export({ format: 'der', type: 'spki' }).subarray(0, 50),
      {},
      /is not the DER of one whole key/,
    ],
    ['a DSA key', String(dsa.export({ format: 'pem', type: 'pkcs8' })), {}, /not supported/],
  ];

  function refusal(material: string | Uint8Array, options: object): string {
    try {
      importKey(material, options);
    } catch (error) {
      if (error instanceof JoseError && /^ERR_(JWK_INVALID|JOSE_NOT_SUPPORTED)$/.test(error.code)) return error.message;
      throw error;
    }
    throw new Error('it was taken for a key');
  }

  test.each(rows)('%s', (_, material, options, message) => {
    expect(refusal(material, options)).toMatch(message);
  });

  test('no error shows the material', () => {
    for (const [, material, options] of rows) {
      const message = refusal(material, options);
      const text = typeof material === 'string' ? material : Buffer.from(material).toString('latin1');
      for (let i = 0; i + 12 <= text.length; i += 4)
        if (!/BEGIN|END|CERTIFICATE|PUBLIC|PRIVATE|importSecret/.test(text.slice(i - 12, i + 24)))
          expect(message).not.toContain(text.slice(i, i + 12));
    }
  });
});
