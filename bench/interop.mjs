// Tokens and keys made by the peers are read here, and ours there, for every algorithm both sides have.
//   node interop.mjs
import { isDeepStrictEqual } from 'node:util';
import fastJwt from 'fast-jwt';
import * as jose from 'jose';
import jsonwebtoken from 'jsonwebtoken';
import {
  exportJwk,
  exportPem,
  exportPrivateJwk,
  exportPrivatePem,
  generateKey,
  importJwks,
  importKey,
  isAlgorithmSupported,
  SIGNATURE_ALGORITHMS,
  signJws,
  signJwsJson,
  signJwt,
  thumbprint,
  thumbprintUri,
  verifyJws,
  verifyJwsJson,
  verifyJwt,
} from '../dist/index.js';
import { AUDIENCE, ISSUER } from './fixtures.mjs';

const EXPECTED = { issuer: ISSUER, audience: AUDIENCE };
const CLAIMS = { iss: ISSUER, aud: AUDIENCE, sub: 'user-1', 'https://claims.example/größe': ['ü', { n: 1.5 }] };
const PAYLOAD = new TextEncoder().encode('{"not":"a JWT"} ✓');

const done = {};
const failures = [];
const untested = [];

for (const alg of SIGNATURE_ALGORITHMS) {
  if (!isAlgorithmSupported(alg)) {
    untested.push(`${alg} (not in Node ${process.version})`);
    continue;
  }
  const key = await generateKey(alg, { kid: `interop-${alg}` });
  await withJose(alg, key);
  await withJsonwebtoken(alg, key);
  await withFastJwt(alg, key);
}
await generalJws();
await localSet();

for (const [what, count] of Object.entries(done)) console.log(`${String(count).padStart(5)}  ${what}`);
for (const reason of untested) console.log(`    –  ${reason}`);
for (const { what, detail, error } of failures) console.log(`FAIL   ${what}: ${detail}: ${error?.message ?? error}`);
const total = Object.values(done).reduce((sum, count) => sum + count, 0);
console.log(`\n${total} exchanges succeeded, ${failures.length} failed (Node ${process.version})`);
if (failures.length) process.exitCode = 1;

/** One exchange: counted when `run` returns true. */
async function exchange(what, detail, run) {
  try {
    if ((await run()) !== true) throw new Error('read, but not the same');
    done[what] = (done[what] ?? 0) + 1;
  } catch (error) {
    failures.push({ what, detail, error });
  }
}

function sameClaims(claims) {
  return Object.entries(CLAIMS).every(([name, value]) => isDeepStrictEqual(claims[name], value));
}

function sameBytes(bytes) {
  return Buffer.from(PAYLOAD).equals(Buffer.from(bytes));
}

function publicOf(key) {
  return key.type === 'private' ? key.publicKey() : key;
}

/** Our own verdict on a peer's token. */
function accepted(alg, token, key) {
  const { claims, header } = verifyJwt(token, publicOf(key), EXPECTED);
  return header.alg === alg && sameClaims(claims);
}

function publicJwkOf(key) {
  return key.type === 'secret' ? exportPrivateJwk(key) : exportJwk(key);
}

/** What the PEM-minded peers take: PEM, or the secret's bytes. */
function plainKeys(key) {
  if (key.type === 'secret') {
    const secret = Buffer.from(exportPrivateJwk(key).k, 'base64url');
    return { signing: secret, verifying: secret };
  }
  return { signing: exportPrivatePem(key), verifying: exportPem(key) };
}

async function withJose(alg, key) {
  if (alg === 'ES256K' || alg === 'Ed448') {
    untested.push(`${alg} with jose (it has none)`);
    return;
  }
  const joseKeys = {
    signing: await jose.importJWK(exportPrivateJwk(key), alg),
    verifying: await jose.importJWK(publicJwkOf(key), alg),
  };
  await joseTokens(alg, key, joseKeys);
  await joseJws(alg, key, joseKeys);
  await joseKeyForms(alg, key);
}

