// RFC 7518 §6.2.2, §6.3.2, RFC 8037 §2, RFC 9964 §4: a checked private JWK → Key, its two halves proved to belong together.
import { createPrivateKey, type JsonWebKeyInput, type KeyObject, type PrivateKeyInput } from 'node:crypto';
import { asBuffer } from '../bytes.ts';
import { JoseError } from '../errors.ts';
import { ownMembers } from '../json.ts';
import { readyKey, type SignatureRow, verifySignature } from '../jwa/signatures.ts';
import { makeSignature } from '../jwa/signing.ts';
import type { KeyRow } from '../jwa/support.ts';
import { OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, writeElement, writeInteger } from './der.ts';
import { type Jwk, MEMBERS, memberInteger, memberOctets, pickMembers, unsupportedError } from './jwk.ts';
import { type Key, makeKey } from './key.ts';
import { createKeyObject, publicKeyObject } from './public.ts';

/** RFC 9964 §4 [9964-4-1] the private part of an AKP key is its 32-octet seed. */
const SEED_LENGTH = 32;

/** @throws JoseError ERR_JWK_INVALID, ERR_JWK_WEAK, ERR_JOSE_NOT_SUPPORTED, ERR_JOSE_LIMIT_EXCEEDED */
export function privateKeyFromJwk(jwk: Jwk, row: SignatureRow): Key {
  if (jwk.key_ops?.includes('sign') === false) throw unsupportedError('the key_ops of the key do not include sign');
  const { privateObject, publicObject } = keyPairObjects(jwk, row);
  // One signature proves what the members cannot: that the public half verifies what the private half signs.
  const probe = makeSignature(readyKey(row, privateObject), row.name);
  if (!verifySignature(readyKey(row, publicObject), row.name, probe)) throw keyPairMismatchError();
  return makeKey({ keyObject: privateObject, row, kid: jwk.kid, operations: undefined });
}

/** Both halves of a private JWK, their members checked. Whether they belong together is for the caller to try. */
export function keyPairObjects(jwk: Jwk, row: KeyRow): { privateObject: KeyObject; publicObject: KeyObject } {
  // RFC 7518 §6.3.2.7 [7518-6.3.2.7-2] node:crypto would use such a key and leave the further primes out.
  if (Object.hasOwn(jwk, 'oth')) throw unsupportedError('RSA keys of more than two primes are not supported');
  checkPrivateLength(jwk, row);
  const publicObject = publicKeyObject(jwk, row);
  if (row.kty === 'RSA') checkRsaMembers(jwk);
  const privateObject = createKeyObject(row, () => createPrivateKey(ownMembers(privateKeyInput(jwk, row))));
  return { privateObject, publicObject };
}

/**
 * Checked members as node:crypto takes them. Keys whose private part is a string of octets go in as PKCS#8: of their
 * JWK, node would decode that part into the memory that small Buffers share.
 */
function privateKeyInput(jwk: Jwk, row: KeyRow): PrivateKeyInput | JsonWebKeyInput {
  const { public: publicNames, private: privateNames } = MEMBERS[row.kty];
  const form = PKCS8_FORMS.get(row.crv ?? row.name);
  if (!form) return { key: ownMembers(pickMembers(jwk, row.kty, [...publicNames, ...privateNames])), format: 'jwk' };
  const [identifier, tag] = form;
  const part = writeElement(tag, memberOctets(jwk, privateNames.join()));
  const algorithm = writeElement(SEQUENCE, writeElement(OBJECT_IDENTIFIER, Buffer.from(identifier, 'hex')));
  const key = writeElement(SEQUENCE, writeInteger(Uint8Array.of(0)), algorithm, writeElement(OCTET_STRING, part));
  return { key: asBuffer(key), format: 'der', type: 'pkcs8' };
}

/** The tag [0] of ML-DSA's seed (RFC 9881 §6). */
const SEED = 0x80;

/** The object identifier of an algorithm, and the tag of its one private part: RFC 8410 §3 and §7, RFC 9881 §2 and §6. */
const PKCS8_FORMS: ReadonlyMap<string, readonly [identifier: string, tag: number]> = /* @__PURE__ */ new Map([
  ['Ed25519', ['2b6570', OCTET_STRING]],
  ['Ed448', ['2b6571', OCTET_STRING]],
  ['X25519', ['2b656e', OCTET_STRING]],
  ['X448', ['2b656f', OCTET_STRING]],
  ['ML-DSA-44', ['608648016503040311', SEED]],
  ['ML-DSA-65', ['608648016503040312', SEED]],
  ['ML-DSA-87', ['608648016503040313', SEED]],
] as const);

/**
 * Checks the exact lengths of an EC key [7518-6.2.2.1-1] and an OKP key [8037-2-4], before any computing;
 * and that of the seed of an AKP key [9964-4-1] [9964-7.3-1].
 * RSA's numbers wait until their modulus is known to be bounded.
 */
function checkPrivateLength(jwk: Jwk, row: KeyRow): void {
  if (row.kty === 'AKP') memberOctets(jwk, 'priv', SEED_LENGTH);
  else if (row.kty !== 'RSA') memberOctets(jwk, 'd', row.keyLength);
}

/**
 * RFC 8017 §3.2: the relations between the numbers of an RSA key, which OpenSSL does not enforce. RFC 7518 §6.3.2
 * [7518-6.3.2-3] the five members beside d come together.
 */
function checkRsaMembers(jwk: Jwk): void {
  // None of them is longer than the modulus, whose length was bounded before: BigInt's work grows with the square of it.
  const { length } = memberOctets(jwk, 'n');
  const read = (name: string): bigint => memberInteger(jwk, name, length);
  const [n, e, d, p, q] = [read('n'), read('e'), read('d'), read('p'), read('q')];
  const [dp, dq, qi] = [read('dp'), read('dq'), read('qi')];
  const consistent =
    p > 1n &&
    q > 1n &&
    n === p * q &&
    dp === d % (p - 1n) &&
    dq === d % (q - 1n) &&
    (e * dp) % (p - 1n) === 1n &&
    (e * dq) % (q - 1n) === 1n &&
    (qi * q) % p === 1n;
  if (!consistent) throw keyPairMismatchError();
}

export function keyPairMismatchError(): JoseError {
  return new JoseError('ERR_JWK_INVALID', 'the private members of the key do not match its public ones');
}
