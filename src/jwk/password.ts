// RFC 7518 §4.8: a password → Key. It is no JWK, so that no key of another kind can be driven into PBKDF2.
import { createSecretKey } from 'node:crypto';
import { copyOctets, encodeUtf8 } from '../bytes.ts';
import { findKeyManagementRow, type KeyManagementAlgorithm } from '../jwa/key-management.ts';
import {
  argumentError,
  aString,
  checkArgumentCount,
  isCount,
  isOctets,
  isString,
  type OptionRules,
  readOptions,
} from '../options.ts';
import { makePasswordKey } from './encryption-key.ts';
import type { Key } from './key.ts';

type PasswordAlgorithm = Extract<KeyManagementAlgorithm, `PBES2-${string}`>;

export interface ImportPasswordOptions {
  readonly alg: PasswordAlgorithm;
  readonly kid?: string | undefined;
  /**
   * The iterations of PBKDF2 that messages are encrypted with: 1,000 to `maxIterations`. Default 600,000, with SHA-384 and
   * SHA-512 210,000, which take about 0.1 s. Other libraries read no more than 10,000 by default: 8192 is read by all.
   */
  readonly iterations?: number | undefined;
  /** The most iterations that a message may demand before it is refused. Default 600,000, or `iterations` if more. */
  readonly maxIterations?: number | undefined;
}

/** RFC 7518 §4.8.1.2 [7518-4.8.1.2-2] the least iterations that are written or read. */
export const MIN_ITERATIONS = 1000;
const MAX_ITERATIONS = 600_000;
const WRITTEN_ITERATIONS: ReadonlyMap<PasswordAlgorithm, number> = /* @__PURE__ */ new Map([
  ['PBES2-HS256+A128KW', 600_000],
  ['PBES2-HS384+A192KW', 210_000],
  ['PBES2-HS512+A256KW', 210_000],
]);

function isIterationCount(value: unknown): boolean {
  return isCount(value) && value >= MIN_ITERATIONS && value <= MOST_ITERATIONS;
}

/** The most that node:crypto takes. */
const MOST_ITERATIONS = 2_147_483_647;
const AN_ITERATION_COUNT = 'a whole number of 1000 to 2147483647';

const OPTIONS: OptionRules<ImportPasswordOptions> = {
  alg: [
    (alg) => WRITTEN_ITERATIONS.has(alg as PasswordAlgorithm),
    "'PBES2-HS256+A128KW', 'PBES2-HS384+A192KW' or 'PBES2-HS512+A256KW'",
    'algorithm',
  ],
  kid: aString,
  iterations: [isIterationCount, AN_ITERATION_COUNT, 'p2c'],
  maxIterations: [isIterationCount, AN_ITERATION_COUNT, 'maxPBES2Count'],
};

/**
 * A password → Key that encrypts and decrypts (RFC 7518 §4.8). A weak password stays weak: prefer a random
 * secret wherever no person has to remember it.
 *
 * @param password text, used as its UTF-8 octets [7518-4.8-1], or octets; not empty
 * @throws TypeError for the arguments
 */
export function importPassword(password: string | Uint8Array, options: ImportPasswordOptions): Key {
  checkArgumentCount(arguments.length, importPassword);
  const octets = isString(password) ? encodeUtf8(password) : isOctets(password) ? copyOctets(password) : undefined;
  if (!octets?.length)
    throw argumentError('password', 'a text without lone surrogates or a Uint8Array, and not empty', password);
  const read = readOptions(options, OPTIONS, { needed: ['alg'] });
  const { alg, kid, iterations = Number(WRITTEN_ITERATIONS.get(read.alg)) } = read;
  const { maxIterations = Math.max(iterations, MAX_ITERATIONS) } = read;
  if (iterations > maxIterations) throw new TypeError('options.iterations must be at most options.maxIterations');
  const row = findKeyManagementRow('oct', undefined, { alg });
  /* v8 ignore next -- the table has all three */
  if (!row) throw new TypeError('options.alg is unknown');
  return makePasswordKey(createSecretKey(octets), row, {
    kid,
    iterations: { written: iterations, most: maxIterations },
  });
}