async function joseTokens(alg, key, { signing, verifying }) {
  const header = { alg, typ: 'JWT', kid: key.kid };
  await exchange('JWT made by jose, verified here', alg, async () =>
    accepted(
      alg,
      await new jose.SignJWT(CLAIMS).setProtectedHeader(header).setIssuedAt().setExpirationTime('1h').sign(signing),
      key,
    ),
  );
  await exchange('JWT made here, verified by jose', alg, async () => {
    const token = signJwt(CLAIMS, key, { expiresIn: '1h' });
    const { payload, protectedHeader } = await jose.jwtVerify(token, verifying, { ...EXPECTED, algorithms: [alg] });
    return sameClaims(payload) && protectedHeader.alg === alg && protectedHeader.kid === key.kid;
  });
}

async function joseJws(alg, key, { signing, verifying }) {
  const mine = publicOf(key);
  await exchange('compact JWS made by jose, verified here', alg, async () =>
    sameBytes(verifyJws(await new jose.CompactSign(PAYLOAD).setProtectedHeader({ alg }).sign(signing), mine).payload),
  );
  await exchange('compact JWS made here, verified by jose', alg, async () =>
    sameBytes((await jose.compactVerify(signJws(PAYLOAD, key), verifying)).payload),
  );
  await exchange('flattened JWS made by jose, verified here', alg, async () => {
    const made = new jose.FlattenedSign(PAYLOAD).setProtectedHeader({ alg }).setUnprotectedHeader({ kid: key.kid });
    return sameBytes(verifyJwsJson(await made.sign(signing), mine).payload);
  });
  await exchange('flattened JWS made here, verified by jose', alg, async () => {
    const made = signJwsJson(PAYLOAD, [{ key, unprotected: { x: 1 } }], { flattened: true });
    return sameBytes((await jose.flattenedVerify(made, verifying)).payload);
  });
  await exchange('b64 false (RFC 7797) made by jose, verified here', alg, async () => {
    const made = new jose.FlattenedSign(PAYLOAD).setProtectedHeader({ alg, b64: false, crit: ['b64'] });
    const { protected: header, signature } = await made.sign(signing);
    return sameBytes(verifyJws(`${header}..${signature}`, mine, { payload: PAYLOAD }).payload);
  });
  await exchange('b64 false (RFC 7797) made here, verified by jose', alg, async () => {
    const [header, , signature] = signJws(PAYLOAD, key, { b64: false, detached: true }).split('.');
    return sameBytes(
      (await jose.flattenedVerify({ protected: header, payload: PAYLOAD, signature }, verifying)).payload,
    );
  });
}

async function joseKeyForms(alg, key) {
  await exchange('JWK thumbprint equal to that of jose', alg, async () => {
    const jwk = publicJwkOf(key);
    const equal = await Promise.all(
      ['sha256', 'sha384', 'sha512'].map(
        async (hash) => thumbprint(key, hash) === (await jose.calculateJwkThumbprint(jwk, hash)),
      ),
    );
    return equal.every(Boolean) && thumbprintUri(key) === (await jose.calculateJwkThumbprintUri(jwk));
  });
  if (key.type === 'secret') return;
  await exchange('PEM written here, used by jose', alg, async () => {
    const token = await new jose.SignJWT(CLAIMS)
      .setProtectedHeader({ alg })
      .setExpirationTime('1h')
      .sign(await jose.importPKCS8(exportPrivatePem(key), alg));
    const { payload } = await jose.jwtVerify(token, await jose.importSPKI(exportPem(key), alg), EXPECTED);
    return sameClaims(payload);
  });
  const pair = await jose.generateKeyPair(alg, { extractable: true });
  const forms = {
    JWK: async () => [await jose.exportJWK(pair.privateKey), await jose.exportJWK(pair.publicKey)],
    PEM: async () => [await jose.exportPKCS8(pair.privateKey), await jose.exportSPKI(pair.publicKey)],
    CryptoKey: async () => [pair.privateKey, pair.publicKey],
  };
  for (const [form, make] of Object.entries(forms)) {
    await exchange(`key of jose imported here as ${form}`, alg, async () => {
      const [signing, verifying] = (await make()).map((material) => importKey(material, { alg }));
      const token = signJwt(CLAIMS, signing, { expiresIn: 60 });
      const { payload } = await jose.jwtVerify(token, pair.publicKey, EXPECTED);
      return accepted(alg, token, verifying) && sameClaims(payload);
    });
  }
}

