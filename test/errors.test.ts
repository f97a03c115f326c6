import { readdirSync, readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { asJoseError, withoutFrames } from '../src/errors.ts';
import { ERROR_HELP, JoseError, type JoseErrorCode } from '../src/index.ts';

const codes = Object.keys(ERROR_HELP) as JoseErrorCode[];
/** Codes of Node.js that src asks for. */
const OF_NODE: readonly string[] = ['ERR_BUFFER_TOO_LARGE', 'ERR_MODULE_NOT_FOUND'];
const src = new URL('../src/', import.meta.url);
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

describe('ERROR_HELP', () => {
  test.each(codes)('%s has one sentence of help', (code) => {
    expect(code).toMatch(/^ERR_[A-Z]+(_[A-Z]+)+$/);
    expect(ERROR_HELP[code]).toMatch(/^[A-Z][^\n]{30,}\.$/);
  });

  test('each code has a help of its own, and the table cannot be changed', () => {
    expect(new Set(Object.values(ERROR_HELP)).size).toBe(codes.length);
    expect(Object.isFrozen(ERROR_HELP)).toBe(true);
  });

  test('every code that src uses is one of them, and each one is used', () => {
    const all = new Set<string>();
    for (const file of files) {
      const used = readFileSync(new URL(file, src), 'utf8').match(/'ERR_\w+'/g) ?? [];
      if (file !== 'errors.ts') for (const code of used) all.add(code.slice(1, -1));
    }
    expect([...all].toSorted()).toEqual([...codes, ...OF_NODE].toSorted());
  });

  test('the table in src/README.md is ERROR_HELP', () => {
    const readme = readFileSync(new URL('../src/README.md', import.meta.url), 'utf8');
    const [, table = ''] = /<!-- errors:start -->\n([\s\S]*?)<!-- errors:end -->/.exec(readme) ?? [];
    const rows = Array.from(table.matchAll(/^\| `(ERR_\w+)` +\| (.*?) +\|$/gm), ([, code, help]) => [code, help]);
    expect(rows).toEqual(Object.entries(ERROR_HELP));
  });
});

test('asJoseError: a JoseError is itself, and whatever else was thrown is thrown on', () => {
  const error = new JoseError('ERR_JWK_INVALID', 'x');
  expect(asJoseError(error)).toBe(error);
  for (const other of [new TypeError('x'), undefined, { code: 'ERR_JWK_INVALID', message: 'x' }]) {
    let thrown: unknown;
    try {
      asJoseError(other);
    } catch (caught) {
      thrown = caught;
    }
    expect(thrown).toBe(other);
  }
});

test('withoutFrames: errors within have no frames, errors after it do', () => {
  const failing = () => {
    throw new Error('within');
  };
  const thrown = (() => {
    try {
      return withoutFrames(failing);
    } catch (error) {
      return error;
    }
  })();
  expect((thrown as Error).stack).toBe('Error: within');
  expect(new Error('after').stack).toContain('errors.test.ts');
});

describe('JoseError', () => {
  const failures = [{ claim: 'exp', reason: 'expired' }] as const;

  test('carries its code, and failures only when there are some', () => {
    const error = new JoseError('ERR_JWT_EXPIRED', 'expired', { failures });
    expect(error).toBeInstanceOf(Error);
    expect([error.name, error.code, error.message]).toEqual(['JoseError', 'ERR_JWT_EXPIRED', 'expired']);
    expect(error.failures).toBe(failures);
    expect(String(error)).toBe('JoseError: expired');
    expect(new JoseError('ERR_JWS_INVALID', 'x')).not.toHaveProperty('failures');
    expect(new JoseError('ERR_JWKS_UNAVAILABLE', 'x', { retryAfter: 5 }).retryAfter).toBe(5);
  });

  test('has no stack frames, and leaves those of other errors alone', () => {
    const limit = Error.stackTraceLimit;
    const error = new JoseError('ERR_JWS_INVALID', 'not a token');
    expect(error.stack).toBe('JoseError: not a token');
    expect(Error.stackTraceLimit).toBe(limit);
    expect(new Error('other').stack).toContain('errors.test.ts');
    expect(inspect(error)).toContain('ERR_JWS_INVALID');
  });

  test('works where Error.stackTraceLimit cannot be written', () => {
    const descriptor = Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit');
    try {
      Object.defineProperty(Error, 'stackTraceLimit', { value: 10, writable: false, configurable: true });
      expect(new JoseError('ERR_JWS_INVALID', 'x').code).toBe('ERR_JWS_INVALID');
      expect(withoutFrames(() => 'run')).toBe('run');
      expect(Error.stackTraceLimit).toBe(10);
    } finally {
      if (descriptor) Object.defineProperty(Error, 'stackTraceLimit', descriptor);
    }
  });
});
