import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readJwks, readUpTo } from '../../src/cli/fetch.ts';
import { KeysUnavailable, UsageError } from '../../src/cli/world.ts';
import { type Loopback, serve } from './server.ts';

const LIMIT = 256 * 1024;
const BODY = '{"keys":[]}';
const folder = mkdtempSync(join(tmpdir(), 'barejose-fetch-'));
const asked: IncomingMessage[] = [];
let server: Loopback;

beforeAll(async () => {
  server = await serve({
    '/good': (request, response) => {
      asked.push(request);
      response.end(BODY);
    },
    '/500': (_, response) => response.writeHead(500).end(BODY),
    '/204': (_, response) => response.writeHead(204).end(),
    '/redirect': (_, response) => response.writeHead(302, { location: '/good' }).end(BODY),
    '/limit': (_, response) => response.end('x'.repeat(LIMIT)),
    '/over': (_, response) => response.end('x'.repeat(LIMIT + 1)),
    '/endless': (_, response) => {
      const more = () => {
        while (response.write('x'.repeat(65_536)));
      };
      response.on('drain', more);
      more();
    },
    '/bomb': (_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('x'.repeat(64 * LIMIT))),
    '/latin1': (_, response) => response.end(Buffer.of(0x7b, 0xff, 0x7d)),
    '/silent': () => undefined,
    '/stalled': (_, response) => response.write('{'),
    '/torn': (request, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('{');
      request.socket.destroySoon();
    },
  });
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

const failure = (source: string, timeout?: number) =>
  readJwks(source, timeout).then(
    () => 'nothing',
    (error: unknown) => error,
  );

describe('a URL', () => {
  test('one GET, which says what it wants and carries no credentials', async () => {
    await expect(readJwks(server.url('/good'))).resolves.toBe(BODY);
    expect(asked).toHaveLength(1);
    const [{ method, headers } = {}] = asked;
    expect(method).toBe('GET');
    expect(headers?.accept).toBe('application/jwk-set+json, application/json');
    expect(headers).not.toHaveProperty('authorization');
    expect(headers).not.toHaveProperty('cookie');
  });

  test('256 KiB are read, one octet more is not', async () => {
    await expect(readJwks(server.url('/limit'))).resolves.toHaveLength(LIMIT);
    await expect(readJwks(server.url('/over'))).rejects.toThrow(/is over 256 KiB$/);
  });

  test.each([
    ['/500', /answered with status 500/],
    ['/204', /answered with status 204/],
    ['/redirect', /answered with status 302/],
    ['/endless', /is over 256 KiB$/],
    ['/bomb', /is over 256 KiB$/],
    ['/latin1', /cannot be read \(ERR_ENCODING_INVALID_ENCODED_DATA\)$/],
    ['/torn', /cannot be read \([A-Z_]+\)$/],
  ])('%s: keys unavailable', async (path, message) => {
    const error = await failure(server.url(path));
    expect(error).toBeInstanceOf(KeysUnavailable);
    expect(String(error)).toMatch(message);
  });

  test.each(['/silent', '/stalled'])('%s: the time is bounded to the last octet', async (path) => {
    const error = await failure(server.url(path), 50);
    expect(error).toBeInstanceOf(KeysUnavailable);
    expect(String(error)).toMatch(/\(no answer in time\)$/);
  });

  test('nobody there, or a port that is never asked: keys unavailable', async () => {
    const gone = await serve({});
    gone.close();
    expect(String(await failure(gone.url('/')))).toMatch(/\(ECONNREFUSED\)$/);
    expect(String(await failure('http://127.0.0.1:9/'))).toMatch(/\(no answer\)$/);
  });

  test.each([
    'http://issuer.example/jwks.json',
    'http://127.0.0.1.issuer.example/',
    'http://localhost.issuer.example/',
    'http://0.0.0.0/',
    'ftp://127.0.0.1/',
    'file:///jwks.json',
    'HTTP://issuer.example/',
    'https://user@issuer.example/',
    'https://:password@issuer.example/',
    'https://',
  ])('%s is a usage error, and nothing is sent', async (url) => {
    expect(await failure(url)).toBeInstanceOf(UsageError);
  });

  test.each(['http://localhost:1/', 'http://[::1]:1/', 'http://127.1.2.3:1/', 'http://2130706433:1/'])(
    '%s is loopback',
    async (url) => {
      expect(await failure(url)).toBeInstanceOf(KeysUnavailable);
    },
  );
});

describe('a file', () => {
  test('is read within the same limit', async () => {
    const file = join(folder, 'jwks.json');
    writeFileSync(file, BODY);
    await expect(readJwks(file)).resolves.toBe(BODY);
    writeFileSync(file, 'x'.repeat(LIMIT));
    await expect(readJwks(file)).resolves.toHaveLength(LIMIT);
    writeFileSync(file, 'x'.repeat(LIMIT + 1));
    await expect(readJwks(file)).rejects.toThrow(/is over 256 KiB$/);
  });

  test('that is not there, or a folder: keys unavailable', async () => {
    expect(String(await failure(join(folder, 'none.json')))).toMatch(/none\.json cannot be read \(ENOENT\)$/);
    expect(String(await failure(folder))).toMatch(/\(EISDIR\)$/);
  });

  test('a byte-order mark stays, for the reader of JSON to refuse', async () => {
    const file = join(folder, 'bom.json');
    writeFileSync(file, `\ufeff${BODY}`);
    await expect(readJwks(file)).resolves.toBe(`\ufeff${BODY}`);
  });
});

test('readUpTo stops the source once there is more than the limit', async () => {
  let given = 0;
  async function* source() {
    for (;;) {
      given++;
      yield Buffer.from('four');
    }
  }
  await expect(readUpTo(source(), 9)).resolves.toHaveLength(12);
  expect(given).toBe(3);
});
