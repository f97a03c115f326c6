// RFC 7519 §5.2, §7: a JWT that is signed, and then encrypted as the content of another: one layer, an inner compact JWS.
import { encodeUtf8 } from '../bytes.ts';
import { attempt } from '../errors.ts';
import { ENTROPY } from '../jwa/entropy.ts';
import { ENCRYPT_OPTIONS, type EncryptJweOptions, keyAlgorithmHint, sealCompact } from '../jwe/compact.ts';
import type { JwePolicy } from '../jwe/header.ts';
import { checkEncryptionKey } from '../jwk/encryption-key.ts';
import { aKey, isKey, type Key } from '../jwk/key.ts';
import { checkDecryptionKeys, DecryptionKeys } from '../jwks/decryption.ts';
import { checkKeys } from '../jwks/select.ts';
import { KeySet } from '../jwks/set.ts';
import { acceptHeader } from '../jws/signature.ts';
import { checkArgumentCount, type OptionRules, readOptions, withArgumentNames } from '../options.ts';
import {
  type DecryptExpected,
  ENCRYPTION_RULES,
  openEncryptedJwt,
  readEncryptedJwt,
  readExpectedBy,
} from './decrypt.ts';
import { type EncryptJwtOptions, readEncryptOptions } from './encrypt.ts';
import { EXPECTED_RULES, type Expected, ignoreExpirationHint, type JwtClaims, type ReadExpected } from './expected.ts';
import { type ReadJwt, readJwt } from './jwt.ts';
import {
  checkGivenReplicas,
  checkNested,
  checkReplicas,
  ofInnerToken,
  readInnerText,
  unverifiedClaimsOf,
} from './nesting.ts';
import { signJwt } from './sign.ts';
import { type VerifiedJwt, verifySelected } from './verify.ts';
import { checkTokenLength } from './write.ts';

/** The keys of a nested token's sender: its own to sign with, and the recipient's to encrypt to. */
export interface NestingKeys {
  readonly sign: Key;
  readonly encrypt: Key;
}

const NESTING_KEYS: OptionRules<NestingKeys> = { sign: aKey, encrypt: aKey };

/**
 * Claims → a JWT that is signed and then encrypted (RFC 7519 §11.2 [7519-11.2-1]). typ and header are those of the signed
 * token inside [8725-3.11-2]; for further parameters outside, use signJwt and {@link nestJwt}.
 *
 * @throws JoseError as encryptJwe; TypeError naming the argument or claim
 */
export function signNestedJwt(claims: JwtClaims, keys: NestingKeys, options: EncryptJwtOptions): string {
  checkArgumentCount(arguments.length, signNestedJwt);
  const { sign, encrypt } = readOptions(keys, NESTING_KEYS, { argument: 'keys', needed: ['sign', 'encrypt'] });
  checkEncryptionKey(encrypt, 'encrypt', 'keys.encrypt');
  const { enc, zip, ...own } = readEncryptOptions(options);
  const { expiresIn = null } = own;
  const names = { key: 'keys.sign', key_ops: 'keys.sign: the key_ops' };
  const signed = withArgumentNames(() => signJwt(claims, sign, { ...own, expiresIn }), names);
  return checkTokenLength(nest(signed, encrypt, { enc, zip, header: undefined }));
}

/**
 * A signed JWT → a nested one: encrypted, with cty JWT [7519-5.2-2] [7519-7.1-5].
 * @param signed as signJwt, the sign of an Issuer and the complete of a draft return it
 * @param options iss, sub and aud of `header` must be those of the claims (RFC 7519 §5.3)
 * @throws JoseError as encryptJwe; TypeError naming the argument
 */
export function nestJwt(signed: string, key: Key, options?: EncryptJweOptions): string {
  checkArgumentCount(arguments.length, nestJwt);
  checkEncryptionKey(key, 'encrypt');
  const { enc, zip, header: given } = readOptions(options, ENCRYPT_OPTIONS);
  const header = { ...given }; // read once: the caller's object may answer otherwise at its second reading
  if (Object.hasOwn(header, 'cty')) throw new TypeError('options.header.cty must not be given: it is JWT');
  const claims = readSigned(signed);
  checkGivenReplicas(header, claims);
  return checkTokenLength(nest(signed, key, { enc, zip, header }), 'signed');
}

function readSigned(signed: string): JwtClaims {
  const { parts } = attempt(() => readJwt(signed), undefined) ?? {};
  const claims = parts?.signature ? attempt(() => unverifiedClaimsOf(parts), undefined) : undefined;
  if (!claims) throw new TypeError('signed must be a signed JWT, as signJwt returns it');
  return claims;
}

