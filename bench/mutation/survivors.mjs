// The mutants that no test needs to notice, each with the reason. A line is file: kind: what stands there → what the mutant says.
export const EXCUSED = new Map([
  ['base64url.ts: StringLiteral: \'utf8\' → ""', 'node:buffer takes an empty name of an encoding for UTF-8'],
  ['header.ts: ArrayDeclaration: [] → ["Stryker was here"]', 'no header has an extension of that name'],
  ['jwk/thumbprint.ts: EqualityOperator: a < b → a <= b', 'no two members of a JWK have one name'],
  ['jwk/public.ts: UnaryOperator: -1 → +1', 'the second of the public members of OKP and of AKP is also their last'],
  [
    'jwk/strength.ts: EqualityOperator: e > MAX_RSA_EXPONENT → e >= MAX_RSA_EXPONENT',
    'the bound itself is even, and an even exponent is refused anyway',
  ],
  ['jwk/import.ts: StringLiteral: \'sig\' → ""', 'the use of a key without one is asked for enc only'],
  [
    'jwk/import.ts: ConditionalExpression: alg !== undefined → true',
    'a member that is undefined is read as an absent one',
  ],
]);
