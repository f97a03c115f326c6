// Checks of claims that exact values cannot say, as a schema.
import type { JwtClaims, StandardSchemaV1 } from '../jwt/expected.ts';

/** The names of the claims that are at fault. Each check must bear claims of any type. */
export type ClaimCheck = (claims: JwtClaims) => readonly string[];

/** A schema that makes a check, and then is the caller's own schema, if there is one. */
export function schemaOf<Claims>(
  check: ClaimCheck,
  next: StandardSchemaV1<Claims> | undefined,
): StandardSchemaV1<Claims> {
  const validate = (value: unknown) => {
    const claims: JwtClaims = Object(value);
    const issues = check(claims).map((claim) => ({ path: [claim] }));
    if (issues.length > 0) return { issues };
    return next ? next['~standard'].validate(value) : { value: value as Claims };
  };
  return { '~standard': { version: 1, vendor: 'barejose', validate } };
}
