// Vendored rooms in projects of other settings than ours: they compile, run, and do what their rooms are for.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportJwk, generateKey, signJwt } from '../../src/index.ts';
import { barejose, copyPackage, HERE, makeBuiltPackage, putFiles, removePackages } from './packages.ts';

const MODULES = fileURLToPath(new URL('node_modules', HERE));
const NOW = 1_700_000_000;

/** Programs that are TypeScript and JavaScript alike. Each prints what it accepted and what it refused. */
const HEAD = `import { readFileSync } from 'node:fs';
const { token, jwks } = JSON.parse(readFileSync('given.json', 'utf8'));
const EXPECTED = { issuer: 'https://issuer.example', audience: 'api' };
const other = \`\${token.slice(0, -4)}AAAA\`;
`;
const PROGRAMS = {
  verify: `import { importJwks, JoseError, verifyJwt } from 'VENDOR';
${HEAD}
const keys = importJwks(jwks);
const said = [verifyJwt(token, keys, { ...EXPECTED, now: ${NOW} }).claims.sub];
try {
  verifyJwt(other, keys, { ...EXPECTED, now: ${NOW} });
} catch (error) {
  if (error instanceof JoseError) said.push(error.code);
}
console.log(said.join());
`,
  remote: `import { isJoseError, remoteJwks, verifyJwt } from 'VENDOR';
${HEAD}
const asked: string[] = [];
const fetch = async (url: unknown) => {
  asked.push(String(url));
  return new Response(JSON.stringify(jwks), { headers: { 'content-type': 'application/json' } });
};
const keys = remoteJwks('https://issuer.example/jwks.json', { fetch, clock: () => ${NOW} });
const said = [verifyJwt(token, await keys.for(token), { ...EXPECTED, now: ${NOW} }).claims.sub];
try {
  verifyJwt(other, await keys.for(other), { ...EXPECTED, now: ${NOW} });
} catch (error) {
  if (isJoseError(error)) said.push(error.code);
}
console.log([...said, ...asked].join());
`,
  bearer: `import { authenticate, createVerifier, importJwks } from 'VENDOR';
${HEAD}
const verifier = createVerifier({ ...EXPECTED, keys: importJwks(jwks), clock: () => ${NOW} });
const good = await authenticate(verifier, \`Bearer \${token}\`);
const bad = await authenticate(verifier, \`Bearer \${other}\`);
console.log([good.ok && good.jwt.claims.sub, !bad.ok && bad.status].join());
`,
} as const;
const ROOMS = ['verify', 'remote', 'bearer'] as const;
const REFUSED = 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED';
const SAID = {
  verify: `user-1,${REFUSED}\n`,
  remote: `user-1,${REFUSED},https://issuer.example/jwks.json\n`,
  bearer: 'user-1,401\n',
};

/** Settings that are not ours. */
const STRICT = {
  strict: true,
  target: 'es2022',
  types: ['node'],
  typeRoots: [join(MODULES, '@types')],
  noUnusedLocals: true,
  noUnusedParameters: true,
  noImplicitReturns: true,
  isolatedModules: true,
};

let given: string;
let built: URL;
const folders: string[] = [];
beforeAll(async () => {
  const key = await generateKey('ES256', { kid: 'ec-1' });
  const claims = { iss: 'https://issuer.example', aud: 'api', sub: 'user-1' };
  given = JSON.stringify({
    token: signJwt(claims, key, { expiresIn: '1h', now: NOW }),
    jwks: { keys: [exportJwk(key)] },
  });
  built = await makeBuiltPackage('0.3.0');
}, 60_000);
afterAll(() => {
  removePackages();
  for (const folder of folders) rmSync(folder, { recursive: true });
});

interface Project {
  readonly root: URL;
  readonly options: readonly string[];
  /** How a program imports the index of a room. */
  readonly index: string;
  readonly files: Readonly<Record<string, string>>;
}

/** A project with each room in a folder of its own, and its program. */
async function makeProject({ root, options, index, files }: Project): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'barejose-project-'));
  folders.push(folder);
  putFiles(folder, { 'package.json': '{"type":"module"}', 'given.json': given, ...files });
  for (const room of ROOMS) {
    const { code } = await barejose(root, 'vendor', room, '--into', join(folder, 'src', room), ...options);
    expect(code).toBe(0);
    const isTyped = 'tsconfig.json' in files;
    const program = PROGRAMS[room].replace('VENDOR', `./${room}/${index}`);
    const text = isTyped ? program : program.replaceAll(/: (?:string\[\]|unknown)/g, '');
    putFiles(folder, { [`src/main-${room}.${isTyped ? 'ts' : 'js'}`]: text });
  }
  return folder;
}

