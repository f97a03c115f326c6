// RFC 7518 §6: a checked JWK → the Key that verifies with it. A verifier of key sets needs nothing else of jwk/.
import {
  createPublicKey,
  createSecretKey,
  getCurves,
  type JsonWebKeyInput,
  type KeyObject,
  type PublicKeyInput,
} from 'node:crypto';
import { encodeBase64url } from '../base64url.ts';
import { asBuffer, concat } from '../bytes.ts';
import { attempt, JoseError } from '../errors.ts';
import { type JsonObject, ownMembers } from '../json.ts';
import type { SignatureRow } from '../jwa/signatures.ts';
import type { KeyRow } from '../jwa/support.ts';
import { checkCertificate } from './certificate.ts';
import { BIT_STRING, INTEGER, OCTET_STRING, readLeadingSequence, SEQUENCE, writeElement, writeInteger } from './der.ts';
import { type Jwk, MEMBERS, memberOctets, pickMembers, publicMembers, unsupportedError } from './jwk.ts';
import { type Key, makeKey } from './key.ts';
import { checkStrength } from './strength.ts';

/** @throws JoseError ERR_JWK_INVALID, ERR_JWK_WEAK, ERR_JOSE_NOT_SUPPORTED, ERR_JOSE_LIMIT_EXCEEDED */
export function publicKeyFromJwk(jwk: Jwk, row: SignatureRow): Key {
  if (jwk.key_ops?.includes('verify') === false) throw unsupportedError('the key_ops of the key do not include verify');
  return makeKey({ keyObject: publicKeyObject(jwk, row), row, kid: jwk.kid, operations: undefined });
}

/** The public key of any JWK, with every check of one. */
export function publicKeyObject(jwk: Jwk, row: KeyRow): KeyObject {
  const keyObject = publicKeyOfMembers(publicMembers(jwk, row), row);
  checkCertificate(jwk, keyObject);
  return keyObject;
}

/** The public key of the members that make it, each of the right length. */
export function publicKeyOfMembers(members: Jwk, row: KeyRow): KeyObject {
  checkStrength(members, row);
  return createKeyObject(row, () => createPublicKey(ownMembers(publicKeyInput(members))));
}

/**
 * Checked public members, without a prototype, as node:crypto takes them. RSA and EC keys go in as DER: of their members
 * node:crypto makes an object of its own, and asks that for a `d`, which a polluted Object.prototype has.
 */
function publicKeyInput(members: JsonObject & { readonly kty: string }): PublicKeyInput | JsonWebKeyInput {
  const { kty, crv } = members;
  const prefix = EC_SPKI.get(String(crv));
  if (prefix) {
    const key = concat([Buffer.from(prefix, 'hex'), memberOctets(members, 'x'), memberOctets(members, 'y')]);
    return { key: asBuffer(key), format: 'der', type: 'spki' };
  }
  if (kty !== 'RSA') return { key: members, format: 'jwk' };
  const key = writeElement(
    SEQUENCE,
    writeInteger(memberOctets(members, 'n')),
    writeInteger(memberOctets(members, 'e')),
  );
  return { key: asBuffer(key), format: 'der', type: 'pkcs1' };
}

/** RFC 5480 §2: the octets before x and y in the SPKI of an uncompressed point. */
const EC_SPKI: ReadonlyMap<string, string> = /* @__PURE__ */ new Map([
  ['P-256', '3059301306072a8648ce3d020106082a8648ce3d03010703420004'],
  ['P-384', '3076301006072a8648ce3d020106052b8104002203620004'],
  ['P-521', '30819b301006072a8648ce3d020106052b810400230381860004'],
  ['secp256k1', '3056301006072a8648ce3d020106052b8104000a03420004'],
]);

/**
 * Makes a KeyObject, or says whether the key or this runtime is at fault. node:crypto checks that EC points are on
 * their curve.
 */
export function createKeyObject(row: KeyRow, create: () => KeyObject): KeyObject {
  try {
    return create();
  } catch {
    if (!runtimeHasKeyType(row)) throw unsupportedError(`${row.name} is not supported by this runtime`);
    throw new JoseError('ERR_JWK_INVALID', 'the members of the key do not make a key');
  }
}

