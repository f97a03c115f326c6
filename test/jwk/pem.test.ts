// Key material as people have it: what is read, and for what is not, which error says how to get to a key.
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { importKey, JoseError, thumbprint } from '../../src/index.ts';
import { certificate, spkiOf } from '../support/forge.ts';
import { nodePair } from '../support/keys.ts';
import { refusalPartsOf } from '../support/refusal.ts';

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

describe('text at the bounds of what is read', () => {
  const alone = base64(publicKey, 'spki');
  const refusal = (text: string, options = {}) => refusalPartsOf(() => importKey(text, options))[1];
  const block = (label: string, content: string) => `-----BEGIN ${label}-----\n${content}\n-----END ${label}-----\n`;
  const NO_BLOCK = /^the key material has no PEM block/;
  const NO_BASE64 = 'the key material has a PEM block whose content is not base64';
  const SEVERAL = 'the key material holds more than one key: give one by itself';

  test.each([
    ['in quotes with blanks around them', ` "${alone}" \n`],
    ['in lines within apostrophes', `'${alone.replace(/.{20}/g, '$&\n')}'`],
    ['in lines whose ends are written out, in quotes', `"${alone.replace(/.{20}/g, '$&\\n')}"`],
    ['in lines that end with a carriage return', alone.replace(/.{20}/g, '$&\r')],
    ['in lines whose carriage returns are written out', alone.replace(/.{20}/g, '$&\\r')],
  ])('SPKI in base64 alone is read %s', (_, text) => {
    expect(thumbprint(importKey(text))).toBe(expectedPrint());
  });

  test.each([
    ['a quote at the beginning only', `"${alone}`],
    ['a quote at the end only', `${alone}"`],
    ['a quote and an apostrophe', `"${alone}'`],
    ['quotes around its end', `${alone.slice(0, 8)}"${alone.slice(8)}"`],
    ['quotes around its beginning', `"${alone.slice(0, 8)}"${alone.slice(8)}`],
    ['a character less', alone.slice(0, -1)],
    ['a character of padding too many', `${alone}=`],
    ['the alphabet of base64url', Buffer.from(alone, 'base64').toString('base64url')],
    ['words about SSH', 'my ssh-rsa AAAA'],
    ['octets that are no DER', 'AAAA'],
    ['one sequence without a string of bits', Buffer.from('3003020105', 'hex').toString('base64').slice(1)],
  ])('and not with %s', (_, text) => {
    expect(refusal(text)).toMatch(NO_BLOCK);
  });

  test.each([
    ['a sequence of two numbers', '3006020101020101'],
    ['an algorithm and a number', '30053000020105'],
    ['an algorithm alone', '30023000'],
    ['a number and a string of bits', '3006020101030100'],
  ])('DER in base64 alone that is no SPKI: %s', (_, digits) => {
    expect(refusal(Buffer.from(digits, 'hex').toString('base64'))).toBe(
      'the key material is base64 of something else than a public key (SPKI): give it as PEM, with its BEGIN and END lines',
    );
  });

  test.each(['ssh-rsa A', '"ssh-ed25519 A"', "'ecdsa-sha2-nistp256 A'", 'sk-ssh-ed25519@openssh.com A'])(
    '%s',
    (text) => {
      expect(refusal(text)).toMatch(/is a public key in the format of OpenSSH: /);
    },
  );

  test.each([['{'], ['['], [' \t\n{'], ['"{'], ["' [0]'"], ['"\n {}"']])('%j is JSON text', (text) => {
    expect(refusal(text)).toMatch(/is JSON text: /);
  });

  test.each([['x{'], ['""{'], ['"x{']])('%j is none', (text) => {
    expect(refusal(text)).toMatch(NO_BLOCK);
  });

  test.each([
    ['padding within', 'AA=A'],
    ['three characters of padding', 'A==='],
    ['padding alone', '===='],
    ['base64url', 'AA-_'],
    ['five characters', 'AAAAA'],
    ['a comma', 'AAA,'],
  ])('PEM whose content has %s', (_, content) => {
    expect(refusal(block('PUBLIC KEY', content))).toBe(NO_BASE64);
  });

  test('a label of up to forty capitals, digits and blanks', () => {
    const [longest, longer] = ['A'.repeat(40), 'A'.repeat(41)];
    expect(refusal(block(longest, 'AAAA'))).toBe(
      `the key material is a PEM block of the kind ${longest}, which is not a key for signatures`,
    );
    for (const label of [longer, 'public key', '', 'PUBLIC-KEY'])
      expect(refusal(block(label, 'AAAA')), label).toMatch(NO_BLOCK);
  });

  test('certificates may be several, keys beside them may not', () => {
    expect(refusal(block('CERTIFICATE', 'AAAA') + block('CERTIFICATE', 'AAAA'))).not.toBe(SEVERAL);
    expect(refusal(block('CERTIFICATE', 'AAAA') + block('PUBLIC KEY', 'AAAA'))).toBe(SEVERAL);
    expect(refusal(block('PUBLIC KEY', 'AAAA') + block('CERTIFICATE', 'AAAA'))).toBe(SEVERAL);
  });

  test('the END line that counts is the one after the BEGIN line', () => {
    expect(thumbprint(importKey(`-----END PUBLIC KEY-----\n${spki}`))).toBe(expectedPrint());
  });

  test('the encryption of RFC 1421 is that of PKCS#1 and SEC1 only, and begins with its header', () => {
    const sealed = String(privateKey.export({ format: 'pem', type: 'sec1', cipher: 'aes-128-cbc', passphrase: 'old' }));
    expect(thumbprint(importKey(sealed, { passphrase: 'old' }))).toBe(expectedPrint());
    for (const label of ['PRIVATE KEY', 'XEC PRIVATE KEY', 'EC PRIVATE KEYS'])
      expect(refusal(sealed.replaceAll('EC PRIVATE KEY', label), { passphrase: 'old' })).toBe(NO_BASE64);
    expect(refusal(sealed.replace('Proc-Type', 'X: 1\nProc-Type'), { passphrase: 'old' })).toBe(NO_BASE64);
    expect(refusal(sealed.replace('\n\n', '\n-----X-----\n'), { passphrase: 'old' })).toBe(SEVERAL);
    expect(refusal(sealed)).toBe('the key material is encrypted: give options.passphrase');
  });
});
