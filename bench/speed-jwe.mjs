// Speed of encryption and decryption of the built package (../dist), against bare node:crypto and jose, all in one process.
//   node speed-jwe.mjs [--quick] [--check] [--only decrypt|encrypt|size] [--kind ECDH]
import * as crypto from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { CompactEncrypt, compactDecrypt, importJWK } from 'jose';
import { decryptJwe, encryptJwe, importKey, importPassword, importSecret } from '../dist/index.js';
import { decryptionFloors, encryptionFloors } from './floors-jwe.mjs';
import { fastest, measure, Report, ratio, time } from './measure.mjs';

const args = process.argv.slice(2);
const option = (name) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
const quick = args.includes('--quick');
const only = option('--only');
const PACE = quick ? { rounds: 21, ms: 1, warm: 60 } : { rounds: 101, ms: 1, warm: 250 };
const KIB = 1024;
/** So many messages with different plaintexts are decrypted in turn. */
const MESSAGES = 16;
const ITERATIONS = 2048;

const SYMMETRIC = { decrypt: 1.3, encrypt: 1.25, jose: 1 / 5 };
const PUBLIC = { decrypt: 1.1, encrypt: 1.1, jose: 1 / 1.8 };
const LARGE = 1.15;

const KINDS = [
  { alg: 'dir', enc: 'A256GCM', goals: { ...SYMMETRIC, decrypt: 1.6 } },
  { alg: 'dir', enc: 'A128CBC-HS256', goals: { ...SYMMETRIC, decrypt: 1.7 } },
  { alg: 'A256KW', enc: 'A256GCM', goals: SYMMETRIC },
  { alg: 'A256GCMKW', enc: 'A256GCM', goals: SYMMETRIC },
  { alg: 'RSA-OAEP-256', enc: 'A256GCM', pair: ['rsa', { modulusLength: 2048 }], goals: PUBLIC },
  { alg: 'ECDH-ES', enc: 'A256GCM', pair: ['ec', { namedCurve: 'P-256' }], goals: PUBLIC },
  { alg: 'ECDH-ES+A256KW', enc: 'A256GCM', pair: ['ec', { namedCurve: 'P-256' }], goals: PUBLIC },
  { alg: 'ECDH-ES+A256KW', enc: 'A256GCM', pair: ['x25519', {}], goals: PUBLIC },
  { alg: 'PBES2-HS256+A128KW', enc: 'A256GCM', goals: { decrypt: 1.15, encrypt: 1.15, jose: 1 } },
];

const report = new Report();
const results = { node: process.version, rows: {} };
const chosen = KINDS.map(withKeys).filter(({ name }) => name.includes(option('--kind') ?? ''));
for (const kind of chosen) {
  for (const size of [KIB, KIB * KIB]) {
    if (!only || only === 'decrypt') await decryption(kind, size);
    if (!only || only === 'encrypt') await encryption(kind, size);
  }
}
if (!only || only === 'size') await linear(withKeys(KINDS[0]));
if (!quick && !only && !args.includes('--kind')) {
  const directory = new URL('results/', import.meta.url);
  mkdirSync(directory, { recursive: true });
  const file = new URL(`speed-jwe-node${process.versions.node.split('.')[0]}.json`, directory);
  writeFileSync(file, `${JSON.stringify({ ...results, checks: report.checks }, null, 2)}\n`);
}
report.finish(args.includes('--check'));

/** A kind of key in the forms that each candidate wants. */
function withKeys({ alg, enc, pair, goals }) {
  const name = `${alg}${pair ? ` ${pair[1].namedCurve ?? pair[0]}` : ''} ${enc}`;
  if (!pair) {
    const secret = crypto.randomBytes(32);
    const ours = alg.startsWith('PBES2')
      ? importPassword(secret, { alg, iterations: ITERATIONS })
      : importSecret(secret, { alg, ...(alg === 'dir' && { enc }) });
    const joseKeys = joseSecret(alg, enc, secret).then((key) => ({ encrypting: key, decrypting: key }));
    const keys = { secret, password: secret, iterations: ITERATIONS };
    return { name, alg, enc, goals, ...keys, encrypting: ours, decrypting: ours, joseKeys };
  }
  const der = crypto.generateKeyPairSync(pair[0], {
    ...pair[1],
    publicKeyEncoding: { format: 'der', type: 'spki' },
    privateKeyEncoding: { format: 'der', type: 'pkcs8' },
  });
  const privateKey = crypto.createPrivateKey({ key: der.privateKey, format: 'der', type: 'pkcs8' });
  const publicKey = crypto.createPublicKey({ key: der.publicKey, format: 'der', type: 'spki' });
  const ours = { encrypting: importKey(publicKey, { alg }), decrypting: importKey(privateKey, { alg }) };
  const joseKeys = Promise.all(
    [publicKey, privateKey].map((key) => importJWK(key.export({ format: 'jwk' }), alg)),
  ).then(([encrypting, decrypting]) => ({ encrypting, decrypting }));
  return { name, alg, enc, goals, privateKey, publicKey, ...ours, joseKeys };
}

/** jose's own best: a CryptoKey imported beforehand, where it takes one. */
async function joseSecret(alg, enc, secret) {
  if (alg === 'A256KW') return crypto.subtle.importKey('raw', secret, 'AES-KW', false, ['wrapKey', 'unwrapKey']);
  if (alg.startsWith('PBES2') || enc !== 'A256GCM') return secret;
  return crypto.subtle.importKey('raw', secret, 'AES-GCM', false, ['encrypt', 'decrypt']);
}

function plaintextOf(size, i = 0) {
  return new Uint8Array(size).map((_, at) => at + i);
}

