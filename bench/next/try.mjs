// node try.mjs TARBALL: the packed package in an app of Next.js, built and started: a route handler that guards itself, and one
// behind the proxy, both on the Node.js runtime, asked with good and bad tokens of every algorithm. About a minute.

import { strict as assert } from 'node:assert';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startIssuer } from '../runtimes/issuer.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const target = join(here, 'node_modules/barejose');
rmSync(target, { recursive: true, force: true });
mkdirSync(target);
execFileSync('tar', ['-xzf', resolve(process.argv[2]), '-C', target, '--strip-components=1']);

const next = join(here, 'node_modules/next/dist/bin/next');
const issuer = await startIssuer();
const options = { cwd: here, env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1', ISSUER: issuer.issuer } };
execFileSync(process.execPath, [next, 'build'], { ...options, stdio: ['ignore', 'ignore', 'inherit'] });
const app = spawn(process.execPath, [next, 'start', '-H', '127.0.0.1', '-p', '0'], {
  ...options,
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  const url = await urlSaid(app.stdout);
  for (const path of ['/api/orders', '/api/guarded']) console.log(`✓ ${path}: ${await judge(url + path)} requests`);
} finally {
  app.kill();
  issuer.close();
}

async function urlSaid(stream) {
  let said = '';
  for await (const chunk of stream) {
    said += chunk;
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
    if (url && said.includes('Ready')) return url;
  }
  throw new Error(`next start ended before it listened: ${said}`);
}

/** @returns how many requests were asked */
async function judge(url) {
  let requests = 0;
  const ask = (headers) => {
    requests++;
    return fetch(url, { headers });
  };
  for (const { alg, good, bad } of issuer.tokens) {
    // Whose token it is, the proxy says, whatever the client says.
    const answer = await ask({ authorization: `Bearer ${good}`, 'x-sub': 'user-2' });
    assert.equal(answer.status, 200, `a good token of ${alg}`);
    assert.deepEqual(await answer.json(), { sub: 'user-1' });
    for (const [i, token] of bad.entries())
      assert.equal((await ask({ authorization: `Bearer ${token}` })).status, 401, `bad token ${i} of ${alg}`);
  }
  assert.equal((await ask({})).status, 401, 'no token');
  assert.equal((await ask({ 'x-sub': 'user-1' })).status, 401, 'no token, but what the proxy tells the route');
  return requests;
}