async function withJsonwebtoken(alg, key) {
  if (!/^[HRPE]S(256|384|512)$/.test(alg)) return;
  const { signing, verifying } = plainKeys(key);
  await exchange('JWT made by jsonwebtoken, verified here', alg, () =>
    accepted(alg, jsonwebtoken.sign(CLAIMS, signing, { algorithm: alg, expiresIn: '1h', keyid: key.kid }), key),
  );
  await exchange('JWT made here, verified by jsonwebtoken', alg, () =>
    sameClaims(
      jsonwebtoken.verify(signJwt(CLAIMS, key, { expiresIn: '1h' }), verifying, { ...EXPECTED, algorithms: [alg] }),
    ),
  );
}

async function withFastJwt(alg, key) {
  if (!/^[HRPE]S(256|384|512)$|^EdDSA$/.test(alg)) return;
  const { signing, verifying } = plainKeys(key);
  await exchange('JWT made by fast-jwt, verified here', alg, () => {
    const sign = fastJwt.createSigner({ key: signing, algorithm: alg, kid: key.kid, expiresIn: 3_600_000 });
    return accepted(alg, sign(CLAIMS), key);
  });
  await exchange('JWT made here, verified by fast-jwt', alg, () => {
    const verify = fastJwt.createVerifier({
      key: verifying,
      algorithms: [alg],
      allowedIss: ISSUER,
      allowedAud: AUDIENCE,
      cache: false,
    });
    return sameClaims(verify(signJwt(CLAIMS, key, { expiresIn: '1h' })));
  });
}

/** Several signatures over one payload, by several algorithms, in both directions. */
async function generalJws() {
  const keys = await Promise.all(['RS256', 'PS384', 'ES256', 'ES512', 'EdDSA'].map((alg) => generateKey(alg)));
  const set = importJwks({ keys: keys.map((key) => exportJwk(key)) });
  await exchange('general JWS made by jose, verified here', 'five signatures', async () => {
    const made = new jose.GeneralSign(PAYLOAD);
    for (const key of keys) {
      made
        .addSignature(await jose.importJWK(exportPrivateJwk(key), key.alg))
        .setProtectedHeader({ alg: key.alg })
        .setUnprotectedHeader({ kid: key.kid });
    }
    const { payload, signatures } = verifyJwsJson(await made.sign(), set, { require: 'all' });
    return sameBytes(payload) && signatures.length === keys.length && signatures.every(({ valid }) => valid);
  });
  const made = signJwsJson(
    PAYLOAD,
    keys.map((key) => ({ key })),
  );
  for (const key of keys) {
    await exchange('general JWS made here, verified by jose', key.alg, async () => {
      const { payload, protectedHeader } = await jose.generalVerify(
        made,
        await jose.importJWK(exportJwk(key), key.alg),
      );
      return sameBytes(payload) && protectedHeader.alg === key.alg;
    });
  }
}

/** One JWK Set, read by both sides, which must choose the same key. */
async function localSet() {
  const keys = await Promise.all(['RS256', 'ES256', 'EdDSA'].map((alg) => generateKey(alg)));
  const published = importJwks({ keys: keys.map((key) => exportJwk(key)) }).toJSON();
  const theirs = jose.createLocalJWKSet(published);
  const mine = importJwks(JSON.stringify(published));
  for (const key of keys) {
    await exchange('JWK Set published here, selected from by jose and here', key.alg, async () => {
      const token = signJwt(CLAIMS, key, { expiresIn: '5m' });
      const { payload } = await jose.jwtVerify(token, theirs, EXPECTED);
      return sameClaims(payload) && sameClaims(verifyJwt(token, mine, EXPECTED).claims);
    });
  }
}
