// Clerk: session tokens.
import { EXPECTED_RULES, type JwtClaims, type StandardSchemaV1 } from '../jwt/expected.ts';
import { checkArgumentCount, type OptionRules } from '../options.ts';
import type { TrustedIssuerOptions } from '../verifier/options.ts';
import { schemaOf } from './checks.ts';
import {
  aRemote,
  keysAt,
  type OneOrSeveral,
  type RemoteOption,
  readGiven,
  rulesOf,
  textLike,
  textsLike,
} from './given.ts';

export interface ClerkOptions<Claims = JwtClaims> extends RemoteOption {
  /** The Frontend API URL of the instance, such as 'https://clerk.example.com'. */
  readonly issuer: string;
  /** The origins of your own pages, one or several, such as 'https://app.example.com'. */
  readonly authorizedParties: OneOrSeveral;
  /** A schema of your own for the claims, after the check of sts. */
  readonly schema?: StandardSchemaV1<Claims> | undefined;
}

const CLERK_OPTIONS: OptionRules<ClerkOptions<unknown>> = /* @__PURE__ */ rulesOf(() => ({
  issuer: textLike(
    /^https:\/\/(?!.*\.\.)[a-z0-9][a-z0-9.-]*\.[a-z0-9-]+$/,
    "the Frontend API URL such as 'https://clerk.example.com', without a final slash",
  ),
  authorizedParties: textsLike(/^https?:\/\/[a-z0-9.-]+(:\d+)?$/, "an origin such as 'https://app.example.com'"),
  schema: EXPECTED_RULES.schema,
  remote: aRemote,
}));

/**
 * Issuer options for session tokens of Clerk (Manual JWT verification). iss is the instance; azp is one of your own
 * origins, else a token of another page of the instance passes; sid is there; the signature is RS256. A session token
 * has no aud. A session that is pending (sts), such as without the organization that it needs, is not signed in. This
 * check is the `schema` here: give a schema of your own as the option, since one after the spread options replaces it.
 *
 * @throws TypeError naming the option
 */
export function clerk<Claims = JwtClaims>(options: ClerkOptions<Claims>): TrustedIssuerOptions<Claims> {
  checkArgumentCount(arguments.length, clerk);
  const read = readGiven<ClerkOptions<Claims>>(options, CLERK_OPTIONS, ['issuer', 'authorizedParties']);
  const { issuer, authorizedParties, schema, remote } = read;
  return {
    issuer,
    audience: null,
    claims: { azp: authorizedParties },
    requiredClaims: ['sub', 'sid'],
    schema: schemaOf(pendingFault, schema),
    algorithms: ['RS256'],
    keys: keysAt(`${issuer}/.well-known/jwks.json`, remote),
  };
}

/** Instances without session tasks do not write sts. */
function pendingFault(claims: JwtClaims): readonly string[] {
  return Object.hasOwn(claims, 'sts') && claims.sts !== 'active' ? ['sts'] : [];
}
