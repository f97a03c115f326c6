// The adapter of jwks-rsa in the frameworks that its providers are for: real express-jwt, koa-jwt, passport-jwt and hapi-auth-jwt2
// on loopback, with an issuer on loopback, asked with good and bad tokens. First the adapter beside the original jsonwebtoken,
// which the frameworks bring; then, in a project of its own, with the two packages of .ci/aliases.mjs in the place of the
// originals wherever they are required, installed from their tarballs.
//   node compat-demos.mjs
import { execFileSync, spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exportJwk, exportPem, generateKey, signJwt } from '../dist/index.js';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const COMPILER = join(HERE, '../node_modules/typescript/bin/tsc');
const ISSUER = 'https://issuer.example';
const AUDIENCE = 'api';
const FRAMEWORKS = [
  'express',
  'express-jwt',
  'koa',
  'koa-jwt',
  'passport',
  'passport-jwt',
  '@hapi/hapi',
  'hapi-auth-jwt2',
];

// ── the issuer ───────────────────────────────────────────────────────────────────────────────────────────────────────────

const key = await generateKey('RS256', { kid: 'k1' });
const stranger = await generateKey('RS256', { kid: 'k1' });
const unknown = await generateKey('RS256', { kid: 'k2' });
const published = JSON.stringify({ keys: [exportJwk(key)] });
let requests = 0;
const issuer = await listen(
  http.createServer((_request, response) => {
    requests++;
    response.end(published);
  }),
);
const jwksUri = `${issuer.url}/jwks`;

const claims = { iss: ISSUER, aud: AUDIENCE, sub: 'user' };
const signed = (by, more = {}) => signJwt({ ...claims, ...more }, by, { expiresIn: '1h' });
/** HMAC over the public key as text, by which libraries are confused that take it for a secret. */
function confused() {
  const [, payload] = signed(key).split('.');
  const input = `${Buffer.from('{"alg":"HS256","typ":"JWT","kid":"k1"}').toString('base64url')}.${payload}`;
  return `${input}.${createHmac('sha256', exportPem(key)).update(input).digest('base64url')}`;
}
const unsigned = `${Buffer.from('{"alg":"none","kid":"k1"}').toString('base64url')}.${signed(key).split('.')[1]}.`;
const TOKENS = {
  good: signed(key),
  'good again': signed(key, { n: 2 }),
  forged: signed(stranger),
  expired: signJwt(claims, key, { expiresIn: '1h', now: new Date(Date.now() - 2 * 3_600_000) }),
  'of another audience': signed(key, { aud: 'other' }),
  'of another issuer': signed(key, { iss: 'https://other.example' }),
  'of an unknown kid': signed(unknown),
  'by HMAC': confused(),
  unsigned,
  none: 'a.b.c',
};

// ── the four frameworks ──────────────────────────────────────────────────────────────────────────────────────────────────

const SERVICES = {
  'express-jwt': (load, jwksRsa) => {
    const app = load('express')();
    const { expressjwt } = load('express-jwt');
    const secret = jwksRsa.expressJwtSecret({ jwksUri, cache: true, rateLimit: true, jwksRequestsPerMinute: 5 });
    app.use(expressjwt({ secret, audience: AUDIENCE, issuer: ISSUER, algorithms: ['RS256'] }));
    app.get('/', (request, response) => response.json({ sub: request.auth.sub }));
    app.use((error, _request, response, _next) => response.status(error.status ?? 500).end());
    return listen(http.createServer(app));
  },
  'koa-jwt': (load, jwksRsa) => {
    const app = new (load('koa'))();
    const secret = jwksRsa.koaJwtSecret({ jwksUri, cache: true, cacheMaxEntries: 5, cacheMaxAge: 36_000_000 });
    app.use(load('koa-jwt')({ secret, audience: AUDIENCE, issuer: ISSUER, algorithms: ['RS256'] }));
    app.use((context) => {
      context.body = { sub: context.state.user.sub };
    });
    return listen(http.createServer(app.callback()));
  },
  'passport-jwt': (load, jwksRsa) => {
    const app = load('express')();
    const { Passport } = load('passport');
    const { ExtractJwt, Strategy } = load('passport-jwt');
    const passport = new Passport();
    const options = {
      secretOrKeyProvider: jwksRsa.passportJwtSecret({ jwksUri, cache: true }),
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      audience: AUDIENCE,
      issuer: ISSUER,
      algorithms: ['RS256'],
    };
    passport.use(new Strategy(options, (payload, done) => done(null, { sub: payload.sub })));
    app.use(passport.authenticate('jwt', { session: false }));
    app.get('/', (request, response) => response.json(request.user));
    return listen(http.createServer(app));
  },
  'hapi-auth-jwt2': async (load, jwksRsa) => {
    const server = load('@hapi/hapi').server({ host: '127.0.0.1', port: 0 });
    await server.register(load('hapi-auth-jwt2'));
    server.auth.strategy('jwt', 'jwt', {
      complete: true,
      key: jwksRsa.hapiJwt2KeyAsync({ jwksUri, cache: true, rateLimit: true, jwksRequestsPerMinute: 5 }),
      verifyOptions: { audience: AUDIENCE, issuer: ISSUER, algorithms: ['RS256'] },
      validate: ({ sub }) => ({ isValid: true, credentials: { sub } }),
    });
    server.auth.default('jwt');
    server.route({ method: 'GET', path: '/', handler: ({ auth }) => ({ sub: auth.credentials.sub }) });
    await server.start();
    return { url: server.info.uri, close: () => server.stop() };
  },
};

