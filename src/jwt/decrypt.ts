// RFC 7519 §7.2 for an encrypted JWT: decrypted, and its claims judged by what judges those of a signed one.
import type { JoseHeader } from '../header.ts';
import { aContentEncryptionList, type ContentEncryption } from '../jwa/content-encryption.ts';
import { acceptCompactHeader, type JweParts, keyAlgorithmHint, openJweParts, readJweParts } from '../jwe/compact.ts';
import { type JweHeader, type JwePolicy, readProtectedJwe } from '../jwe/header.ts';
import type { Key } from '../jwk/key.ts';
import {
  aNullSender,
  checkDecryptionKeys,
  type DecryptionKeys,
  hasPrivateKey,
  selectDecryptionKey,
} from '../jwks/decryption.ts';
import {
  aBoolean,
  checkArgumentCount,
  checkNeeded,
  type Given,
  type OptionRules,
  type Reading,
  readInto,
} from '../options.ts';
import { EXPECTED_RULES, type Expected, ignoreExpirationHint, type JwtClaims, type ReadExpected } from './expected.ts';
import { MAX_JWT_BYTES, readClaims } from './jwt.ts';
import { checkNoAlgorithms, checkNotNested, NO_ALGORITHMS, replicaFailures } from './nesting.ts';
import { claimsError, judgeClaims } from './verify.ts';

/** The conditions for an encrypted token to be accepted. */
export interface DecryptExpected<Claims = JwtClaims> extends Omit<Expected<Claims>, 'algorithms'> {
  /** null where one of the keys is private: anyone can encrypt to its public key, so that the sender is unknown. */
  readonly sender?: null | undefined;
  /** Narrows the content encryptions that are accepted. Default: all. */
  readonly enc?: readonly ContentEncryption[] | undefined;
  /** true: compressed claims are accepted, of at most 250,000 octets. Default false. */
  readonly zip?: boolean | undefined;
}

interface DecryptedParts<Claims> {
  readonly claims: Claims;
  readonly header: JoseHeader;
  readonly key: Key;
}

/** Not exported, so that only this file can make a DecryptedJwt. */
const PROOF: unique symbol = Symbol('DecryptedJwt');

/**
 * A token that decrypted under one of our keys, and whose claims are as expected. It is no VerifiedJwt, and is taken
 * for none: under a public-key algorithm anyone may have written it. Only decryptJwt makes one.
 */
export class DecryptedJwt<Claims = JwtClaims> {
  readonly #decrypted: true = true;
  /** The claims, or the schema's output. */
  declare readonly claims: Claims;
  declare readonly header: JoseHeader;
  /** The one of our keys that decrypted. */
  declare readonly key: Key;

  constructor(proof: typeof PROOF, parts: DecryptedParts<Claims>) {
    if (proof !== PROOF) throw new TypeError('a DecryptedJwt is made by decryptJwt only');
    this.claims = parts.claims;
    this.header = parts.header;
    this.key = parts.key;
    Object.freeze(this);
  }

  static isDecryptedJwt(value: unknown): value is DecryptedJwt<unknown> {
    return typeof value === 'object' && value !== null && #decrypted in value;
  }
}

/**
 * Decrypts a JWT whose claims are encrypted and not signed (RFC 7519 §7.2). A nested one is for {@link verifyNestedJwt}.
 *
 * @param keys a Key, whose kid is not compared, or DecryptionKeys, of which the token's kid names one
 * @param expected issuer and audience must be stated, or waived with null; `sender: null`, where a key is private
 * @throws JoseError before the decryption: ERR_JWE_INVALID, ERR_JOSE_LIMIT_EXCEEDED (256 KiB), ERR_JOSE_NOT_SUPPORTED,
 *   ERR_JOSE_ALG_NOT_ALLOWED, ERR_JWKS_NO_MATCHING_KEY, ERR_JWKS_MULTIPLE_MATCHING_KEYS; ERR_JWE_DECRYPTION_FAILED;
 *   after it: ERR_JWE_INVALID and ERR_JOSE_LIMIT_EXCEEDED (`zip`, `maxMembers`), ERR_JWT_INVALID, ERR_JWT_EXPIRED,
 *   ERR_JWT_CLAIM_VALIDATION_FAILED, the last two with `failures`; TypeError for keys and expected
 */
