// The keys of a published set together: what could be taken for what.
import { JoseError, thumbprint } from '../index.ts';
import { asJoseError } from './host.ts';
import { type Finding, findingAbout, type KeyEntry, pickMembers, tryKey } from './lint-finding.ts';

export function compareKeys(members: readonly KeyEntry[]): readonly Finding[] {
  return [
    ...findSameKids(members),
    ...findSimilarKids(members),
    ...findSameKeys(members),
    ...findAmbiguousKeys(members),
  ];
}

type Group = readonly KeyEntry[];

/** The members of the same name, where there are several; those without one belong to no group. */
function groupBy(members: Group, name: (member: KeyEntry) => string | undefined): readonly Group[] {
  const groups = new Map<string, KeyEntry[]>();
  for (const member of members) {
    const key = name(member);
    if (key !== undefined) groups.set(key, [...(groups.get(key) ?? []), member]);
  }
  return [...groups.values()].filter(({ length }) => length > 1);
}

function kidOf({ jwk }: KeyEntry): string | undefined {
  return typeof jwk.kid === 'string' ? jwk.kid : undefined;
}

/** Equivalent alternatives of different kty may share a kid; of the same kty nobody can tell them apart. */
function findSameKids(members: Group): readonly Finding[] {
  return groupBy(members, kidOf).map((group) => {
    const kinds = new Set(group.map(({ jwk }) => jwk.kty));
    const severity = kinds.size < group.length ? 'error' : 'warning';
    return findingAbout({ severity, ...SAME_KID }, group);
  });
}

function findSimilarKids(members: Group): readonly Finding[] {
  const unalike = members.filter(
    (member, index) => members.findIndex((other) => kidOf(other) === kidOf(member)) === index,
  );
  return groupBy(unalike, (member) => kidOf(member)?.toLowerCase()).map((group) =>
    findingAbout({ severity: 'warning', ...SIMILAR_KID }, group),
  );
}

/** By the members that RFC 7638 §3.2 takes, whatever else is said of them. */
function findSameKeys(members: Group): readonly Finding[] {
  return groupBy(members, identityOf).map((group) => findingAbout({ severity: 'warning', ...SAME_KEY }, group));
}

function identityOf({ jwk }: KeyEntry): string | undefined {
  // The thumbprint of a secret would tell of it, and its kty is a finding already.
  if (typeof jwk.kty !== 'string' || jwk.kty === 'oct') return undefined;
  try {
    return thumbprint({ ...pickMembers(jwk, ['crv', 'n', 'e', 'x', 'y', 'pub', 'alg']), kty: jwk.kty });
  } catch (error) {
    asJoseError(error); // it is no key, which is a finding of its own
    return undefined;
  }
}

/** A token without kid is tried by nobody against several keys. */
function findAmbiguousKeys(members: Group): readonly Finding[] {
  return groupBy(members, algorithmOf).map((group) =>
    findingAbout(
      { severity: group.every((member) => kidOf(member) !== undefined) ? 'note' : 'warning', ...AMBIGUOUS_KEYS },
      group,
    ),
  );
}

function algorithmOf({ jwk }: KeyEntry): string | undefined {
  const key = jwk.kty === 'oct' ? undefined : tryKey(jwk);
  return key === undefined || key instanceof JoseError ? undefined : key.alg;
}

const SAME_KID = {
  section: 'RFC 7517 §4.5',
  message: 'they have the same kid',
  remedy: 'give each key a kid of its own',
};

const SIMILAR_KID = {
  section: 'RFC 7517 §4.5',
  message: 'their kids differ in case only, and kids are case-sensitive',
  remedy: 'name them so that nobody mistakes one for the other',
};

const SAME_KEY = {
  section: 'ours',
  message: 'they are the same key, by its RFC 7638 thumbprint',
  remedy: 'publish each key once, for one algorithm: who revokes one of these forgets the other',
};

const AMBIGUOUS_KEYS = {
  section: 'RFC 7515 §6',
  message: 'a token without kid could mean any of them, and is refused',
  remedy: 'put the kid into every token',
};