/** Whether this runtime has keys of a kind, found by making a public one. */
function runtimeHasKeyType({ kty, crv, name: alg, keyLength }: KeyRow): boolean {
  if (kty === 'RSA') return true; // Some runtimes take smaller moduli and exponents only.
  if (kty === 'EC') return getCurves().some((curve) => curve === crv || curve === OPENSSL_NAMES.get(String(crv)));
  const names = MEMBERS[kty].public;
  const identity = encodeBase64url(Uint8Array.of(1, ...new Uint8Array(keyLength - 1)));
  const members = pickMembers({ kty, crv: String(crv), alg, [String(names.at(-1))]: identity }, kty, names);
  return attempt(() => createPublicKey(ownMembers(publicKeyInput(members))).type === 'public', false);
}

/** The names of RFC 5480 curves that OpenSSL has under another name. */
const OPENSSL_NAMES: ReadonlyMap<string, string> = /* @__PURE__ */ new Map([
  ['P-256', 'prime256v1'],
  ['P-384', 'secp384r1'],
  ['P-521', 'secp521r1'],
]);

/** Texts that are keys of another kind: PEM, also in UTF-16 or in base64, SSH, JWK or JWK Set, also within JSON text. */
const KEY_TEXT = /-----BEGIN|B\0E\0G\0I\0N|^[\s"']*LS0tLS1CRUdJTi|ssh-|ecdsa-sha2-|"(kty|keys)\\?"/;

/**
 * Base64 that may be of DER, as Keycloak and PEM without its armour show a public key: a SEQUENCE begins with M. Quotes and
 * a literal \n come with environment variables.
 */
const BASE64_TEXT = /^[\s"']*M([\w+/=\s-]|\\n)+[\s"']*$/;

/**
 * RFC 7518 §6.4 an `oct` JWK → HMAC Key.
 * @throws JoseError ERR_JWK_WEAK below the hash's length [7518-3.2-1], ERR_JWK_INVALID for a public key in disguise
 */
export function secretFromJwk(jwk: Jwk, row: SignatureRow): Key {
  const secret = memberOctets(jwk, 'k');
  if (secret.length * 8 < row.minBits)
    throw new JoseError('ERR_JWK_WEAK', `the secret is shorter than ${row.name} needs`);
  const { key_ops: operations } = jwk;
  if (operations && !operations.includes('sign') && !operations.includes('verify')) {
    throw unsupportedError('the key_ops of the key include neither sign nor verify');
  }
  return makeKey({ keyObject: secretKeyObject(secret), row, kid: jwk.kid, operations });
}

/** @throws JoseError ERR_JWK_INVALID for a public key in disguise */
export function secretKeyObject(secret: Uint8Array): KeyObject {
  const text = asBuffer(secret).toString('latin1');
  if (KEY_TEXT.test(text) || isDerOfKey(secret) || isBase64OfKey(text)) {
    throw new JoseError('ERR_JWK_INVALID', 'the secret is itself a key of another kind');
  }
  return createSecretKey(secret);
}

/**
 * Whether the octets open with the DER of a key or of a certificate, whatever follows: by the first elements of its
 * SEQUENCE, which no secret has by chance.
 */
function isDerOfKey(secret: Uint8Array): boolean {
  const tags = readLeadingSequence(secret)?.map(({ tag }) => tag);
  return tags !== undefined && KEY_TAGS.some((known) => known.every((tag, i) => tag === tags[i]));
}

function isBase64OfKey(text: string): boolean {
  if (!BASE64_TEXT.test(text)) return false;
  const octets = Buffer.alloc(text.length); // not Buffer.from, which copies a secret into shared memory
  octets.write(text.replace(/\\n|[\s"']/g, ''), 'base64');
  return isDerOfKey(octets);
}

/** SubjectPublicKeyInfo, RSAPublicKey and RSAPrivateKey, PrivateKeyInfo, ECPrivateKey, Certificate. */
const KEY_TAGS: readonly (readonly number[])[] = [
  [SEQUENCE, BIT_STRING],
  [INTEGER, INTEGER],
  [INTEGER, SEQUENCE, OCTET_STRING],
  [INTEGER, OCTET_STRING],
  [SEQUENCE, SEQUENCE, BIT_STRING],
];
