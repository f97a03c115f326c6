// Bundle sizes: esbuild, minified, ESM, for Node, then gzip -9. A KB here is 1000 bytes.
// The target is where we want to be; the limit is where we are, and what --check holds.
//   node size.mjs [--check]
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const HERE = fileURLToPath(new URL('.', import.meta.url));

const ROWS = [
  {
    name: 'barejose verifyJwt + importJwks',
    code: "export { verifyJwt, importJwks } from '../dist/index.js'",
    target: 9500,
    limit: 14_650,
  },
  {
    name: 'barejose verifyJwt + remoteJwks',
    code: "export { verifyJwt, remoteJwks } from '../dist/index.js'",
    target: 14_000,
    limit: 21_100,
  },
  {
    name: 'barejose createKeyVerifier',
    code: "export { createKeyVerifier } from '../dist/index.js'",
    target: 10_000,
    limit: 15_300,
  },
  {
    name: 'barejose createVerifier',
    code: "export { createVerifier } from '../dist/index.js'",
    target: 17_000,
    limit: 26_900,
  },
  {
    name: 'barejose jwksEndpoint',
    code: "export { jwksEndpoint } from '../dist/index.js'",
    target: 9500,
    limit: 8800,
  },
  { name: 'barejose signJwt + importKey', code: "export { signJwt, importKey } from '../dist/index.js'" },
  { name: 'barejose verifyJwt + importKey', code: "export { verifyJwt, importKey } from '../dist/index.js'" },
  {
    name: 'barejose decryptJwe + importDecryptionKeys',
    code: "export { decryptJwe, importDecryptionKeys } from '../dist/index.js'",
    target: 7600,
    limit: 14_000,
  },
  {
    name: 'barejose decryptJwe + importKey',
    code: "export { decryptJwe, importKey } from '../dist/index.js'",
    target: 11_500,
    limit: 18_300,
  },
  {
    name: 'barejose encryptJwe + importEncryptionKeys',
    code: "export { encryptJwe, importEncryptionKeys } from '../dist/index.js'",
    limit: 13_000,
  },
  { name: 'barejose/compat/jsonwebtoken', code: "export * from '../dist/compat/jsonwebtoken.js'" },
  { name: 'barejose/compat/jwks-rsa', code: "export * from '../dist/compat/jwks-rsa.js'" },
  { name: 'barejose, the whole front door', code: "export * from '../dist/index.js'" },
  { name: 'jose jwtVerify + createLocalJWKSet', code: "export { jwtVerify, createLocalJWKSet } from 'jose'" },
  { name: 'jose jwtVerify + createRemoteJWKSet', code: "export { jwtVerify, createRemoteJWKSet } from 'jose'" },
  { name: 'jose jwtVerify', code: "export { jwtVerify } from 'jose'" },
  { name: 'jose compactDecrypt', code: "export { compactDecrypt } from 'jose'" },
  { name: 'jose, the whole front door', code: "export * from 'jose'" },
  { name: 'jsonwebtoken', code: "export { default } from 'jsonwebtoken'" },
  { name: 'jwks-rsa', code: "export { default } from 'jwks-rsa'" },
];

let missed = false;
console.log(`${'bundle'.padEnd(44)}${'minified'.padStart(10)}${'gzip -9'.padStart(10)}${'target'.padStart(10)}`);
for (const { name, code, target, limit = Number.POSITIVE_INFINITY } of ROWS) {
  const { minified, gzipped } = await sizeOf(code);
  const ok = target === undefined || gzipped <= target;
  missed ||= gzipped > limit;
  const goal = target === undefined ? '' : `≤ ${target}`;
  console.log(
    `${name.padEnd(44)}${String(minified).padStart(10)}${String(gzipped).padStart(10)}${goal.padStart(10)}  ${target === undefined ? '' : ok ? 'ok' : 'MISS'}`,
  );
}
if (missed && process.argv.includes('--check')) process.exitCode = 1;

async function sizeOf(code) {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: HERE, sourcefile: 'entry.js' },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    legalComments: 'none',
  });
  const [{ contents }] = outputFiles;
  return { minified: contents.length, gzipped: gzipSync(contents, { level: 9 }).length };
}
