// The keys of a published set together: what could be taken for what.
import { JoseError, thumbprint } from '../index.ts';
import { type Finding, type Member, ofKeys, pick, tryKey } from './findings.ts';
import { asRefusal } from './world.ts';

export function compareKeys(members: readonly Member[]): readonly Finding[] {
  return [...sameKids(members), ...similarKids(members), ...sameKeys(members), ...withoutKid(members)];
}

type Group = readonly Member[];

/** The members of the same name, where there are several; those without one belong to no group. */
function groupsBy(members: Group, name: (member: Member) => string | undefined): readonly Group[] {
  const groups = new Map<string, Member[]>();
  for (const member of members) {
    const key = name(member);
    if (key !== undefined) groups.set(key, [...(groups.get(key) ?? []), member]);
  }
  return [...groups.values()].filter(({ length }) => length > 1);
}

function kidOf({ jwk }: Member): string | undefined {
  return typeof jwk.kid === 'string' ? jwk.kid : undefined;
}

/** Equivalent alternatives of different kty may share a kid; of the same kty nobody can tell them apart. */
function sameKids(members: Group): readonly Finding[] {
  return groupsBy(members, kidOf).map((group) => {
    const kinds = new Set(group.map(({ jwk }) => jwk.kty));
    const severity = kinds.size < group.length ? 'error' : 'warning';
    return ofKeys({ severity, ...SAME_KID }, group);
  });
}

function similarKids(members: Group): readonly Finding[] {
  const unalike = members.filter(
    (member, index) => members.findIndex((other) => kidOf(other) === kidOf(member)) === index,
  );
  return groupsBy(unalike, (member) => kidOf(member)?.toLowerCase()).map((group) =>
    ofKeys({ severity: 'warning', ...SIMILAR_KID }, group),
  );
}

/** By the members that RFC 7638 §3.2 takes, whatever else is said of them. */
function sameKeys(members: Group): readonly Finding[] {
  return groupsBy(members, identityOf).map((group) => ofKeys({ severity: 'warning', ...SAME_KEY }, group));
}

function identityOf({ jwk }: Member): string | undefined {
  // The thumbprint of a secret would tell of it, and its kty is a finding already.
  if (typeof jwk.kty !== 'string' || jwk.kty === 'oct') return undefined;
  try {
    return thumbprint({ ...pick(jwk, ['crv', 'n', 'e', 'x', 'y', 'pub', 'alg']), kty: jwk.kty });
  } catch (error) {
    asRefusal(error); // it is no key, which is a finding of its own
    return undefined;
  }
}

/** A token without kid is tried by nobody against several keys. */
function withoutKid(members: Group): readonly Finding[] {
  return groupsBy(members, algorithmOf).map((group) =>
    ofKeys({ severity: group.every((member) => kidOf(member) !== undefined) ? 'note' : 'warning', ...NO_KID }, group),
  );
}

function algorithmOf({ jwk }: Member): string | undefined {
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

const NO_KID = {
  section: 'RFC 7515 §6',
  message: 'a token without kid could mean any of them, and is refused',
  remedy: 'put the kid into every token',
};