// ── the run ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

let failures = 0;
function check(isGood, what) {
  if (isGood) return;
  failures++;
  console.log(`✗ ${what}`);
}

/** The status for each token, in each framework; a good token must be accepted, and no other one. */
async function statusesWith(title, load, jwksRsa) {
  const statuses = {};
  for (const [name, start] of Object.entries(SERVICES)) {
    requests = 0;
    const { url, close } = await start(load, jwksRsa);
    for (const [what, token] of Object.entries(TOKENS)) {
      const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
      const body = await response.text();
      statuses[`${name}, ${what}`] = response.status;
      const isAccepted = response.status === 200 && body === '{"sub":"user"}';
      check(isAccepted === what.startsWith('good'), `${title}, ${name}: a token that is ${what}: ${response.status}`);
    }
    // The first look-up asks, and that of the unknown kid.
    check(requests === 2, `${title}, ${name}: ${requests} requests to the issuer, not 2`);
    await close();
  }
  return statuses;
}

/** Compares with the statuses that the originals lead to. */
async function compare(title, load, jwksRsa) {
  const statuses = await statusesWith(title, load, jwksRsa);
  for (const [what, status] of Object.entries(statuses))
    check(status === expected[what], `${title}, ${what}: status ${status}, and ${expected[what]} with the originals`);
  console.log(`${title}: ${Object.keys(statuses).length} requests to ${Object.keys(SERVICES).length} services`);
}

const own = createRequire(import.meta.url);
const expected = await statusesWith('the originals', own, own('jwks-rsa'));
await compare('jwks-rsa of barejose beside jsonwebtoken', own, own('../dist/compat/jwks-rsa.cjs'));

const app = mkdtempSync(join(tmpdir(), 'barejose-aliases-'));
try {
  install(app);
  const load = createRequire(join(app, 'index.js'));
  for (const framework of ['express-jwt', 'koa-jwt', 'passport-jwt', 'hapi-auth-jwt2']) {
    const jsonwebtoken = createRequire(load.resolve(framework))('jsonwebtoken');
    check(jsonwebtoken === load('barejose/compat/jsonwebtoken'), `${framework} requires another jsonwebtoken`);
  }
  check(load('jwks-rsa') === load('barejose/compat/jwks-rsa'), 'jwks-rsa is another one');
  check(typeof load('jwks-rsa') === 'function', 'jwks-rsa is no function');
  compile(app);
  for (const gone of ['jws', 'jwa', 'lodash.includes', 'jose', 'lru-memoizer'])
    check(!existsSync(join(app, 'node_modules', gone)), `${gone} of the originals is still installed`);
  await compare('both of barejose in the place of the originals', load, load('jwks-rsa'));
} finally {
  rmSync(app, { recursive: true });
}
await issuer.close();
console.log(failures === 0 ? 'all as they should be' : `${failures} failures`);
if (failures > 0) process.exitCode = 1;

/** Installs the frameworks, barejose and its two packages in the place of the originals, all three from tarballs. */
function install(folder) {
  const run = (file, args, cwd) =>
    execFileSync(file, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  const pack = (from) => {
    const target = join(folder, 'tarballs');
    mkdirSync(target, { recursive: true });
    const before = readdirSync(target);
    run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', target], from);
    return `file:./tarballs/${readdirSync(target).find((name) => !before.includes(name))}`;
  };
  run(process.execPath, [join(HERE, '../.ci/aliases.mjs'), join(folder, 'aliases')], HERE);
  const { devDependencies } = JSON.parse(readFileSync(join(HERE, 'package.json'), 'utf8'));
  const own = {
    barejose: pack(join(HERE, '..')),
    jsonwebtoken: pack(join(folder, 'aliases/jsonwebtoken')),
    'jwks-rsa': pack(join(folder, 'aliases/jwks-rsa')),
  };
  const frameworks = FRAMEWORKS.map((name) => [name, devDependencies[name]]);
  const manifest = {
    private: true,
    dependencies: { ...own, ...Object.fromEntries(frameworks) },
    overrides: { jsonwebtoken: '$jsonwebtoken', 'jwks-rsa': '$jwks-rsa', barejose: '$barejose' },
  };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--silent'], folder);
}

/** Compiles the programs of compat-types.mjs with the declarations of the two packages: one does, each line of the other not. */
function compile(folder) {
  const types = ['--types', 'node', '--typeRoots', join(HERE, '../node_modules/@types')];
  const options = ['--module', 'nodenext', '--strict', '--noEmit', '--skipLibCheck', ...types];
  const errorsOf = (program) => {
    copyFileSync(join(HERE, 'compat-types', program), join(folder, program));
    const { stdout } = spawnSync(process.execPath, [COMPILER, ...options, program], { cwd: folder, encoding: 'utf8' });
    return stdout.match(/: error TS.*/g) ?? [];
  };
  const errors = errorsOf('program.ts');
  check(errors.length === 0, `a program of TypeScript does not compile in their place: ${errors.join('\n')}`);
  const marks = readFileSync(join(HERE, 'compat-types/mistakes.ts'), 'utf8').match(/\/\/ must not compile$/gm);
  check(errorsOf('mistakes.ts').length === marks.length, 'mistakes of TypeScript compile in their place');
}

async function listen(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    server.closeAllConnections();
    return new Promise((done) => server.close(done));
  };
  return { url: `http://127.0.0.1:${server.address().port}`, close };
}
