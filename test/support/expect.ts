// One way to expect a refusal: the code, the class, and the silence (SIG-09: no error carries the token or a secret).

import { inspect } from 'node:util';
import { expect } from 'vitest';
import { JoseError, type JoseErrorCode } from '../../src/errors.ts';

const RUN = 16;

function attempt(run: () => unknown): { threw: false; value: unknown } | { threw: true; error: unknown } {
  try {
    return { threw: false, value: run() };
  } catch (error) {
    return { threw: true, error };
  }
}

/**
 * Runs `run`, expects a JoseError with `code`, and expects that nothing the error shows (message, stack, cause chain,
 * JSON, inspect) holds a 16-character run of any of `secrets`. The payload of a compact token counts as given with it.
 * Returns the error.
 */
export function expectCode(run: () => unknown, code: JoseErrorCode, ...secrets: readonly unknown[]): JoseError {
  const outcome = attempt(run);
  if (!outcome.threw) throw new Error(`expected ${code}, but nothing was thrown`);
  const { error } = outcome;
  if (!(error instanceof JoseError)) throw new Error(`expected ${code}, got ${describe(error)}`, { cause: error });
  expect(error.code, error.message).toBe(code);
  expect(error).toBeInstanceOf(Error);
  expect(Object.hasOwn(error, 'claims') || Object.hasOwn(error, 'payload')).toBe(false);
  expectSilent(error, ...secrets);
  return error;
}

/** Runs `run` and expects a TypeError (the caller's mistake) that names `argument`; returns it. */
export function expectTypeError(run: () => unknown, argument?: string | RegExp): TypeError {
  const outcome = attempt(run);
  if (!outcome.threw) throw new Error('expected a TypeError, but nothing was thrown');
  const { error } = outcome;
  if (!(error instanceof TypeError)) throw new Error(`expected a TypeError, got ${describe(error)}`, { cause: error });
  if (argument !== undefined) expect(error.message).toMatch(argument);
  return error;
}

/** Expects that nothing `value` shows holds a 16-character run of any of `secrets`. */
export function expectSilent(value: unknown, ...secrets: readonly unknown[]): void {
  const shown = new Set<string>();
  for (const text of visibleTexts(value)) {
    for (let i = 0; i + RUN <= text.length; i++) shown.add(text.slice(i, i + RUN));
  }
  for (const spelling of secrets.flatMap(spellings)) {
    for (let i = 0; i + RUN <= spelling.length; i++) {
      if (shown.has(spelling.slice(i, i + RUN))) throw new Error(`leak: ${spelling.slice(i, i + RUN)} is shown`);
    }
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : inspect(error);
}

function visibleTexts(value: unknown): string[] {
  const texts = [inspect(value, { depth: 20, showHidden: true, getters: true, maxStringLength: null })];
  for (let at: unknown = value, depth = 0; at !== undefined && at !== null && depth < 10; depth++) {
    texts.push(String(at), JSON.stringify(at) ?? '');
    if (!(at instanceof Error)) break;
    texts.push(at.message, at.stack ?? '');
    at = at.cause;
  }
  return texts;
}

function spellings(secret: unknown): string[] {
  if (secret instanceof Uint8Array) {
    const bytes = Buffer.from(secret);
    return (['utf8', 'latin1', 'hex', 'base64', 'base64url'] as const).map((encoding) => bytes.toString(encoding));
  }
  if (typeof secret !== 'string') return [];
  const parts = secret.split('.', 4);
  return parts.length === 3 ? [secret, Buffer.from(parts[1] ?? '', 'base64url').toString()] : [secret];
}
