// Encrypted messages of the peers are read here, and ours there: every alg on every kind of key with every enc that both sides have.
//   node interop-jwe.mjs
// jose and node-jose run in this process, jwcrypto and Authlib in a Python of Debian's packages, where it is there.
import * as jose from 'jose';
import nodeJose from 'node-jose';
import {
  CONTENT_ENCRYPTIONS,
  decryptJwe,
  decryptJweJson,
  encryptJwe,
  encryptJweJson,
  exportJwk,
  exportPrivateJwk,
  generateKey,
  importKey,
  importPassword,
  isAlgorithmSupported,
  KEY_MANAGEMENT_ALGORITHMS,
  signJwt,
  verifyJwt,
} from '../dist/index.js';
import { AUDIENCE, ISSUER } from './fixtures.mjs';
import { startPython } from './python.mjs';
import { versionOf } from './versions.mjs';

const PLAINTEXT = new Uint8Array(300).map((_, i) => i);
const PASSWORD = 'correct horse battery staple ✓';
const CURVES = ['P-256', 'P-384', 'P-521', 'X25519', 'X448'];
const FORMS = ['compact', 'flattened', 'general'];

// ── the keys: one for each algorithm on each kind of key ────────────────────────────────────────────────────────────

/** A key of ours in the forms that a peer may want; `enc` where it is for one only. */
function kindOf(key, { crv, enc } = {}) {
  const jwk = key.alg.startsWith('PBES2')
    ? { kty: 'oct', k: Buffer.from(PASSWORD).toString('base64url') }
    : bare(exportPrivateJwk(key));
  const publicJwk = key.type === 'private' ? bare(exportJwk(key)) : jwk;
  const encrypting = key.type === 'private' ? key.publicKey() : key;
  return { name: `${key.alg}${crv ? ` on ${crv}` : ''}`, alg: key.alg, crv, enc, key, encrypting, jwk, publicJwk };
}

/** The members that make a key, and the kid. */
function bare({ alg, use, key_ops, ...members }) {
  return members;
}

async function kindsOf(alg) {
  const many = async (options) => Promise.all(options.map(async (each) => kindOf(await generateKey(alg, each), each)));
  if (alg.startsWith('PBES2')) return [kindOf(importPassword(PASSWORD, { alg, iterations: 2048 }))];
  if (alg === 'dir') return many(CONTENT_ENCRYPTIONS.map((enc) => ({ enc })));
  if (alg.startsWith('ECDH')) return many(CURVES.map((crv) => ({ crv })));
  return many([{}]);
}

const kinds = (await Promise.all(KEY_MANAGEMENT_ALGORITHMS.filter(isAlgorithmSupported).map(kindsOf))).flat();
const second = kinds.find(({ alg }) => alg === 'A256KW');
const isDirect = ({ alg }) => alg === 'dir' || alg === 'ECDH-ES';

// ── the peers: what each one has, and how it encrypts and decrypts a job { form, kinds, enc } ───────────────────────

const secretOf = ({ jwk }) => Buffer.from(jwk.k, 'base64url');
const joseKey = (kind, jwk) => (jwk.kty === 'oct' ? secretOf(kind) : jose.importJWK(jwk, kind.alg));

const byJose = {
  version: versionOf('jose'),
  has: ({ crv }) => crv !== 'X448',
  forms: FORMS,
  severalRecipients: true,
  async encrypt({ form, kinds: [kind, ...others], enc }) {
    const key = await joseKey(kind, kind.publicJwk);
    const header = { alg: kind.alg, enc };
    if (form === 'compact') return new jose.CompactEncrypt(PLAINTEXT).setProtectedHeader(header).encrypt(key);
    if (form === 'flattened') return new jose.FlattenedEncrypt(PLAINTEXT).setProtectedHeader(header).encrypt(key);
    const message = new jose.GeneralEncrypt(PLAINTEXT).setProtectedHeader(others.length ? { enc } : header);
    if (!others.length) return message.addRecipient(key).done().encrypt();
    for (const each of [kind, ...others])
      message.addRecipient(await joseKey(each, each.publicJwk)).setUnprotectedHeader({ alg: each.alg });
    return message.encrypt();
  },
  async decrypt({ form, kinds: [kind] }, message) {
    const decrypt = { compact: jose.compactDecrypt, flattened: jose.flattenedDecrypt, general: jose.generalDecrypt }[
      form
    ];
    const options = { keyManagementAlgorithms: [kind.alg] };
    return (await decrypt(message, await joseKey(kind, kind.jwk), options)).plaintext;
  },
};