type GivenOptions = { readonly [K in keyof Required<EncryptJweOptions>]: EncryptJweOptions[K] | undefined };

/** @param options each of them is there, if only as undefined */
function nest(signed: string, key: Key, { enc, zip, header }: GivenOptions): string {
  return sealCompact(encodeUtf8(signed), { key, enc, zip, header: { cty: 'JWT', ...header } }, ENTROPY);
}

/** The keys of a nested token's recipient: its own to decrypt with, and the sender's to verify with. */
export interface NestedKeys {
  readonly decrypt: Key | DecryptionKeys;
  readonly verify: Key | KeySet;
}

const NESTED_KEYS: OptionRules<NestedKeys> = {
  decrypt: [
    (value) => isKey(value) || DecryptionKeys.isDecryptionKeys(value),
    'a Key or DecryptionKeys (importKey, importSecret, importPassword, importDecryptionKeys)',
  ],
  verify: [
    (value) => isKey(value) || KeySet.isKeySet(value),
    'a Key or a KeySet (importKey, importSecret, importJwks)',
  ],
};

/** @throws TypeError naming the key that is missing, or not for its operation */
export function readNestedKeys(keys: NestedKeys): NestedKeys {
  const read = readOptions(keys, NESTED_KEYS, { argument: 'keys', needed: ['decrypt', 'verify'] });
  checkDecryptionKeys(read.decrypt, 'keys.decrypt');
  withArgumentNames(() => checkKeys(read.verify), { key: 'keys.verify', key_ops: 'keys.verify: the key_ops' });
  return read;
}

/** The conditions for a nested token to be accepted: all but `enc` and `zip` are on the signed token inside. */
export interface NestedExpected<Claims = JwtClaims>
  extends Expected<Claims>,
    Pick<DecryptExpected<Claims>, 'enc' | 'zip'> {}

/** A NestedExpected that was read, with every member present. */
export type ReadNestedExpected = ReadExpected & Pick<NestedExpected, 'enc' | 'zip'>;

const NESTED_RULES = /* @__PURE__ */ nestedRules();

function nestedRules(): OptionRules<ReadNestedExpected> {
  return { ...EXPECTED_RULES, ...ENCRYPTION_RULES };
}

/** @throws TypeError naming what is unknown, missing or of a wrong type */
export function readNestedExpected(expected: object): ReadNestedExpected {
  return readExpectedBy(NESTED_RULES, expected, nestedHint);
}

function nestedHint(name: string): string | undefined {
  if (name === 'sender') return 'is for decryptJwt: here the signature says who the sender is';
  return keyAlgorithmHint(name) ?? ignoreExpirationHint(name);
}

/**
 * Verifies a nested JWT: decrypts it, and verifies the one signed JWT inside as verifyJwt does [7519-7.2-8]. Both steps are
 * made with keys and algorithms of the caller [8725-3.3-2]. The refusal of the signed token says "the inner token".
 *
 * @param keys `decrypt` as for decryptJwt, and `verify` as for verifyJwt; remote keys are for createVerifier, with
 *   `decrypt: decryptWith(keys)`
 * @param expected issuer and audience must be stated, or waived with null
 * @throws JoseError as decryptJwt before the inner token, and as verifyJwt for it; ERR_JWT_INVALID for a token that does not
 *   say cty JWT; TypeError for keys and expected
 */
export function verifyNestedJwt<Claims = JwtClaims>(
  token: string,
  keys: NestedKeys,
  expected: NestedExpected<Claims>,
): VerifiedJwt<Claims> {
  checkArgumentCount(arguments.length, verifyNestedJwt);
  const policy = readNestedExpected(expected);
  const { decrypt, verify } = readNestedKeys(keys);
  const inner = openNestedJwt(token, decrypt, policy);
  const verified = ofInnerToken(() => verifySelected(inner, acceptHeader(inner.header, verify, policy), policy));
  return verified as VerifiedJwt<Claims>;
}

/** The signed JWT inside a nested one, not verified yet. */
export function openNestedJwt(
  token: unknown,
  keys: Key | DecryptionKeys,
  { enc, zip }: Pick<JwePolicy, 'enc' | 'zip'>,
): ReadJwt {
  const outer = readEncryptedJwt(token); // RFC 7519 §7.2 steps 1 to 6
  checkNested(outer.header);
  const { plaintext } = openEncryptedJwt(outer, keys, { enc, zip }); // step 7
  const inner = ofInnerToken(() => readJwt(readInnerText(plaintext))); // step 8: the steps again, for the message
  checkReplicas(outer.header.parameters, () => ofInnerToken(() => unverifiedClaimsOf(inner.parts)));
  return inner;
}
