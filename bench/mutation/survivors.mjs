// The mutants that no test needs to notice, each with the reason. A line is file: kind: what stands there → what the mutant says.
export const EXCUSED = new Map([
  ['base64url.ts: StringLiteral: \'utf8\' → ""', 'node:buffer takes an empty name of an encoding for UTF-8'],
  ['header.ts: ArrayDeclaration: [] → ["Stryker was here"]', 'no header has an extension of that name'],
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
  ],
  ['ring/ring.ts: EqualityOperator: a.kid < b.kid → a.kid <= b.kid', 'no ring has two keys of one kid'],
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
  ],
  [
    'jwks/import.ts: StringLiteral: \'ERR_JWK_INVALID\' → ""',
    'a key that is skipped keeps the message of its error alone',
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
]);
