// `barejose jwks fetch`: one GET for a published set; what is in it, or what a remote set would do with it.
import { fetchJwks, importJwks } from '../index.ts';
import { asUsage } from './arguments.ts';
import { type Command, command } from './command.ts';
import { json } from './json.ts';
import { tellTrace, traceOf } from './jwks-trace.ts';
import { needed, tellSkipped } from './keys.ts';
import { paintsFor, printable } from './paper.ts';
import { ISSUER_OPTION, isUrl, locate, REMOTE } from './urls.ts';
import { EXIT, KeysUnavailable, UsageError } from './world.ts';

export const jwksFetch: Command = command({
  name: 'jwks fetch',
  summary: 'fetch a published key set, or show what a cache would do with it',
  operand: { name: 'URL', help: 'of the JWK Set: https, or http on loopback' },
  options: {
    issuer: ISSUER_OPTION,
    trace: { help: 'show what `remoteJwks` would do with the answer, and why, in place of the set' },
  },
  outcome:
    'the set as it was imported, never a private member, on standard output; keys left out on standard error; ' +
    'exit code: 0 there are usable keys, 2 usage, 3 there are not',
  examples: [
    'barejose jwks fetch http://127.0.0.1:8080/jwks.json > jwks.json',
    'barejose jwks fetch --issuer http://127.0.0.1:8080 --trace',
  ],
  async run(world, given) {
    const { stdout, stderr, env } = world;
    const url = await locate(given, 'URL');
    if (!isUrl(url)) throw new UsageError('URL must be a URL; `barejose jwks lint` also takes a file');
    const document = await needed({ name: 'URL' }, () => asUsage(() => fetchJwks(url, REMOTE)));
    if (given.has('trace')) {
      const trace = await traceOf(document);
      stdout.write(given.has('json') ? `${json(trace)}\n` : tellTrace(trace, paintsFor(stdout, env)));
      return trace.status.state === 'fresh' ? EXIT.valid : EXIT.unavailable;
    }
    const keys = await needed({ name: 'URL' }, async () => importJwks(document.body));
    for (const key of keys.skipped) stderr.write(`${printable(tellSkipped(key))}\n`);
    if (keys.keys.length === 0) throw new KeysUnavailable('the set has no usable key');
    stdout.write(`${json(keys)}\n`);
    return EXIT.valid;
  },
});