/** The parts of a token as the floors want them. */
function partsOf(token) {
  const [encoded, encryptedKey, iv, text, tag] = token.split('.');
  const header = JSON.parse(Buffer.from(encoded, 'base64url'));
  const octets = (part) => Buffer.from(part, 'base64url');
  const spki =
    header.epk && crypto.createPublicKey({ key: header.epk, format: 'jwk' }).export({ format: 'der', type: 'spki' });
  return {
    header,
    spki,
    encryptedKey: octets(encryptedKey),
    iv: octets(iv),
    text,
    tag: octets(tag),
    aad: Buffer.from(encoded),
  };
}

async function decryption(kind, size) {
  const { name, alg, enc, goals, encrypting, decrypting } = kind;
  const large = size > KIB;
  const tokens = Array.from({ length: large ? 2 : MESSAGES }, (_, i) =>
    encryptJwe(plaintextOf(size, i), encrypting, { enc }),
  );
  const token = (i) => tokens[i % tokens.length];
  const floors = decryptionFloors(kind, tokens.map(partsOf));
  const options = large ? { maxLength: 2 * size } : undefined;
  const { decrypting: joseKey } = await kind.joseKeys;
  const joseOptions = { keyManagementAlgorithms: [alg] };
  const candidates = {
    ...floors,
    barejose: (i) => decryptJwe(token(i), decrypting, options).plaintext,
    jose: {
      call: async (i) => (await compactDecrypt(token(i), joseKey, joseOptions)).plaintext,
      asynchronous: true,
    },
  };
  for (const [who, candidate] of Object.entries(candidates)) await prove(`${who} ${name}`, candidate, size);
  tell(`Decrypt ${name}, ${sizeName(size)}`, await measure(candidates, paceOf(size)), {
    floors: Object.keys(floors),
    target: large ? LARGE : goals.decrypt,
    jose: large ? 1 : goals.jose,
  });
}

async function encryption(kind, size) {
  const { name, alg, enc, goals, encrypting, decrypting } = kind;
  const large = size > KIB;
  const plaintext = plaintextOf(size);
  const { encrypting: joseKey } = await kind.joseKeys;
  const header = { alg, enc };
  const byJose = () => {
    const message = new CompactEncrypt(plaintext).setProtectedHeader(header);
    if (alg.startsWith('PBES2')) message.setKeyManagementParameters({ p2c: ITERATIONS });
    return message.encrypt(joseKey);
  };
  const sample = encryptJwe(plaintext, encrypting, { enc });
  for (const token of [sample, await byJose()])
    if (decryptJwe(token, decrypting, { maxLength: 2 * size + 4 * KIB }).plaintext.length !== size)
      throw new Error(`${name}: what was encrypted does not decrypt`);
  const floors = encryptionFloors(kind, plaintext, partsOf(sample).aad);
  const candidates = {
    ...floors,
    barejose: () => encryptJwe(plaintext, encrypting, { enc }),
    jose: { call: byJose, asynchronous: true },
  };
  tell(`Encrypt ${name}, ${sizeName(size)}`, await measure(candidates, paceOf(size)), {
    floors: Object.keys(floors),
    target: large ? LARGE : goals.encrypt,
    jose: large ? 1 : goals.jose,
  });
}

/** A candidate is measured only once it has proved that it decrypts. */
async function prove(name, candidate, size) {
  const plaintext = await (candidate.call && candidate.asynchronous ? candidate.call(1) : candidate(1));
  if (!Buffer.from(plaintext).equals(Buffer.from(plaintextOf(size, 1)))) throw new Error(`${name} does not decrypt`);
}

function tell(title, measured, { floors, target, jose }) {
  const form = fastest(measured, floors);
  report.title(`${title}  (${form})`);
  row(`${title}`, measured.barejose, measured[form], target);
  row(`${title} : jose`, measured.barejose, measured.jose, jose);
  const figures = Object.fromEntries(
    ['barejose', 'jose'].map((who) => [who, { ns: measured[who].median, ratio: ratio(measured[who], measured[form]) }]),
  );
  results.rows[title] = { form, floor: measured[form].median, ...figures };
}

function row(name, mine, floor, target) {
  report.line({ row: name, ours: mine.median, floor: floor.median, ratio: ratio(mine, floor), target });
}

function paceOf(size) {
  return size > KIB ? { ...PACE, rounds: Math.ceil(PACE.rounds / 3) } : PACE;
}

function sizeName(size) {
  return size > KIB ? `${size / KIB / KIB} MiB` : `${size / KIB} KiB`;
}

/** From 1 KiB to 1 MiB: a reader or writer whose cost is not linear moves away from its floor. */
async function linear(kind) {
  const { encrypting, decrypting } = kind;
  report.title(`Growing size, ${kind.name}; the cost per KiB stands in the row`);
  for (const size of [1, 16, 64, 256, 1024].map((kib) => kib * KIB)) {
    const plaintext = plaintextOf(size);
    const token = encryptJwe(plaintext, encrypting);
    const parts = partsOf(token);
    const [decryptFloor] = Object.values(decryptionFloors(kind, [parts]));
    const [encryptFloor] = Object.values(encryptionFloors(kind, plaintext, parts.aad));
    const measured = await measure(
      {
        decryptFloor,
        encryptFloor,
        decryptJwe: () => decryptJwe(token, decrypting, { maxLength: 2 * size + KIB }),
        encryptJwe: () => encryptJwe(plaintext, encrypting),
      },
      paceOf(size),
    );
    for (const verb of ['decrypt', 'encrypt']) {
      const mine = measured[`${verb}Jwe`];
      const name = `${verb} ${size / KIB} KiB (${time((KIB * mine.median) / size)} per KiB)`;
      row(name, mine, measured[`${verb}Floor`], size < 64 * KIB ? undefined : LARGE);
    }
  }
}
