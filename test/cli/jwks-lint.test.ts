// Responses that transcripts cannot show, and the output on a terminal.
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { fakeHost, type Given } from './host.ts';
import { type Loopback, serve } from './server.ts';

let server: Loopback;
beforeAll(async () => {
  server = await serve({
    '/large': (_, response) => response.end(`{"keys":[],"a":"${'x'.repeat(300_000)}"}`),
    '/latin1': (_, response) => response.end(Buffer.of(0x7b, 0xff, 0x7d)),
    '/torn': (request, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('{');
      request.socket.destroySoon();
    },
    '/hostile': (_, response) =>
      response
        .writeHead(200, { 'content-type': 'text/\u009b2J', etag: '"\u009b2J"' })
        .end('{"keys":[{"kid":"\u202e"}]}'),
    '/large/.well-known/openid-configuration': (_, response) => response.end(' '.repeat(300_000)),
  });
});
afterAll(() => server.close());

async function transcript(given: Given) {
  const { host, out, err } = fakeHost(given);
  return { code: await run(host), out: out(), err: err() };
}

describe('a response that is no key set', () => {
  test.each(['/large', '/latin1'])('%s is a finding of lint, and an error of fetch', async (path) => {
    const { code, out, err } = await transcript({ argv: ['jwks', 'lint', server.url(path)] });
    expect([code, err]).toEqual([1, '']);
    expect(out).toMatch(
      /^error {4}remoteJwks cannot read it: the document is (over 262144 octets \(maxBytes\)|not UTF-8)\n/,
    );
    expect(await transcript({ argv: ['jwks', 'fetch', server.url(path)] })).toMatchObject({ code: 3, out: '' });
  });

  test('an incomplete response is an error of both', async () => {
    for (const verb of ['lint', 'fetch'])
      expect(await transcript({ argv: ['jwks', verb, server.url('/torn')] })).toMatchObject({ code: 3, out: '' });
  });

  test('metadata that is too large is an error', async () => {
    const argv = ['jwks', 'lint', '--issuer', server.url('/large')];
    expect(await transcript({ argv })).toMatchObject({ code: 3, out: '' });
  });
});

test.each([['lint'], ['fetch', '--trace'], ['fetch']])(
  'the response cannot control the terminal: %s',
  async (...verb) => {
    const [first = '', ...more] = verb;
    const { out, err } = await transcript({ argv: ['jwks', first, server.url('/hostile'), ...more] });
    expect(out + err).toMatch(/^[ -~\n§✓]*$/);
  },
);

test('on a terminal: colours, and lines within its width', async () => {
  const given = { argv: ['jwks', 'lint', server.url('/hostile')], terminal: true, columns: 70 };
  const { out } = await transcript(given);
  expect(out.startsWith('\u001b[31merror    \u001b[39m')).toBe(true);
  for (const line of stripVTControlCharacters(out).split('\n')) expect(line.length, line).toBeLessThanOrEqual(70);
  expect((await transcript({ ...given, env: { NO_COLOR: '1' } })).out).not.toContain('\u001b');
});
