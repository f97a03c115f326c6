// RFC 7468: PEM text → KeyObject, as people have it: in files, in environment variables, copied from a console. Text that is
// something else is named, with the way to a key.
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { decodeUnpooled } from '../base64url.ts';
import { asBuffer, encodeUtf8 } from '../bytes.ts';
import { ownMembers } from '../json.ts';
import { BIT_STRING, readSequence, SEQUENCE } from './der.ts';
import {
  checkKeyMaterialLength,
  type DecryptionOptions,
  decrypted,
  readDer,
  readLabelled,
  unreadableKeyError,
} from './encodings.ts';

/**
 * PEM text → KeyObject. SPKI, PKCS#8 (encrypted, too), PKCS#1, SEC1; of a certificate, its public key. Line breaks may
 * be written as `\n`, as in environment variables; the block may be indented, quoted, or on one line. A public key
 * (SPKI) may also come as its base64 alone, as consoles show it.
 *
 * @throws JoseError ERR_JWK_INVALID when the text does not hold exactly one key, or it cannot be read;
 *   ERR_JOSE_LIMIT_EXCEEDED
 */
export function readPem(text: string, decryption: DecryptionOptions): KeyObject {
  checkKeyMaterialLength(text.length);
  // JSON text may hold PEM in a member, and that would be another key than the JSON means. Only a quote separates the two
  // runs of white space: two that meet would be divided in every way, in a time that grows with the square of the length.
  if (/^\s*(?:["']\s*)?[[{]/.test(text)) throw unreadableKeyError(JSON_TEXT);
  const pem = text.replace(/\\r\\n|\\r|\\n|\r\n?/g, '\n'); // A backslash is no character of PEM.
  // OpenSSL writes the curve's parameters before a SEC1 key; the first certificate of a chain is the leaf.
  const labels = [...pem.matchAll(/-----BEGIN ([A-Z0-9 ]{1,40})-----/g)]
    .map(([, label = '']) => label)
    .filter((label) => label !== 'EC PARAMETERS');
  const [label] = labels;
  if (label === undefined) return readBase64Spki(pem.trim());
  if (label === 'OPENSSH PRIVATE KEY') throw unreadableKeyError(OPENSSH_PRIVATE);
  if (labels.length > 1 && !labels.every((each) => each === 'CERTIFICATE')) throw unreadableKeyError(SEVERAL);
  const body = pemBody(pem, label);
  if (isLegacyEncrypted(label, body)) return readLegacyEncrypted(label, body, decryption);
  const der = decodeBase64(body);
  if (!der) throw unreadableKeyError('has a PEM block whose content is not base64');
  return readLabelled(label === 'X509 CERTIFICATE' ? 'CERTIFICATE' : label, der, decryption); // RFC 7468 §5.3 an older name
}

const JSON_TEXT = 'is JSON text: for a JWK, importKey(JSON.parse(text)); for a JWK Set, importJwks(text)';
const SEVERAL = 'holds more than one key: give one by itself';
const OPENSSH_PRIVATE =
  'is a private key in the format of OpenSSH: convert a copy with ssh-keygen -p -m PKCS8 -f FILE (RSA, ECDSA)';

/**
 * Text without a PEM block: a public key in base64 alone is unambiguous, and a private one is not taken without its
 * label.
 */
function readBase64Spki(text: string): KeyObject {
  const der = decodeBase64(text.replace(/^(["'])(.*)\1$/s, '$2'));
  const [first, second] = (der && readSequence(der)) ?? [];
  if (der && first?.tag === SEQUENCE && second?.tag === BIT_STRING) return readDer(der, {});
  throw unreadableKeyError(mistakenText(text, first !== undefined));
}

/** Names a text that has no PEM block, and the way from it to a key. */
function mistakenText(text: string, isDer: boolean): string {
  if (text === '') return 'is empty';
  if (/^["']?(?:ssh-|ecdsa-sha2-|sk-|---- BEGIN SSH2)/.test(text))
    return 'is a public key in the format of OpenSSH: convert it with ssh-keygen -e -m PKCS8 -f FILE (RSA, ECDSA)';
  if (isDer)
    return 'is base64 of something else than a public key (SPKI): give it as PEM, with its BEGIN and END lines';
  return 'has no PEM block (-----BEGIN PUBLIC KEY-----, base64, -----END PUBLIC KEY-----); a secret goes to importSecret';
}

/** The text between the two lines of a label (RFC 7468 §2). */
function pemBody(pem: string, label: string): string {
  const begin = `-----BEGIN ${label}-----`;
  const start = pem.indexOf(begin) + begin.length;
  const end = pem.indexOf(`-----END ${label}-----`, start);
  if (end < 0) throw unreadableKeyError('has no END line for its BEGIN line: it was cut short');
  return pem.slice(start, end);
}

/** Base64 with its padding, in lines of any length. */
function decodeBase64(text: string): Uint8Array | undefined {
  const symbols = text.replace(/\s/g, '');
  const isBase64 = symbols.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(symbols);
  return isBase64 ? decodeUnpooled(symbols.replace(/=/g, '').replaceAll('+', '-').replaceAll('/', '_')) : undefined;
}

/**
 * Whether a PEM is encrypted by RFC 1421 §4.6.1.1, as OpenSSL did with PKCS#1 and SEC1. PKCS#8 inside is refused: it
 * could demand any number of iterations.
 */
function isLegacyEncrypted(label: string, body: string): boolean {
  return /^(RSA|EC) PRIVATE KEY$/.test(label) && /^\s*Proc-Type:/.test(body);
}

/**
 * Reads such a PEM. One round of MD5 makes its key, so there is no work to bound. OpenSSL gets this block alone: it
 * splits lines of more than 254 characters and ends them at a NUL, so that it might find another block in the whole
 * text.
 */
function readLegacyEncrypted(label: string, body: string, { passphrase }: DecryptionOptions): KeyObject {
  if (body.includes('-----')) throw unreadableKeyError(SEVERAL);
  const lines = body.split('\n').map((line) => line.trim());
  const key = asBuffer(encodeUtf8(`-----BEGIN ${label}-----\n${lines.join('\n').trim()}\n-----END ${label}-----\n`));
  return decrypted(passphrase, (octets) => createPrivateKey(ownMembers({ key, format: 'pem', passphrase: octets })));
}
