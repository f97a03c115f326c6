// Compares the keys of a published set: equal or similar kids, duplicate keys, and ambiguity for a token without kid.
import { thumbprint } from '../index.ts';
import { asJoseError } from './errors.ts';
import { type Finding, findingAbout, importPublished, type KeyEntry, pickMembers } from './lint-finding.ts';

type Group = readonly KeyEntry[];

export function lintDuplicates(entries: Group): readonly Finding[] {
  return [
    ...findSameKids(entries),
    ...findSimilarKids(entries),
    ...findSameKeys(entries),
    ...findAmbiguousKeys(entries),
  ];
}

/** Returns the groups of several keys with the same name. A key without a name belongs to no group. */
function groupBy(entries: Group, name: (entry: KeyEntry) => string | undefined): readonly Group[] {
  const groups = new Map<string, KeyEntry[]>();
  for (const entry of entries) {
    const key = name(entry);
    if (key !== undefined) groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  return [...groups.values()].filter(({ length }) => length > 1);
}

function kidOf({ jwk }: KeyEntry): string | undefined {
  return typeof jwk.kid === 'string' ? jwk.kid : undefined;
}

/** Keys of different kty may share a kid as equivalent alternatives. Keys of the same kty become indistinguishable. */
function findSameKids(entries: Group): readonly Finding[] {
  return groupBy(entries, kidOf).flatMap((group) => {
    const [thumbprint, ...others] = new Set(group.map(thumbprintOf));
    if (thumbprint !== undefined && others.length === 0) return []; // one key, which findSameKeys reports
    const types = new Set(group.map(({ jwk }) => jwk.kty));
    const severity = types.size < group.length ? 'error' : 'warning';
    return [findingAbout({ severity, ...SAME_KID }, group)];
  });
}

function findSimilarKids(entries: Group): readonly Finding[] {
  const distinct = entries.filter(
    (entry, index) => entries.findIndex((other) => kidOf(other) === kidOf(entry)) === index,
  );
  return groupBy(distinct, (entry) => kidOf(entry)?.toLowerCase()).map((group) =>
    findingAbout({ severity: 'warning', ...SIMILAR_KID }, group),
  );
}

/** Compares keys by the members of RFC 7638 §3.2, and ignores all others. */
function findSameKeys(entries: Group): readonly Finding[] {
  return groupBy(entries, thumbprintOf).map((group) => findingAbout({ severity: 'warning', ...SAME_KEY }, group));
}

function thumbprintOf({ jwk }: KeyEntry): string | undefined {
  // A secret is skipped: it is a finding already, and its thumbprint reveals information about it.
  if (typeof jwk.kty !== 'string' || jwk.kty === 'oct') return undefined;
  const key = importPublished(jwk);
  if (typeof key !== 'string') return thumbprint(key);
  try {
    return thumbprint({ ...pickMembers(jwk, ['crv', 'n', 'e', 'x', 'y', 'pub', 'alg']), kty: jwk.kty });
  } catch (error) {
    asJoseError(error); // a malformed key is a finding of its own
    return undefined;
  }
}

/** Finds keys with the same alg, among which a verifier cannot choose for a token without kid. */
function findAmbiguousKeys(entries: Group): readonly Finding[] {
  return groupBy(entries, algorithmOf).map((group) =>
    findingAbout(
      { severity: group.every((entry) => kidOf(entry) !== undefined) ? 'note' : 'warning', ...AMBIGUOUS },
      group,
    ),
  );
}

function algorithmOf({ jwk }: KeyEntry): string | undefined {
  const key = importPublished(jwk);
  return typeof key === 'string' || key.use === 'enc' ? undefined : `${key.alg} ${jwk.use === 'jwt-svid'}`;
}

const SAME_KID = {
  section: 'RFC 7517 §4.5',
  message: 'they have the same kid',
  remedy: 'give each key a kid of its own',
};

const SIMILAR_KID = {
  section: 'RFC 7517 §4.5',
  message: 'their kids differ in case only, and kids are case-sensitive',
  remedy: 'choose kids that people cannot confuse',
};

const SAME_KEY = {
  section: 'ours',
  message: 'they are the same key, by its RFC 7638 thumbprint',
  remedy: 'publish each key once, for one algorithm, so that one removal is enough',
};

const AMBIGUOUS = {
  section: 'RFC 7515 §6',
  message: 'a token without kid could mean any of them, and is refused',
  remedy: 'put the kid into every token',
};