export function decryptJwt<Claims = JwtClaims>(
  token: string,
  keys: Key | DecryptionKeys,
  expected: DecryptExpected<Claims>,
): DecryptedJwt<Claims> {
  checkArgumentCount(arguments.length, decryptJwt);
  const policy = readDecryptExpected(expected);
  checkDecryptionKeys(keys);
  checkSender(keys, policy);
  const jwt = readEncryptedJwt(token); // RFC 7519 §7.2 steps 1 to 6
  checkNotNested(jwt.header); // step 8
  const { plaintext, key } = openEncryptedJwt(jwt, keys, policy); // step 7 [7519-7.2-7]
  const claims = readClaims(plaintext, policy.maxMembers); // step 10
  const { value, faults, schemaFaults } = judgeClaims(claims, jwt.header, policy);
  const replicaFaults = replicaFailures(jwt.header.parameters, claims);
  const error = claimsError({ value, faults: [...replicaFaults, ...faults], schemaFaults });
  if (error) throw error;
  return new DecryptedJwt(PROOF, { claims: value, header: jwt.header.parameters, key }) as DecryptedJwt<Claims>;
}

/** A DecryptExpected that was read, with every member present. */
export type ReadDecryptExpected = ReadExpected & Pick<DecryptExpected, 'sender' | 'enc' | 'zip'>;

/** The rules of what narrows the encryption. */
export const ENCRYPTION_RULES: OptionRules<Pick<DecryptExpected, 'enc' | 'zip'>> = {
  enc: aContentEncryptionList,
  zip: aBoolean,
};

function decryptHint(name: string): string | undefined {
  return name === 'algorithm' ? NO_ALGORITHMS : (keyAlgorithmHint(name) ?? ignoreExpirationHint(name));
}

const SENDER_RULES: OptionRules<Pick<DecryptExpected, 'sender'>> = {
  sender: aNullSender,
};

const DECRYPT_RULES = /* @__PURE__ */ decryptRules();

function decryptRules(): OptionRules<ReadDecryptExpected> {
  return { ...EXPECTED_RULES, ...ENCRYPTION_RULES, ...SENDER_RULES };
}

/** @throws TypeError naming what is unknown, missing or of a wrong type */
export function readDecryptExpected(expected: object): ReadDecryptExpected {
  const read = readExpectedBy(DECRYPT_RULES, expected, decryptHint);
  checkNoAlgorithms(read);
  return read;
}

/** Reads an expectation by the given rules. */
export function readExpectedBy<T extends ReadExpected>(
  rules: OptionRules<T>,
  expected: object,
  hint: Reading<T>['hint'],
): T {
  const given: Given<T> = { argument: 'expected', options: expected, needed: ['issuer', 'audience'], hint };
  return checkNeeded(readInto<T>(Object.create(null), rules, given), rules, given);
}

/** @throws TypeError where the sender of a token would be unknown, and the caller does not say so */
function checkSender(keys: Key | DecryptionKeys, { sender }: ReadDecryptExpected): void {
  if (sender === undefined && hasPrivateKey(keys))
    throw new TypeError(
      'expected.sender must be null where a key is private: anyone can encrypt to its public key, so that the sender is ' +
        'unknown; verifyNestedJwt reads tokens that are signed as well',
    );
}

/** An encrypted JWT of which only the outside was read. */
export interface ReadEncryptedJwt {
  readonly parts: JweParts;
  readonly header: JweHeader;
}

/** An encrypted JWT as far as it is read before any key is needed. @throws JoseError */
export function readEncryptedJwt(token: unknown): ReadEncryptedJwt {
  const parts = readJweParts(token, MAX_JWT_BYTES); // RFC 7519 §7.2 steps 1, 2, 6 [7519-7.2-1] [7519-7.2-6] [7519-3-1]
  return { parts, header: readEncryptedHeader(parts) }; // steps 3, 4 [7519-7.2-3] [7519-7.2-4]
}

export function readEncryptedHeader({ header }: JweParts): JweHeader {
  return readProtectedJwe(header);
}

/** The plaintext of an encrypted JWT, and the key that it decrypted under. @throws JoseError */
export function openEncryptedJwt(
  { parts, header }: ReadEncryptedJwt,
  keys: Key | DecryptionKeys,
  policy: JwePolicy,
): { readonly plaintext: Uint8Array; readonly key: Key } {
  const enc = acceptCompactHeader(header, policy);
  const key = selectDecryptionKey(header, enc.name, keys);
  return { plaintext: openJweParts(parts, header, { enc, key }), key };
}
