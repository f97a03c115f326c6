// Encrypted PKCS#8 (RFC 5958 §3) made here, with whatever work its key derivation is to demand.

import { createCipheriv, createHash, type KeyObject, pbkdf2Sync, scryptSync } from 'node:crypto';
import { concat, der, derInteger, derSequence, hex, pem } from './forge.ts';

const oid = (digits: string) => der(0x06, hex(digits));
const SALT = hex('0102030405060708');
const IV = hex('000102030405060708090a0b0c0d0e0f');

function pbes2(derivation: Uint8Array, body: Uint8Array): Uint8Array {
  const cipher = derSequence(oid('60864801650304012a'), der(0x04, IV)); // aes256-CBC
  const algorithm = derSequence(oid('2a864886f70d01050d'), derSequence(derivation, cipher));
  return derSequence(algorithm, der(0x04, body));
}

function encrypt(key: KeyObject, secret: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-cbc', secret, IV);
  const plain = key.export({ format: 'der', type: 'pkcs8' });
  return concat(cipher.update(plain), cipher.final());
}

/** By PBKDF2 with HMAC-SHA-256. Only the first `worked` iterations are really made, so that a claim costs nothing. */
export function byPbkdf2(key: KeyObject, passphrase: string, iterations: number, worked = iterations): Uint8Array {
  const secret = pbkdf2Sync(passphrase, SALT, worked, 32, 'sha256');
  const prf = derSequence(oid('2a864886f70d0209'), hex('0500'));
  const parameters = derSequence(der(0x04, SALT), derInteger(BigInt(iterations)), prf);
  return pbes2(derSequence(oid('2a864886f70d01050c'), parameters), encrypt(key, secret));
}

/** By scrypt (RFC 7914 §7). Only N = 2, r = p = 1 are really worked unless `isWorked`. */
export function byScrypt(
  key: KeyObject,
  passphrase: string,
  [N, r, p]: readonly [number, number, number],
  isWorked = true,
): Uint8Array {
  const secret = scryptSync(passphrase, SALT, 32, isWorked ? { N, r, p } : { N: 2, r: 1, p: 1 });
  const parameters = derSequence(der(0x04, SALT), derInteger(BigInt(N)), derInteger(BigInt(r)), derInteger(BigInt(p)));
  return pbes2(derSequence(oid('2b06010401da47040b'), parameters), encrypt(key, secret));
}

/** What PBES1 (RFC 8018 §6.1) and PKCS #12 say: a salt and a count. Nothing that could be opened is in it. */
export function byCount(iterations: number): Uint8Array {
  const algorithm = derSequence(
    oid('2a864886f70d010c0103'),
    derSequence(der(0x04, SALT), derInteger(BigInt(iterations))),
  );
  return derSequence(algorithm, der(0x04, new Uint8Array(64)));
}

/** PBES2 with a key derivation that nobody knows. */
export function byUnknown(): Uint8Array {
  return pbes2(derSequence(oid('2a0304'), derSequence(der(0x04, SALT), derInteger(1n))), new Uint8Array(64));
}

/** The encryption of RFC 1421 as OpenSSL does it, over any octets and under any label. */
export function legacyPem(label: string, plain: Uint8Array, passphrase: string): string {
  const salt = IV.subarray(0, 8);
  const first = createHash('md5').update(passphrase).update(salt).digest();
  const secret = Buffer.concat([first, createHash('md5').update(first).update(passphrase).update(salt).digest()]);
  const cipher = createCipheriv('aes-256-cbc', secret, IV);
  const text = pem(label, concat(cipher.update(plain), cipher.final()));
  const header = `Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,${Buffer.from(IV).toString('hex').toUpperCase()}\n\n`;
  return text.replace('\n', `\n${header}`);
}
