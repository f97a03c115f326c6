// The metadata of an issuer, and its paths (OpenID Connect Discovery 1.0 §3, §4; RFC 8414 §2, §3).
import { type JsonObject, ownMembers } from '../json.ts';
import { writeJsonObject } from '../json-write.ts';
import { checkUrl } from '../remote/urls.ts';

/** A document, and every path at which clients look for it. */
export interface MetadataDocument {
  readonly paths: readonly string[];
  readonly members: (algorithms: readonly string[]) => JsonObject;
}

/** The caller's members of each document; `undefined` for no document. */
export interface MetadataOptions {
  readonly openid?: JsonObject | undefined;
  readonly oauth?: JsonObject | undefined;
}

/** The members that the endpoint itself knows. */
interface IssuerFacts {
  readonly issuer: string;
  readonly jwks_uri: string;
}

/**
 * Makes the metadata documents. Only the caller knows some members that the specifications require, such as endpoints.
 * @throws TypeError for a member that JSON cannot represent, or that contradicts the issuer's own
 */
export function metadataDocuments(facts: IssuerFacts, { openid, oauth }: MetadataOptions): readonly MetadataDocument[] {
  const path = issuerPath(facts.issuer);
  const documents: MetadataDocument[] = [];
  if (openid) {
    const added = readAddedMembers('openid', openid, facts);
    documents.push({
      // Discovery §4 appends; RFC 8414 §5 puts the same name between host and path.
      paths: [`${path}/.well-known/openid-configuration`, `/.well-known/openid-configuration${path}`],
      members: (algorithms) => ({ ...facts, id_token_signing_alg_values_supported: algorithms, ...added }),
    });
  }
  if (oauth) {
    const added = readAddedMembers('oauth', oauth, facts);
    // RFC 8414 §3 [8414-3-1] [8414-3.1-1] between host and path.
    documents.push({
      paths: [`/.well-known/oauth-authorization-server${path}`],
      members: () => ({ ...facts, ...added }),
    });
  }
  return documents;
}

/** Returns the path of an issuer's name, without a slash at its end. */
export function issuerPath(issuer: string): string {
  return new URL(issuer).pathname.replace(/\/$/, '');
}

/**
 * RFC 8414 §2 [8414-2-1] an issuer is an https URL without query or fragment; http is accepted on loopback.
 * @throws TypeError for another name
 */
export function checkIssuerUrl(issuer: string): void {
  if (
    checkUrl(
      issuer,
      { allowInsecureLoopback: true, insecureHosts: undefined },
      'the name of an issuer with metadata',
    ).href.includes('?')
  )
    throw new TypeError('the name of an issuer with metadata must not have a query');
}

/** Copies the caller's members as JSON. They may repeat the issuer's own members, but not contradict them. */
function readAddedMembers(name: keyof MetadataOptions, given: JsonObject, facts: IssuerFacts): JsonObject {
  const added: JsonObject = ownMembers(JSON.parse(writeJsonObject(given, `options.${name}`)));
  for (const [fact, value] of Object.entries(facts)) {
    if (Object.hasOwn(added, fact) && added[fact] !== value)
      throw new TypeError(`options.${name}.${fact} must be ${value}, the value of the endpoint, or absent`);
  }
  // RFC 8414 §2.1: signed metadata takes precedence over all other members.
  if (Object.hasOwn(added, 'signed_metadata'))
    throw new TypeError(`options.${name}.signed_metadata must be absent: it would override the other members`);
  return added;
}