/** Runs a script, which must succeed, and returns its output. */
function node(folder: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout, stderr: '' });
  return stdout;
}

const TSC = join(MODULES, 'typescript/bin/tsc');

describe.each([
  {
    name: 'TypeScript with nodenext',
    options: [],
    index: 'index.js',
    compilerOptions: { ...STRICT, module: 'nodenext', rootDir: 'src', outDir: 'out' },
    program: async (_: string, room: string) => `out/main-${room}.js`,
  },
  {
    name: 'TypeScript with bundler, the DOM library and rolldown',
    options: ['--extensions', 'none'],
    index: 'index',
    compilerOptions: {
      ...STRICT,
      module: 'esnext',
      moduleResolution: 'bundler',
      lib: ['es2022', 'dom'],
      exactOptionalPropertyTypes: true,
      verbatimModuleSyntax: true,
      skipLibCheck: true,
      noEmit: true,
    },
    program: async (folder: string, room: string) => {
      const bundle = await rolldown({ input: join(folder, `src/main-${room}.ts`), platform: 'node' });
      await bundle.write({ file: join(folder, `out/${room}.js`) });
      await bundle.close();
      return `out/${room}.js`;
    },
  },
  {
    name: 'plain JavaScript',
    options: ['--javascript'],
    index: 'index.js',
    compilerOptions: undefined,
    program: async (_: string, room: string) => `src/main-${room}.js`,
  },
])('$name', ({ options, index, compilerOptions, program }) => {
  let folder: string;
  beforeAll(async () => {
    const settings = JSON.stringify({ compilerOptions, include: ['src'] });
    const files = compilerOptions ? { 'tsconfig.json': settings } : {};
    folder = await makeProject({ root: built, options, index, files: { ...files } });
    if (compilerOptions) node(folder, TSC, '-p', '.');
  }, 60_000);

  test.each(ROOMS)('%s does what it is for', async (room) => {
    expect(node(folder, await program(folder, room))).toBe(SAID[room]);
  });

  test.each(ROOMS)('%s is refused after one changed octet, and an update keeps that change', async (room) => {
    const into = ['--into', join(folder, 'src', room)];
    expect((await barejose(built, 'vendor', 'check', ...into)).code).toBe(0);
    const name = compilerOptions ? 'errors.ts' : 'errors.js';
    const file = join(folder, 'src', room, name);
    const text = readFileSync(file, 'utf8').replace('// ', '//!');
    writeFileSync(file, text);
    const { code, out } = await barejose(built, 'vendor', 'check', ...into);
    expect([code, out]).toEqual([1, expect.stringMatching(new RegExp(`^changed  ${name}\n[^\n]*\n$`))]);
    const update = await barejose(await makeBuiltPackage('0.3.1'), 'vendor', 'update', ...into);
    expect([update.code, update.out]).toEqual([0, expect.stringMatching(new RegExp(`^kept     ${name}:`, 'm'))]);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });
});

test('an update from an older version merges its changes with those by hand, and the room goes on working', async () => {
  const into = ['--into', join(folders[0] ?? '', 'src/older')];
  const older = copyPackage('0.2.0', {
    'errors.ts': (text) => text.replace(/$/, '\n// An older last line.\n'),
  });
  await barejose(older, 'vendor', 'verify', ...into);
  const file = join(String(into[1]), 'errors.ts');
  writeFileSync(file, `// Reviewed.\n${readFileSync(file, 'utf8')}`);
  expect((await barejose(HERE, 'vendor', 'update', ...into)).code).toBe(1);
  const { code, out } = await barejose(HERE, 'vendor', 'update', ...into, '--base', fileURLToPath(older));
  expect([code, out]).toEqual([0, expect.stringMatching(/^merged {3}errors\.ts/m)]);
  const source = readFileSync(new URL('src/errors.ts', HERE), 'utf8').replace(/\.ts';$/gm, ".js';");
  expect(readFileSync(file, 'utf8')).toBe(`// Reviewed.\n${source}`);
});
