// The mutants that no test needs to notice, each with the reason. A line is file: kind: what stands there → what the mutant says;
// then the reason, and in how many places the line stands, where it is not one.
export const EXCUSED = [
  ['base64url.ts: StringLiteral: \'utf8\' → ""', 'node:buffer takes an empty name of an encoding for UTF-8'],
  ['header.ts: ArrayDeclaration: [] → ["Stryker was here"]', 'no header has an extension of that name'],
  ['json.ts: StringLiteral: \'\' → "Stryker was here!"', 'neither text is an object, so that the refusal is the same'],
  [
    'json.ts: StringLiteral: \'\\\\\' → ""',
    'the names of a text without escapes are compared too, and are always equal: that takes time only',
  ],
  [
    'json.ts: ConditionalExpression: text.charCodeAt(0) !== OPEN && !/^[ \\t\\r\\n]+\\{/.test(text) → false',
    'JSON.parse or the test for an object refuses the same texts, only later',
  ],
  [
    'json.ts: Regex: /^[ \\t\\r\\n]+\\{/ → /[ \\t\\r\\n]+\\{/',
    'JSON.parse refuses what comes before the white space, only later',
  ],
  ['json.ts: BlockStatement: { return undefined; } → {}', 'a function that ends without a value returns undefined'],
  [
    'json.ts: BooleanLiteral: false → true',
    'the members of a flat object are counted level by level, too: that takes time only',
  ],
  [
    'json.ts: EqualityOperator: ++depth > 1 → ++depth >= 1',
    'the members of a flat object are counted level by level, too: that takes time only',
  ],
  [
    'json.ts: EqualityOperator: ++depth > 1 → ++depth <= 1',
    'the members of a flat object are counted level by level, too: that takes time only',
  ],
  [
    'json.ts: EqualityOperator: i < text.length → i <= text.length',
    'behind the text is no character, which is none of those looked for',
  ],
  [
    'json.ts: ConditionalExpression: text.charCodeAt(quote - 1) !== BACKSLASH → false',
    'reading character by character finds the same quote, only later',
  ],
  ['json.ts: EqualityOperator: i >= 0 → i > 0', 'the text is an object, so that no quote comes first'],
  [
    'json-write.ts: StringLiteral: \'\' → "Stryker was here!"',
    'neither is shown: words replace it where a finding is shown, and a limit has words of its own',
  ],
  [
    'remote/policy.ts: OptionalChaining: good?.receivedAt → good.receivedAt',
    'an answer without a body is one to an ETag, and only a set that was received has one',
  ],
  ['remote/policy.ts: EqualityOperator: retryAfter >= 0 → retryAfter > 0', 'a wait of no seconds is none either way'],
  ['remote/policy.ts: StringLiteral: \'\' → "Stryker was here!"', 'neither text has a directive that is looked for'],
  [
    'remote/policy.ts: ConditionalExpression: age !== undefined → true',
    'the text of undefined is no number of seconds either',
  ],
  ['jws/header.ts: ArrayDeclaration: [] → ["Stryker was here"]', 'no header has an extension of that name'],
  [
    'jws/json.ts: StringLiteral: \'ERR_JWS_INVALID\' → ""',
    'the member was written a step before, so that it is never refused; in the reader, a test knows the code',
  ],
  [
    'jws/json.ts: StringLiteral: \'\' → "Stryker was here!"',
    'of what is read there, only the payload is used, which no protected header changes',
  ],
  [
    'jws/parts.ts: EqualityOperator: second < 0 → second <= 0',
    'the second period comes after the first, so that it is never at 0',
  ],
  ['jws/protected.ts: ConditionalExpression: oldest !== undefined → true', 'of 64 headers one is the oldest'],
  ['jws/protected.ts: StringLiteral: \'latin1\' → ""', 'a header that was read is ASCII, which is the same in UTF-8'],
  [
    'jwt/sign.ts: ConditionalExpression: read.expiresIn === undefined → true',
    'checking a given option again finds it given',
  ],
  [
    'jwt/sign.ts: ConditionalExpression: !header && written?.typ === typ → false',
    'a header that is written again is the same: that takes time only',
  ],
  [
    'jwt/sign.ts: ConditionalExpression: header → true',
    'our own header is good for a JWT, and one that is written again is the same: that takes time only',
  ],
  [
    'jwt/sign.ts: ObjectLiteral: { typ, encoded } → {}',
    'a header that is never found is written again and the same: that takes time only',
  ],
  [
    'jwt/write.ts: ConditionalExpression: expiresIn !== undefined → true',
    'each caller has checked that it is given, or gives null',
  ],
  ['jwt/jwt.ts: StringLiteral: \'\' → "Stryker was here!"', 'neither is the name of a JWT'],
  ['jwt/verify.ts: BooleanLiteral: true → false', 'a private member is asked for by its presence, not by its value'],
  ['jwt/decrypt.ts: BooleanLiteral: true → false', 'a private member is asked for by its presence, not by its value'],
  [
    'jwt/verify.ts: ConditionalExpression: policy.header ?? policy.requiredHeader → true',
    'where neither is expected, the header has no failure',
  ],
  [
    'jwt/encrypt.ts: EqualityOperator: replicasIn(header).length > 0 → replicasIn(header).length >= 0',
    'where no claim is replicated, none differs: that takes time only',
  ],
  [
    'jwt/nesting.ts: StringLiteral: \'\' → "Stryker was here!"',
    'neither text is a token, so that the refusal is the same',
  ],
  [
    'jwt/expected.ts: ConditionalExpression: read.issuer !== undefined && read.audience !== undefined → false',
    'checking again what is there finds it there',
  ],
  [
    'jwt/encrypt.ts: ConditionalExpression: replicasIn(header).length > 0 → true',
    'where no claim is replicated, none differs: that takes time only',
  ],
  [
    'jwa/aes-cbc-hmac.ts: BlockStatement: { return undefined; } → {}',
    'a function that ends without a value returns undefined',
  ],
  [
    'jwa/aes-gcm.ts: BlockStatement: { return undefined; } → {}',
    'a function that ends without a value returns undefined',
  ],
  ['jwa/support.ts: BlockStatement: { return false; } → {}', 'undefined is not supported, either'],
  [
    'jwa/aes-cbc-hmac.ts: ConditionalExpression: known → false',
    'the halves of a key are made again, and equal: that takes time only',
  ],
  [
    'jwa/aes-gcm.ts: ObjectLiteral: { authTagLength: GCM_TAG_LENGTH } → {}',
    'the length of a tag is asked before, and 16 octets are the default of one that is made',
  ],
  ['jwa/aes-kw.ts: BooleanLiteral: false → true', 'padding comes with the end of the cipher, which is never asked for'],
  [
    'jwa/aes-kw.ts: ArrowFunction: () => createCipheriv(wrapCipherOf(kek), kek, INITIAL_VALUE) → () => undefined',
    'single blocks wrap to equal octets: that takes time only',
  ],
  [
    "jwa/hmac.ts: ConditionalExpression: typeof input === 'string' → true",
    'node:crypto ignores the encoding of octets',
  ],
  [
    'jwa/hmac.ts: EqualityOperator: input.length > ROOM → input.length >= ROOM',
    'the Hmac of node:crypto makes an equal MAC: that takes time only',
  ],
  [
    'jwa/pooled-signing.ts: ConditionalExpression: row.saltLength === undefined → true',
    'Node.js takes the options of PSS from the KeyObject, too; workerd does not, which bench/runtimes tries',
  ],
  [
    'jwa/pooled-signing.ts: ConditionalExpression: row.saltLength === undefined → false',
    'an option that is undefined is none',
  ],
  [
    'jwa/pooled-signing.ts: EqualityOperator: row.saltLength === undefined → row.saltLength !== undefined',
    'as the two before it',
  ],
  [
    "jwa/signatures.ts: ConditionalExpression: key.type === 'public' → true",
    'a private key has no SPKI, which is caught: that takes time only',
  ],
  [
    'jwa/signatures.ts: ConditionalExpression: signature.length === ready.textLength → true',
    'the comparison of the texts refuses another length, too, only after the HMAC',
  ],
  [
    "jwa/signatures.ts: ConditionalExpression: typeof input === 'string' → true",
    'node:crypto ignores the encoding of octets',
  ],
  [
    'jwa/signatures.ts: OptionalChaining: asymmetricKeyDetails?.modulusLength → asymmetricKeyDetails.modulusLength',
    'each RSA key has details; it narrows the type',
  ],
  [
    'jwa/rsa-oaep.ts: OptionalChaining: asymmetricKeyDetails?.modulusLength → asymmetricKeyDetails.modulusLength',
    'each RSA key has details; it narrows the type',
  ],
  ['jwa/signing.ts: StringLiteral: \'node:crypto made a signature that is not DER\' → ""', 'OpenSSL writes DER'],
  ['jwa/signing.ts: ConditionalExpression: !raw → false', 'OpenSSL writes DER; it narrows the type'],
  [
    'jwa/ecdsa.ts: ConditionalExpression: header === 3 → true',
    'where the header has two octets, the length is written over it',
  ],
  [
    'jwa/ecdsa.ts: EqualityOperator: (der[1] ?? 0) < LONG_FORM → (der[1] ?? 0) <= LONG_FORM',
    'OpenSSL writes no indefinite length',
  ],
  ['jwa/ecdh-es.ts: StringLiteral: \'latin1\' → ""', 'the names of algorithms are ASCII'],
  [
    'jwa/ecdh-es.ts: ConditionalExpression: length > 32 → true',
    'what is more than the length is cut off: that takes time only',
  ],
  [
    'jwa/ecdh-es.ts: EqualityOperator: length > 32 → length >= 32',
    'what is more than the length is cut off: that takes time only',
  ],
  [
    'jwa/hmac.ts: EqualityOperator: i < key.length → i <= key.length',
    'the padding of the octet behind the key is written once more',
  ],
  [
    "jwa/hmac.ts: ConditionalExpression: typeof input !== 'string' || input.length > ROOM || !crypto.hash → true",
    'the Hmac of node:crypto makes an equal MAC: that takes time only',
  ],
  ['jwa/hmac.ts: StringLiteral: \'string\' → ""', 'the Hmac of node:crypto makes an equal MAC: that takes time only'],
  ['jwk/thumbprint.ts: EqualityOperator: a < b → a <= b', 'no two members of a JWK have one name'],
  ['jwk/public.ts: UnaryOperator: -1 → +1', 'the second of the public members of OKP and of AKP is also their last'],
  [
    'jwk/strength.ts: EqualityOperator: e > MAX_RSA_EXPONENT → e >= MAX_RSA_EXPONENT',
    'the bound itself is even, and an even exponent is refused anyway',
  ],
  ['jwk/import.ts: StringLiteral: \'sig\' → ""', 'the use of a key without one is asked for enc only', 3],
  [
    "jwk/import.ts: ConditionalExpression: keyObject.type === 'secret' → true",
    'a key that was not read anew differs only where Node aborts or waits for itself, which would end the process of the tests',
  ],
  [
    'jwk/generate.ts: StringLiteral: \'options.crv and options.enc must fit alg\' → ""',
    'each alg has a row of each of its curves and encs',
  ],
  [
    'jwk/generate.ts: ConditionalExpression: !row → false',
    'each alg has a row of each of its curves and encs; it narrows the type',
  ],
  [
    "jwk/generate.ts: MethodExpression: rows.some((row) => row.use === 'enc' && row.crv !== undefined) → rows.every(row => row.use === 'enc' && row.crv !== undefined)",
    'the rows of an alg have all a curve or all none',
  ],
  [
    "jwk/generate.ts: ConditionalExpression: row.use === 'enc' → true",
    'only a row of dir has an enc; it narrows the type',
  ],
  ['jwk/generate.ts: ObjectLiteral: { alg } → {}', 'a thumbprint is of the key itself, whatever its alg'],
  [
    'jwk/key.ts: StringLiteral: \'format\' → ""',
    'Node 20 aborts the process of a test in test/attacks/12-polluted-crypto.test.ts, which is no kill by the rules of Stryker',
  ],
  [
    "jwk/key.ts: ConditionalExpression: isPolluted && keyObject.export(ownMembers({ format: 'pem', type: 'pkcs8' })) → false",
    'Node 20 aborts the process, as with the one before',
  ],
  [
    "jwk/key.ts: LogicalOperator: isPolluted && keyObject.export(ownMembers({ format: 'pem', type: 'pkcs8' })) → isPolluted || keyObject.export(ownMembers({ format: 'pem', type: 'pkcs8' }))",
    'the public key by way of PEM is equal: that takes time only',
  ],
  ['jwk/password.ts: StringLiteral: \'options.alg is unknown\' → ""', 'each alg of a password has a row'],
  ['jwk/password.ts: ConditionalExpression: !row → false', 'each alg of a password has a row; it narrows the type'],
  ['jwk/pem.ts: StringLiteral: \'\' → "Stryker was here!"', 'the pattern always has its group; it narrows the type'],
  ['jwk/pem.ts: EqualityOperator: end < 0 → end <= 0', 'no END line is looked for at the beginning'],
  ['jwk/certificate.ts: BlockStatement: { return false; } → {}', 'undefined is no certificate of the key, either'],
  [
    'jwk/certificate.ts: StringLiteral: \'the octets are not exactly one certificate\' → ""',
    'whoever reads a certificate says of each failure what it means there, in words of its own',
  ],
  ['jwk/certificate.ts: Regex: /.{64}(?=.)/g → /.(?=.)/g', 'OpenSSL takes lines of any length up to 64'],
  ['jwk/der.ts: ArrayDeclaration: [] → ["Stryker was here"]', 'a text has no tag'],
  [
    'jwk/der.ts: EqualityOperator: first < LONG_FORM → first <= LONG_FORM',
    'an indefinite length is refused just below',
    2,
  ],
  [
    'jwk/encryption-key.ts: EqualityOperator: 8 * secret.length < row.minBits → 8 * secret.length <= row.minBits',
    'that the two differ was asked just before',
  ],
  [
    "jwk/encryption-key.ts: ConditionalExpression: row.kty === 'OKP' → true",
    'no other kind of key has a point of small order: that takes time only',
  ],
  [
    'jwk/encryption-key.ts: OptionalChaining: ENTROPY.ephemeralKey(row)?.privateKey → ENTROPY.ephemeralKey(row).privateKey',
    'a runtime that makes no key of the curve has not read one of it, either; it narrows the type',
    2,
  ],
  [
    'jwk/encryption-key.ts: ConditionalExpression: ours !== undefined → true',
    'a private key agrees with a key that was just made; it narrows the type',
  ],
  [
    "jwk/export.ts: MethodExpression: names.filter((name) => name !== 'alg') → names",
    'only an AKP key has that member, and Node 20, which is asked, has none; elsewhere it is the name of the row',
  ],
  ["jwk/export.ts: ConditionalExpression: name !== 'alg' → true", 'as the one before it'],
  ['jwk/export.ts: StringLiteral: \'alg\' → ""', 'as the one before it'],
  [
    'jwk/import.ts: ConditionalExpression: alg !== undefined → true',
    'only a KeyObject of an AKP key names an alg, and Node 20, which is asked, has none: tests on Node 24 notice it',
  ],
  ['jwk/jwk.ts: ArrayDeclaration: [] → ["Stryker was here"]', 'no JWK has a member of that name'],
  ['jwk/key-derivation.ts: ArrayDeclaration: [] → ["Stryker was here"]', 'a text has no tag'],
  [
    'ring/changes.ts: EqualityOperator: first <= now → first < now',
    'where both are the same instant, whether the key signs at it was asked before',
  ],
  [
    'ring/changes.ts: EqualityOperator: it.activateAt > early → it.activateAt >= early',
    'a key that begins at that instant is given the same instant',
  ],
  ['ring/history.ts: EqualityOperator: a < b → a <= b', 'no object has two members of one name'],
  ['ring/records.ts: ArrayDeclaration: [] → ["Stryker was here"]', 'no key has that kid'],
  [
    'ring/records.ts: ConditionalExpression: isAbsentOr(isRecordInstant, retireAt) && isAbsentOr(isRecordInstant, removeAt) && isAbsentOr(isRecordInstant, revokedAt) → true',
    'readList has refused an instant that is none before, with its name; here its type is narrowed',
  ],
  [
    'ring/records.ts: LogicalOperator: isAbsentOr(isRecordInstant, retireAt) && isAbsentOr(isRecordInstant, removeAt) && isAbsentOr(isRecordInstant, revokedAt) → isAbsentOr(isRecordInstant, retireAt) && isAbsentOr(isRecordInstant, removeAt) || isAbsentOr(isRecordInstant, revokedAt)',
    'readList has refused an instant that is none before, with its name; here its type is narrowed',
  ],
  [
    'ring/records.ts: ConditionalExpression: isAbsentOr(isRecordInstant, retireAt) && isAbsentOr(isRecordInstant, removeAt) → true',
    'readList has refused an instant that is none before, with its name; here its type is narrowed',
  ],
  [
    'ring/records.ts: LogicalOperator: isAbsentOr(isRecordInstant, retireAt) && isAbsentOr(isRecordInstant, removeAt) → isAbsentOr(isRecordInstant, retireAt) || isAbsentOr(isRecordInstant, removeAt)',
    'readList has refused an instant that is none before, with its name; here its type is narrowed',
  ],
  [
    'ring/ring.ts: ConditionalExpression: instant !== undefined → true',
    'no comparison with undefined holds; it narrows the type',
    2,
  ],
  ['ring/ring.ts: EqualityOperator: a.kid < b.kid → a.kid <= b.kid', 'no ring has two keys of one kid'],
  [
    'verifier/issuers.ts: ConditionalExpression: names === undefined → false',
    'the options of an issuer without a name were refused before; it narrows the type',
  ],
  ['verifier/decrypt-with.ts: BooleanLiteral: true → false', 'only the presence of the private field is asked for'],
  [
    'verifier/frozen-json.ts: ConditionalExpression: default: return undefined; → default:',
    'a function that ends returns undefined as well',
  ],
  [
    'verifier/lru-cache.ts: ConditionalExpression: oldest !== undefined → true',
    'a full cache has an oldest entry; it narrows the type',
  ],
  [
    'verifier/options.ts: ObjectLiteral: { argument, remote: undefined } → {}',
    'discovery returns a set that has a provider, so no error names the argument',
  ],
  ['verifier/pool.ts: Regex: /^[RP]S/ → /[RP]S/', 'no algorithm has these letters behind its beginning'],
  [
    'verifier/token-cache.ts: StringLiteral: \'barejose\' → ""',
    'Standard Schema asks for a name, and nothing here reads it',
  ],
  [
    'verifier/verifier.ts: ConditionalExpression: !accepted.jwt → true',
    'what was just read has no keys of a verification, so it is not still valid, and nothing is cached to be deleted',
  ],
  ['jwks/decryption.ts: BooleanLiteral: true → false', 'only the presence of the private field is asked for'],
  ['jwks/set.ts: BooleanLiteral: true → false', 'only the presence of the private field is asked for'],
  ['jwks/encryption.ts: ArrayDeclaration: [] → ["Stryker was here"]', 'no key is the same as it'],
  [
    'jwks/encryption.ts: StringLiteral: \'ERR_JWK_INVALID\' → ""',
    'a key that is skipped keeps the message of its error alone',
    2,
  ],
  [
    'jwks/import.ts: StringLiteral: \'ERR_JWK_INVALID\' → ""',
    'a key that is skipped keeps the message of its error alone',
    3,
  ],
  [
    'jwks/published.ts: ArrayDeclaration: [] → ["Stryker was here"]',
    'it is no certificate, and so left out as none is',
  ],
  [
    "jwks/set.ts: ConditionalExpression: key.use === 'enc' → true",
    'every public key for signatures may verify, so the check that it then skips would pass',
  ],
  [
    'jwks/decryption.ts: StringLiteral: \'decrypt\' → ""',
    'of the three, the last: the keys were checked before, so that no error names the operation',
  ],
  ['verifier/options.ts: StringLiteral: \'auto\' → ""', 'the pool asks for the two other names alone'],
];
