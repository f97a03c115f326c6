// An issuer whose name differs in one part for each tenant, as data: the whole name is compared, and no pattern is matched.
import { ownMembers } from '../json.ts';
import { isPlainObject, isString, isStrings } from '../options.ts';

/** The issuer of many tenants, such as `{ template: 'https://login.example/{tid}/v2.0', claim: 'tid' }`. */
export interface IssuerTemplate {
  /** The iss, with the claim's name in braces in place of its value, once. */
  readonly template: string;
  /** The claim that names the tenant. */
  readonly claim: string;
  /** The values that the claim may have. Default: any UUID in lower case. */
  readonly allow?: readonly string[] | undefined;
}

/** RFC 9562 §4 in lower case, as issuers write it: another spelling would be another name of a tenant. */
export const UUID: RegExp = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const MEMBERS: readonly string[] = ['template', 'claim', 'allow'];

export function isIssuerTemplate(value: unknown): value is IssuerTemplate {
  if (!isPlainObject(value)) return false;
  const { template, claim, allow } = ownMembers(value);
  return (
    Object.keys(value).every((name) => MEMBERS.includes(name)) &&
    isString(claim) &&
    isString(template) &&
    // The claim's placeholder, once, and no other: it would stay in the name, which no iss could equal.
    /^[^{}]*\{([^{}]+)\}[^{}]*$/.exec(template)?.[1] === claim &&
    (allow === undefined || isStrings(allow))
  );
}

/** The issuer of the tenant that a claim's value names; `undefined` for a tenant that the template does not allow. */
export function issuerOfTenant(given: IssuerTemplate, tenant: string): string | undefined {
  const { template, claim, allow } = ownMembers(given);
  const isAllowed = allow ? allow.includes(tenant) : UUID.test(tenant);
  return isAllowed ? template.replace(`{${claim}}`, () => tenant) : undefined;
}
