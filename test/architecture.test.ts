// The house stands as it was drawn: floors, doors and budgets, read from the text of src/. Comments and strings are
// blanked first, so that words about code are not taken for code; the formatter's layout makes functions easy to measure.

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

// A room imports from the floors below it and from itself. jwks stands below jws because verifyJws takes a KeySet, and
// the four leaves at the bottom may build on one another.
const LEAVES = ['bytes', 'base64url', 'json', 'json-write', 'error-help', 'events', 'time', 'options', 'pool'];
const FLOORS = [
  ['errors'],
  LEAVES,
  ['jwa', 'header'],
  ['jwk'],
  ['jwks'],
  ['jws', 'jwe', 'store'],
  ['jwt', 'remote', 'ring'],
  ['verifier'],
  ['issuer', 'simulate', 'explain', 'providers'],
  ['http'],
  ['index'],
  ['cli', 'compat', 'testing'],
];

const src = new URL('../src/', import.meta.url);
const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => name.endsWith('.ts'))
  .toSorted();
const texts = new Map(files.map((file) => [file, readFileSync(new URL(file, src), 'utf8')]));
const text = (file: string): string => texts.get(file) ?? '';

const COMMENT = String.raw`\/\*[\s\S]*?\*\/|\/\/.*`;
const STRING = String.raw`'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|${'`'}(?:\\.|[^${'`'}\\])*${'`'}`;
const REGEXP = String.raw`(?<=[(,=:[!&|?{};\n]\s*)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n])+\/`;
const LITERAL = new RegExp(`${COMMENT}|${STRING}|${REGEXP}`, 'g');
const code = (file: string): string => text(file).replace(LITERAL, (found) => found.replace(/[^\n'"`]/g, ' '));

const room = (file: string): string => file.replace(/\.ts$/, '').split('/')[0] ?? '';
const floor = (file: string): number => FLOORS.findIndex((rooms) => rooms.includes(room(file)));
const outside = (...rooms: readonly string[]): string[] => files.filter((file) => !rooms.includes(room(file)));

/** The imports of a file, without those of types when only `values` are asked for. */
function specifiers(file: string, values = false): string[] {
  const found = text(file).matchAll(/^(?:import|export)\s+(type\s)?(?:[^'";]*?\bfrom\s+)?'([^']+)';/gm);
  return Array.from(found).flatMap(([, type, path = '']) => (values && type ? [] : [path]));
}

/** The files of src that a file imports. */
function imports(file: string, values = false): string[] {
  const local = specifiers(file, values).filter((path) => path.startsWith('.'));
  return local.map((path) => new URL(path, new URL(file, src)).href.slice(src.href.length));
}

/** What of the code of these files has the pattern. */
function found(pattern: RegExp, where: readonly string[] = files): string[] {
  return where.flatMap((file) => Array.from(code(file).matchAll(pattern), ([match]) => `${file}: ${match.trim()}`));
}

describe('floors', () => {
  test('every file stands on one', () => {
    expect(files.filter((file) => floor(file) < 0)).toEqual([]);
  });

  test('a room imports from lower floors and from itself: never up, never sideways', () => {
    const fine = (from: string, to: string) =>
      room(from) === room(to) || floor(to) < floor(from) || [from, to].every((file) => LEAVES.includes(room(file)));
    const edges = files.flatMap((from) => imports(from).map((to) => [from, to] as const));
    expect(edges.filter(([from, to]) => !fine(from, to)).map((edge) => edge.join(' → '))).toEqual([]);
  });

  test.each(['cli', 'compat', 'testing'])('%s imports only the front door and its own room', (name) => {
    const imported = files.filter((file) => room(file) === name).flatMap((file) => imports(file));
    expect(imported.filter((to) => room(to) !== name && to !== 'index.ts')).toEqual([]);
  });

  test('no cycle of values', () => {
    const reach = (file: string, seen = new Set<string>()): Set<string> => {
      for (const next of imports(file, true)) if (!seen.has(next)) reach(next, seen.add(next));
      return seen;
    };
    expect(files.filter((file) => reach(file).has(file))).toEqual([]);
  });
});

describe('closures', () => {
  /** The files that come with these by imports of values. */
  const closure = (...from: readonly string[]): readonly string[] => {
    const seen = new Set(from);
    for (const file of seen) for (const next of imports(file, true)) seen.add(next);
    return [...seen];
  };
  const verifying = closure('jwt/verify.ts', 'jwks/import.ts');
  const signing = closure('jwt/sign.ts');

  test('from what verifies, no private key can be read, made or used, and nothing is written', () => {
    const doors =
      /\b(?:createSign|createPrivateKey|generateKeyPair(?:Sync)?|writeJsonObject|writeProtected|makeSignature)\b/g;
    expect(found(doors, verifying)).toEqual([]);
    // From node:crypto, `sign` would do as well.
    const fromCrypto = verifying.flatMap((file) => text(file).match(/^import \{[^}]*\} from 'node:crypto';/gm) ?? []);
    expect(fromCrypto.join('\n')).not.toMatch(/\b(?:sign|createHmac|\w*[dD]ecrypt)\b/);
    expect(
      verifying.filter((file) => /(?:^|\/)(?:private|export-private|sign|signing|generate)\.ts$/.test(file)),
    ).toEqual([]);
  });
  test('what verifies carries nothing of encryption', () => {
    const carried = closure('jwt/verify.ts', 'jwks/import.ts', 'verifier/verifier.ts', 'http/bearer.ts');
    const encrypting = /^jwe\/|content-encryption|key-management|aes-|ecdh-es|oaep|pbes2|encryption-key|password/;
    expect(carried.filter((file) => encrypting.test(file))).toEqual([]);
  });
  test('what signs carries neither verification of tokens nor key selection', () => {
    expect(signing.filter((file) => ['jwt/verify.ts', 'jws/signature.ts', 'jwks/select.ts'].includes(file))).toEqual(
      [],
    );
  });
  test('a verifier with given keys carries neither the network nor explanations, and no class of an issuer', () => {
    const carried = closure('verifier/verifier.ts');
    expect(carried.filter((file) => ['remote', 'explain', 'issuer', 'http'].includes(room(file)))).toEqual([]);
  });
  test('an endpoint carries no issuer', () => {
    expect(closure('http/jwks-endpoint.ts').filter((file) => room(file) === 'issuer')).toEqual([]);
  });
  test('what verifies is small enough to be read whole', () => {
    const lines = verifying.reduce((sum, file) => sum + text(file).trimEnd().split('\n').length, 0);
    expect(lines).toBeLessThanOrEqual(3400);
    expect(verifying.length).toBeLessThanOrEqual(31);
  });
});

describe('doors', () => {
  const importers = (pattern: RegExp, where: readonly string[]) =>
    where.filter((file) => specifiers(file, true).some((path) => pattern.test(path)));

  test('nothing is imported but src itself and node', () => {
    expect(importers(/^(?!\.|node:)/, files)).toEqual([]);
  });
  test('node:crypto opens in jwa, jwk and bytes, for the hashes of files, and where the test kit forges what we refuse to write', () => {
    expect(importers(/^node:crypto$/, outside('jwa', 'jwk', 'bytes'))).toEqual([
      'cli/vendor-lock.ts',
      'testing/key-pairs.ts',
    ]);
  });
  test('of node, only crypto and util are for anyone but cli; events are told by remote, issuer, http and pool', () => {
    expect(importers(/^node:(?!crypto$|util(?:\/types)?$|diagnostics_channel$)/, outside('cli'))).toEqual([]);
    expect(importers(/^node:diagnostics_channel$/, outside('remote', 'issuer', 'http', 'pool'))).toEqual([]);
  });
  test('the rest of node, which few programs need, is loaded where it is first used, as its import would be long', () => {
    const loads = files.flatMap((file) =>
      Array.from(text(file).matchAll(/\bgetBuiltinModule\(([^)]*)\)/g), ([, name]) => `${file}: ${name}`),
    );
    expect(loads).toEqual([
      "cli/ring-serve.ts: 'node:http'",
      "cli/tour-environment.ts: 'node:http'",
      "jwe/zip.ts: 'node:zlib'",
      "providers/kubernetes.ts: 'node:fs/promises'",
      "remote/https-fetch.ts: 'node:https'",
      "store/file.ts: 'node:fs/promises'",
    ]);
  });
  test('the clock is read in time.ts, and by the adapters, to which the front door gives none', () => {
    const clocks = /\bDate\.now\b|\bnew Date\(\)|\bDate\(\)|\bperformance\b|\bhrtime\b/g;
    expect(found(clocks, outside('time'))).toEqual(['compat/timespan.ts: Date.now']);
  });
  test('connections are opened in remote/fetch.ts and https-fetch.ts, answered in http and cli, and counted by an adapter', () => {
    const opens = /\bfetch\b(?=[(,;.]| =|$)|\bWebSocket\b|\bnode:(?:https?|net|tls|dgram|http2)\b/g;
    expect(
      found(
        opens,
        files.filter((file) => file !== 'remote/fetch.ts'),
      ),
    ).toEqual(Array.from({ length: 2 }, () => 'compat/jwks-rsa-requests.ts: fetch'));
  });
  test('argv, stdout and timers are for cli, but for a deadline, the end of a turn and a warning; whose files it reads, the file store asks too', () => {
    const effects =
      /\bprocess\b(?!\.geteuid\b|\.platform\b|\.emitWarning\b|\.getBuiltinModule\b)|\bconsole\b|\bset(?:Timeout|Interval|Immediate)\b/g;
    expect(found(effects, outside('cli'))).toEqual([
      'time.ts: setTimeout',
      'time.ts: setTimeout',
      'time.ts: setImmediate',
    ]);
    const others = outside('cli').filter((file) => file !== 'store/file.ts');
    expect(found(/\bprocess\b/g, others)).toEqual([
      'compat/advice.ts: process',
      'jwe/zip.ts: process',
      'providers/kubernetes.ts: process',
      'remote/https-fetch.ts: process',
      'remote/urls.ts: process',
    ]);
  });
  test('no code from strings, no import at run time but of a database client that the command may find', () => {
    // `async import(` is the head of a method.
    const loads = found(/\beval\b|\bFunction\(|(?<!async )\bimport\(|\brequire\(/g);
    expect(loads.filter((line) => !line.startsWith('cli/ring-database.ts: import('))).toEqual([]);
  });
});

describe('budgets', () => {
  const HEAD = String.raw`(?:export )?(?:(?:static|async|private|get|set) )*(?:function\b\*? ?)?[#\w]*(?:<.*?>)?`;
  const FUNCTION = new RegExp(String.raw`^( *)${HEAD}\((?:.*|\n(?:\1  .*\n)*\1\).*)\{\n([\s\S]*?)\n\1\}`, 'gm');
  const functions = files.flatMap((file) =>
    Array.from(code(file).matchAll(FUNCTION), ([whole]) => ({ at: `${file}: ${whole.trim().split('\n')[0]}`, whole })),
  );
  const named = functions.filter(({ at }) => !/: (?:if|for|while|switch|catch) \(/.test(at));

  /** How many parameters: the commas between the outer parentheses that stand in no bracket of their own. */
  function parameters(head: string): number {
    const start = head.replace(/<[^()]*?>(?=\()/, (generics) => ' '.repeat(generics.length)).indexOf('(') + 1;
    let [depth, commas, last] = [0, 0, start];
    for (let i = start; i < head.length && depth >= 0; i++) {
      if ('([{<'.includes(head.charAt(i))) depth++;
      if (')]}'.includes(head.charAt(i)) || (head[i] === '>' && head[i - 1] !== '=')) depth--;
      if (head[i] === ',' && depth === 0) [commas, last] = [commas + 1, i + 1];
      if (depth < 0) return commas + (head.slice(last, i).trim() === '' ? 0 : 1);
    }
    return commas;
  }

  test('functions are found, and none is over 60 lines', () => {
    expect(named.length).toBeGreaterThan(3 * files.length);
    expect(named.filter(({ whole }) => whole.split('\n').length > 60).map(({ at }) => at)).toEqual([]);
  });
  test('at most 3 parameters, but for explainJwt, which takes what verifyJwt takes and options of its own', () => {
    const many = named.filter(({ whole }) => parameters(whole) > 3);
    expect(
      many.filter(({ at }) => !at.startsWith('explain/jwt.ts: export function explainJwt(')).map(({ at }) => at),
    ).toEqual([]);
  });
  test('files are of one subject, which over 350 lines is in doubt, and open with a comment', () => {
    expect(files.filter((file) => text(file).trimEnd().split('\n').length > 350)).toEqual([]);
    expect(files.filter((file) => !/^(?:#!.*\n)?(?:\/\/ |\/\*\*)/.test(text(file)))).toEqual([]);
  });
  test('no default export, enum, namespace, any or non-null assertion, and no error suppressed', () => {
    expect(
      found(/\bexport default\b|\benum \w|\bnamespace \w|[:<|&,]\s*any\b|\bas any\b|[\w)\]]!(?=[.;,)[\]])/g),
    ).toEqual([]);
    expect(files.filter((file) => /@ts-(?:ignore|nocheck|expect-error)|biome-ignore/.test(text(file)))).toEqual([]);
  });
  test('`as` at most once per 100 lines', () => {
    const lines = files.reduce((sum, file) => sum + text(file).split('\n').length, 0);
    const casts = found(/.*\bas (?!const\b).*/g).filter(
      (line) => !/: (?:import|export) |^\S+: \w+ as \w+,$/.test(line),
    );
    expect(casts.length, casts.join('\n')).toBeLessThanOrEqual(lines / 100);
  });
});
