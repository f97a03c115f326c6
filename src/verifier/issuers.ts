// Routes each token to the trusted issuer that it names, whose keys and policy alone judge it.

import { withoutFrames } from '../errors.ts';
import { MAX_MEMBERS } from '../json.ts';
import type { KeyProvider } from '../jwks/source.ts';
import { decodePayload } from '../jws/parts.ts';
import { audienceFault, ownClaim, type Reason } from '../jwt/claims.ts';
import type { Expected, JwtClaims, ReadExpected } from '../jwt/expected.ts';
import { type IssuerTemplate, isIssuerTemplate, issuerOfTenant } from '../jwt/issuer-template.ts';
import { type ReadJwt, readClaims } from '../jwt/jwt.ts';
import { claimsError } from '../jwt/verify.ts';
import { isString } from '../options.ts';

/** An issuer that the caller trusts: its keys, and the expectations of its tokens. */
export interface TrustedIssuer {
  readonly keys: KeyProvider;
  readonly expected: Expected;
  /** The expectations, read. With a cache, the policy freezes the claims. */
  readonly policy: ReadExpected;
}

/** Returns the issuer of a token. @throws JoseError if the token names none of the trusted issuers */
export type IssuerRouter = (jwt: ReadJwt) => TrustedIssuer;

/** The issuers by name, and those of many tenants. Several of one name are told apart by their audiences. */
export interface IssuerIndex {
  readonly named: ReadonlyMap<string, readonly TrustedIssuer[]>;
  readonly templates: readonly TenantsIssuer[];
}

/** An issuer of many tenants, and its template. */
interface TenantsIssuer {
  readonly template: IssuerTemplate;
  readonly issuer: TrustedIssuer;
}

/** Indexes the issuers. Those of one name must differ in their audience, so that a token cannot choose. */
export function indexIssuers(issuers: readonly TrustedIssuer[]): IssuerIndex {
  const named = new Map<string, TrustedIssuer[]>();
  const byTemplate = new Map<string, TrustedIssuer[]>();
  const templates: IssuerIndex['templates'][number][] = [];
  for (const [i, issuer] of issuers.entries()) {
    const argument = `options.issuers[${i}]`;
    const { issuer: names } = issuer.policy;
    if (names === null || names === undefined) throw nullIssuerError(argument);
    if (isIssuerTemplate(names)) {
      addIssuer(byTemplate, names.template, { issuer, argument });
      templates.push({ template: names, issuer });
    } else for (const name of [names].flat()) addIssuer(named, name, { issuer, argument });
  }
  return { named, templates };
}

function addIssuer(
  index: Map<string, TrustedIssuer[]>,
  name: string,
  { issuer, argument }: { readonly issuer: TrustedIssuer; readonly argument: string },
): void {
  const others = index.get(name) ?? [];
  if (others.some((other) => hasCommonAudience(other.policy, issuer.policy)))
    throw new TypeError(
      `${argument}.issuer repeats a name: issuers of one name must have audiences of which none is another's`,
    );
  index.set(name, [...others, issuer]);
}

function hasCommonAudience(one: ReadExpected, other: ReadExpected): boolean {
  const audiences = [other.audience].flat();
  return [one.audience].flat().some((audience) => audiences.includes(audience));
}

export function nullIssuerError(argument: string): TypeError {
  return new TypeError(`${argument}.issuer must not be null: it decides whose keys judge a token`);
}

/**
 * RFC 8725 §3.8 [8725-3.8-1] Routes by the iss of the unverified token. It proves nothing yet: it only chooses the keys
 * and the policy, which compares iss again after the signature. An unknown issuer causes no request and no crypto work.
 */
export function routeByIssuerClaim({ named, templates }: IssuerIndex): IssuerRouter {
  const all = [...[...named.values()].flat(), ...templates.map(({ issuer }) => issuer)];
  const maxMembers = Math.max(...all.map(({ policy }) => policy.maxMembers ?? MAX_MEMBERS));
  return (jwt) => {
    const claims = unverifiedClaims(jwt, maxMembers);
    const iss = ownClaim(claims, 'iss');
    if (!isString(iss)) throw routingError('iss', iss === undefined ? 'missing' : 'type');
    const ofTenant = templates.filter(({ template }) => isIssuerOf(template, iss, claims));
    const candidates = [...(named.get(iss) ?? []), ...ofTenant.map(({ issuer }) => issuer)];
    if (candidates.length === 0) throw routingError('iss', 'mismatch');
    return issuerForAudience(candidates, ownClaim(claims, 'aud'));
  };
}

/** Whether a template gives this iss to the tenant that the claims name. */
function isIssuerOf(template: IssuerTemplate, iss: string, claims: JwtClaims): boolean {
  const tenant = ownClaim(claims, template.claim);
  return isString(tenant) && issuerOfTenant(template, tenant) === iss;
}

/** The one issuer, or of several the one whose audience the token is for; one that checks no audience takes the rest. */
function issuerForAudience(named: readonly TrustedIssuer[], aud: unknown): TrustedIssuer {
  const [only, second] = named;
  if (only && !second) return only;
  const faultFor = ({ policy }: TrustedIssuer) => audienceFault(aud, policy.audience);
  const chosen =
    named.find((issuer) => issuer.policy.audience !== null && !faultFor(issuer)) ??
    named.find((issuer) => issuer.policy.audience === null);
  if (!chosen) throw routingError('aud', aud === undefined ? 'missing' : 'mismatch');
  return chosen;
}

/** The claims of an unverified token, read as strictly as those of a verified one. */
export function unverifiedClaims({ parts }: ReadJwt, maxMembers?: number): JwtClaims {
  const payload = decodePayload(parts.payload);
  return withoutFrames(() => readClaims(payload, maxMembers));
}

function routingError(claim: 'iss' | 'aud', reason: Reason): unknown {
  return claimsError({ value: undefined, faults: [{ claim, reason }], schemaFaults: [] });
}