const byNodeJose = {
  version: versionOf('node-jose'),
  // Its Concat KDF comes to 256 bits at most.
  has: ({ alg, crv }, _, enc) =>
    !/^RSA-OAEP-(384|512)$/.test(alg) && !crv?.startsWith('X') && !(alg === 'ECDH-ES' && /384|512/.test(enc)),
  forms: FORMS,
  severalRecipients: true,
  async encrypt({ form, kinds: all, enc }) {
    const recipients = await Promise.all(
      all.map(async (kind) => ({ key: await nodeJose.JWK.asKey(kind.publicJwk), header: { alg: kind.alg } })),
    );
    const protect = all.length > 1 ? ['enc'] : '*';
    return nodeJose.JWE.createEncrypt({ format: form, contentAlg: enc, protect, fields: { enc } }, recipients)
      .update(Buffer.from(PLAINTEXT))
      .final();
  },
  async decrypt({ kinds: [kind] }, message) {
    const key = await nodeJose.JWK.asKey(kind.jwk);
    return (await nodeJose.JWE.createDecrypt(key, { algorithms: ['*'] }).decrypt(message)).plaintext;
  },
};

const python = startPython('jwcrypto, authlib', 'interop-jwe.py');
const pythonVersions = await python?.versions;

function byPython(peer, abilities) {
  return {
    version: pythonVersions[peer],
    ...abilities,
    async encrypt({ form, kinds: all, enc }) {
      const keys = all.map(({ publicJwk }) => publicJwk);
      const algs = all.map(({ alg }) => alg);
      const plaintext = Buffer.from(PLAINTEXT).toString('base64');
      return (await python.ask({ peer, form, algs, enc, keys, plaintext })).message;
    },
    async decrypt({ form, kinds: [{ jwk }] }, message) {
      return Buffer.from((await python.ask({ peer, form, keys: [jwk], message })).plaintext, 'base64');
    },
  };
}

const peers = {
  jose: byJose,
  'node-jose': byNodeJose,
  ...(python && {
    jwcrypto: byPython('jwcrypto', {
      has: ({ alg }) => !/^RSA-OAEP-(384|512)$/.test(alg),
      forms: FORMS,
      severalRecipients: true,
    }),
    // Its JSON is the general form, with one alg for all recipients and an encrypted key for each.
    Authlib: byPython('Authlib', {
      has: ({ alg }, form) =>
        !/^RSA-OAEP-(384|512)$|^PBES2/.test(alg) && (form === 'compact' || !/^(dir|ECDH-ES)$/.test(alg)),
      forms: ['compact', 'general'],
      severalRecipients: false,
    }),
  }),
};

// ── the exchanges ───────────────────────────────────────────────────────────────────────────────────────────────────

const table = {};
const failures = [];

async function exchange(peer, column, what, run) {
  table[peer] ??= {};
  table[peer][column] ??= { tried: 0, read: 0, malformed: 0 };
  const cell = table[peer][column];
  cell.tried++;
  try {
    if (!Buffer.from(PLAINTEXT).equals(Buffer.from(await run()))) throw new Error('read, but not the same');
    cell.read++;
  } catch (error) {
    if (error === MALFORMED) cell.malformed++;
    else failures.push(`${peer}, ${column}, ${what}: ${error?.message ?? error}`);
  }
}

function encryptHere({ form, kinds: all, enc }) {
  if (form === 'compact') return encryptJwe(PLAINTEXT, all[0].encrypting, { enc });
  return encryptJweJson(
    PLAINTEXT,
    all.map(({ encrypting: key }) => ({ key })),
    { enc, flattened: form === 'flattened' },
  );
}

function decryptHere({ form, kinds: [{ key }] }, message) {
  try {
    return (form === 'compact' ? decryptJwe(message, key) : decryptJweJson(message, key)).plaintext;
  } catch (error) {
    throw error.code === 'ERR_JWE_INVALID' && hasShortPoint(message) ? MALFORMED : error;
  }
}

/** Thrown for a message that is refused as RFC 7518 §6.2.1.2 demands: it leaves out the leading zeros of a coordinate. */
const MALFORMED = new Error('malformed');
const COORDINATES = { 'P-256': 43, 'P-384': 64, 'P-521': 88 };

function hasShortPoint(message) {
  const encoded = typeof message === 'string' ? message.split('.')[0] : message.protected;
  const { epk } = JSON.parse(Buffer.from(encoded, 'base64url'));
  return [epk?.x, epk?.y].some((coordinate) => coordinate?.length < COORDINATES[epk.crv]);
}

