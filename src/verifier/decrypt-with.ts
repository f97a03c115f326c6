// decryptWith: lets a verifier take encrypted tokens. It is handed in, so that no other verifier carries decryption.
import type { ContentEncryption } from '../jwa/content-encryption.ts';
import { acceptCompactHeader, keyAlgorithmHint, openJweParts, readJweParts } from '../jwe/compact.ts';
import type { Key } from '../jwk/key.ts';
import { checkDecryptionKeys, type DecryptionKeys, selectDecryptionKey } from '../jwks/decryption.ts';
import { hasEncryptedForm } from '../jws/parts.ts';
import { ENCRYPTION_RULES, readEncryptedHeader } from '../jwt/decrypt.ts';
import { MAX_JWT_BYTES, readJwt } from '../jwt/jwt.ts';
import { openNestedJwt } from '../jwt/nested.ts';
import { aBoolean, checkArgumentCount, type OptionRules, readOptions } from '../options.ts';
import { DECRYPTION_STEPS, type DecryptionSteps, TOKEN_READERS, type TokenReader } from './token-reader.ts';

export interface DecryptWithOptions {
  /** Default true: a token that is signed and not encrypted is refused. false: it is verified as by any verifier. */
  readonly required?: boolean | undefined;
  /** Narrows the content encryptions that are accepted. Default: all. */
  readonly enc?: readonly ContentEncryption[] | undefined;
  /** true: a compressed token is accepted, of at most 250,000 octets. Default false. */
  readonly zip?: boolean | undefined;
}

const OPTIONS: OptionRules<DecryptWithOptions> = /* @__PURE__ */ Object.assign({}, ENCRYPTION_RULES, {
  required: aBoolean,
});

/** The options, read, and the keys. */
interface Decryption extends DecryptWithOptions {
  readonly keys: Key | DecryptionKeys;
}

/** Not exported, so that only this file can make a TokenDecrypter. */
const PROOF: unique symbol = Symbol('TokenDecrypter');

/** For the option `decrypt` of a verifier, and nothing else. Made by decryptWith. */
export class TokenDecrypter {
  readonly #isTokenDecrypter: true = true;

  constructor(proof: typeof PROOF, decryption: Decryption) {
    if (proof !== PROOF) throw new TypeError('a TokenDecrypter is made by decryptWith');
    const steps = stepsOf(decryption);
    const reader: TokenReader = (token) =>
      steps.isFor(token) ? openNestedJwt(token, decryption.keys, decryption) : readJwt(token);
    DECRYPTION_STEPS.set(reader, steps);
    TOKEN_READERS.set(this, reader);
    Object.freeze(this);
  }

  static isTokenDecrypter(value: unknown): value is TokenDecrypter {
    return typeof value === 'object' && value !== null && #isTokenDecrypter in value;
  }
}

/**
 * Lets a verifier take nested tokens, which are signed and then encrypted: `createVerifier({ …, decrypt:
 * decryptWith(keys) })`. Each is decrypted first, and the token inside is then verified, and cached by the outer text,
 * as any other. The keys are fixed for as long as the verifier lives: for others, make another verifier. Until the last token
 * to a former key has expired, DecryptionKeys may hold that one beside its successor, each with a kid of its own.
 *
 * @param keys one's own: a Key, whose kid is not compared, or DecryptionKeys, of which the token's kid names one
 * @throws TypeError naming the argument
 */
export function decryptWith(keys: Key | DecryptionKeys, options?: DecryptWithOptions): TokenDecrypter {
  checkArgumentCount(arguments.length, decryptWith);
  checkDecryptionKeys(keys);
  const { required = true, enc, zip } = readOptions(options, OPTIONS, { hint: keyAlgorithmHint });
  return new TokenDecrypter(PROOF, { keys, required, enc: enc && [...enc], zip });
}

function stepsOf({ keys, required, enc, zip }: Decryption): DecryptionSteps {
  return {
    keys,
    isFor: (token) => required !== false || isEncrypted(token),
    split: (token) => readJweParts(token, MAX_JWT_BYTES),
    readHeader: readEncryptedHeader,
    accept: (header, crit) => acceptCompactHeader(header, { enc, zip, crit }),
    select: (header, { name }, from) => selectDecryptionKey(header, name, from),
    open: openJweParts,
  };
}

/** RFC 7516 §9 [7516-9-1] five parts. The text decides no more than which reader refuses it or finds a signature. */
function isEncrypted(token: unknown): boolean {
  return typeof token === 'string' && token.length <= MAX_JWT_BYTES && hasEncryptedForm(token);
}