for (const [peer, { has, forms, severalRecipients, encrypt, decrypt }] of Object.entries(peers)) {
  for (const form of forms) {
    for (const kind of kinds) {
      const encs = form === 'compact' ? CONTENT_ENCRYPTIONS : ['A256GCM', 'A128CBC-HS256'];
      for (const enc of (kind.enc ? [kind.enc] : encs).filter((each) => has(kind, form, each))) {
        const recipients = form === 'general' && severalRecipients && !isDirect(kind) ? [kind, second] : [kind];
        const job = { form, kinds: recipients, enc };
        const what = `${kind.name} with ${enc}`;
        await exchange(peer, `${form}, read here`, what, async () => decryptHere(job, await encrypt(job)));
        await exchange(peer, `${form}, read there`, what, async () => decrypt(job, encryptHere(job)));
      }
    }
  }
}
await keysOfJose();
await nested();
python?.end();

/** Keys that jose made: imported here, they open what jose encrypted to them. */
async function keysOfJose() {
  for (const { alg, crv, name } of kinds.filter(({ alg: a, crv: c }) => /^(RSA|ECDH)/.test(a) && c !== 'X448')) {
    await exchange('jose', 'keys made there', name, async () => {
      const pair = await jose.generateKeyPair(alg, { crv, extractable: true });
      const encrypted = new jose.CompactEncrypt(PLAINTEXT).setProtectedHeader({ alg, enc: 'A256GCM' });
      const token = await encrypted.encrypt(pair.publicKey);
      const keys = [await jose.exportJWK(pair.privateKey), await jose.exportPKCS8(pair.privateKey)];
      const opened = keys.map((key) => decryptJwe(token, importKey(key, { alg })).plaintext);
      return opened.every((each) => Buffer.from(each).equals(Buffer.from(PLAINTEXT))) ? PLAINTEXT : [];
    });
  }
}

/** A JWT signed by one side and encrypted by it, read by the other (RFC 7519 §5.2). */
async function nested() {
  const signing = await generateKey('ES256', { kid: 'signing' });
  const [joseSigning, joseVerifying] = await Promise.all(
    [exportPrivateJwk(signing), exportJwk(signing)].map((jwk) => jose.importJWK(jwk, 'ES256')),
  );
  const claims = { iss: ISSUER, aud: AUDIENCE, sub: Buffer.from(PLAINTEXT).toString('base64url') };
  const expected = { issuer: ISSUER, audience: AUDIENCE };
  for (const kind of kinds.filter(({ alg, crv }) => alg === 'RSA-OAEP-256' || crv === 'X25519')) {
    await exchange('jose', 'nested JWT', `${kind.name}, read there`, async () => {
      const inner = new TextEncoder().encode(signJwt(claims, signing, { expiresIn: '5m' }));
      const token = encryptJwe(inner, kind.encrypting, { header: { cty: 'JWT' } });
      const { plaintext } = await jose.compactDecrypt(token, await joseKey(kind, kind.jwk));
      const { payload } = await jose.jwtVerify(Buffer.from(plaintext).toString(), joseVerifying, expected);
      return Buffer.from(payload.sub, 'base64url');
    });
    await exchange('jose', 'nested JWT', `${kind.name}, read here`, async () => {
      const made = new jose.SignJWT(claims).setProtectedHeader({ alg: 'ES256' }).setExpirationTime('5m');
      const inner = new TextEncoder().encode(await made.sign(joseSigning));
      const header = { alg: kind.alg, enc: 'A128CBC-HS256', cty: 'JWT' };
      const encrypted = new jose.CompactEncrypt(inner).setProtectedHeader(header);
      const { plaintext } = decryptJwe(await encrypted.encrypt(await joseKey(kind, kind.publicJwk)), kind.key);
      const verified = verifyJwt(Buffer.from(plaintext).toString(), signing.publicKey(), expected);
      return Buffer.from(verified.claims.sub, 'base64url');
    });
  }
}

// ── what came of it ─────────────────────────────────────────────────────────────────────────────────────────────────

for (const [peer, columns] of Object.entries(table)) {
  console.log(`${peer} ${peers[peer].version}`);
  for (const [column, { tried, read, malformed }] of Object.entries(columns)) {
    const refused = malformed > 0 ? `; ${malformed} have a coordinate without its leading zeros, and are refused` : '';
    console.log(`  ${column.padEnd(24)}${String(read).padStart(5)} of ${tried}${refused}`);
  }
}
for (const failure of failures) console.log(`FAIL  ${failure}`);
if (!python) {
  console.log(`jwcrypto and Authlib were left out: apt-get install python3-jwcrypto python3-authlib`);
  if (process.env.CI) failures.push('jwcrypto and Authlib');
}
const cells = Object.values(table).flatMap((columns) => Object.values(columns));
const [read, tried, malformed] = ['read', 'tried', 'malformed'].map((name) =>
  cells.reduce((sum, cell) => sum + cell[name], 0),
);
console.log(`\n${read} of ${tried} messages read, ${malformed} malformed (Node ${process.version})`);
if (failures.length) process.exitCode = 1;
