// What nobody can skip of a JWE: bare node:crypto over octets that are already there, and the native base64url of the ciphertext.
// Several forms of the most expensive step are measured; the fastest one in the same run is the floor.
import * as crypto from 'node:crypto';

const NOTHING = Buffer.alloc(0);
const OAEP = { padding: crypto.constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
const SPKI = { format: 'der', type: 'spki' };
const PKCS8 = { format: 'der', type: 'pkcs8' };

// ── the content ─────────────────────────────────────────────────────────────────────────────────────────────────────

function openGcm(cek, { iv, text, tag, aad }) {
  const decipher = crypto.createDecipheriv('aes-256-gcm', cek, iv).setAAD(aad).setAuthTag(tag);
  const plaintext = decipher.update(Buffer.from(text, 'base64url'));
  decipher.final();
  return plaintext;
}

function sealGcm(cek, plaintext, aad) {
  const cipher = crypto.createCipheriv('aes-256-gcm', cek, crypto.randomBytes(12)).setAAD(aad);
  const text = cipher.update(plaintext).toString('base64url');
  cipher.final();
  return text.length + cipher.getAuthTag().length;
}

function macOf(key, { iv, aad }, ciphertext) {
  const length = Buffer.alloc(8);
  length.writeUInt32BE(8 * aad.length, 4);
  return crypto.createHmac('sha256', key).update(aad).update(iv).update(ciphertext).update(length).digest();
}

function openCbc(cek, { iv, text, tag, aad }) {
  const ciphertext = Buffer.from(text, 'base64url');
  const mac = macOf(cek.subarray(0, 16), { iv, aad }, ciphertext).subarray(0, 16);
  if (!crypto.timingSafeEqual(mac, tag)) return undefined;
  const decipher = crypto.createDecipheriv('aes-128-cbc', cek.subarray(16), iv);
  return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
}

function sealCbc(cek, plaintext, aad) {
  const iv = crypto.randomBytes(16);
  const cipher = crypto.createCipheriv('aes-128-cbc', cek.subarray(16), iv);
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return macOf(cek.subarray(0, 16), { iv, aad }, ciphertext).length + ciphertext.toString('base64url').length;
}

const CONTENT = {
  A256GCM: { open: openGcm, seal: sealGcm, keyLength: 32 },
  'A128CBC-HS256': { open: openCbc, seal: sealCbc, keyLength: 32 },
};

// ── the key ─────────────────────────────────────────────────────────────────────────────────────────────────────────

function unwrap(kek, wrapped) {
  return crypto.createDecipheriv('aes256-wrap', kek, Buffer.alloc(8, 0xa6)).update(wrapped);
}

function wrap(kek, cek) {
  return crypto.createCipheriv('aes256-wrap', kek, Buffer.alloc(8, 0xa6)).update(cek);
}

/** Concat KDF for one round of SHA-256. */
function derive(z, algorithm) {
  const info = Buffer.alloc(4 + 4 + algorithm.length + 12);
  info.writeUInt32BE(1);
  info.writeUInt32BE(algorithm.length, 4);
  info.write(algorithm, 8, 'latin1');
  info.writeUInt32BE(256, info.length - 4);
  return crypto.createHash('sha256').update(info.subarray(0, 4)).update(z).update(info.subarray(4)).digest();
}

function agreed(alg, enc, { privateKey, publicKey }) {
  const z = crypto.diffieHellman({ privateKey, publicKey });
  return derive(z, alg === 'ECDH-ES' ? enc : alg);
}

/** The forms of opening a content encryption key: name → (parts) → key; `parts` are those of the message, as octets. */
function keyOpeners({ alg, enc, privateKey, secret, password }) {
  if (alg === 'dir') return { 'key as octets': () => secret };
  if (alg === 'A256KW') return { 'aes256-wrap': ({ encryptedKey }) => unwrap(secret, encryptedKey) };
  if (alg === 'A256GCMKW')
    return {
      'aes-256-gcm': ({ encryptedKey, header }) =>
        openGcm(secret, {
          iv: Buffer.from(header.iv, 'base64url'),
          text: encryptedKey.toString('base64url'),
          tag: Buffer.from(header.tag, 'base64url'),
          aad: NOTHING,
        }),
    };
  if (alg.startsWith('RSA'))
    return { privateDecrypt: ({ encryptedKey }) => crypto.privateDecrypt({ key: privateKey, ...OAEP }, encryptedKey) };
  if (alg.startsWith('PBES2'))
    return {
      pbkdf2Sync: ({ encryptedKey, header }) => {
        const salt = Buffer.concat([Buffer.from(`${alg}\0`), Buffer.from(header.p2s, 'base64url')]);
        const kek = crypto.pbkdf2Sync(password, salt, header.p2c, 16, 'sha256');
        return crypto.createDecipheriv('aes128-wrap', kek, Buffer.alloc(8, 0xa6)).update(encryptedKey);
      },
    };
  const open = (publicKey, encryptedKey) => {
    const key = agreed(alg, enc, { privateKey, publicKey });
    return alg === 'ECDH-ES' ? key : unwrap(key, encryptedKey);
  };
  return {
    'epk as a JWK': ({ header, encryptedKey }) =>
      open(crypto.createPublicKey({ key: header.epk, format: 'jwk' }), encryptedKey),
    'epk as DER': ({ spki, encryptedKey }) => open(crypto.createPublicKey({ key: spki, ...SPKI }), encryptedKey),
  };
}

/** The forms of making a content encryption key: name → () → key. */
function keyMakers({ alg, enc, publicKey, secret, password, iterations }) {
  const drawn = () => crypto.randomBytes(32);
  if (alg === 'dir') return { 'key as octets': () => secret };
  const wrapped = (name, wrapDrawn) => ({
    [name]: () => {
      const cek = drawn();
      wrapDrawn(cek);
      return cek;
    },
  });
  if (alg === 'A256KW') return wrapped('aes256-wrap', (cek) => wrap(secret, cek));
  if (alg === 'A256GCMKW') return wrapped('aes-256-gcm', (cek) => sealGcm(secret, cek, NOTHING));
  if (alg.startsWith('RSA'))
    return wrapped('publicEncrypt', (cek) => crypto.publicEncrypt({ key: publicKey, ...OAEP }, cek));
  if (alg.startsWith('PBES2'))
    return wrapped('pbkdf2Sync', (cek) => {
      const salt = Buffer.concat([Buffer.from(`${alg}\0`), crypto.randomBytes(16)]);
      const kek = crypto.pbkdf2Sync(password, salt, iterations, 16, 'sha256');
      return crypto.createCipheriv('aes128-wrap', kek, Buffer.alloc(8, 0xa6)).update(cek);
    });
  const { asymmetricKeyType: type, asymmetricKeyDetails } = publicKey;
  const make = (privateKey) => {
    const key = agreed(alg, enc, { privateKey, publicKey });
    if (alg === 'ECDH-ES') return key;
    const cek = drawn();
    wrap(key, cek);
    return cek;
  };
  const curve = { namedCurve: asymmetricKeyDetails?.namedCurve };
  return {
    'ephemeral key as KeyObject': () => {
      const pair = crypto.generateKeyPairSync(type, curve);
      pair.publicKey.export(SPKI);
      return make(pair.privateKey);
    },
    'ephemeral key as DER': () => {
      const pair = crypto.generateKeyPairSync(type, { ...curve, publicKeyEncoding: SPKI, privateKeyEncoding: PKCS8 });
      return make(crypto.createPrivateKey({ key: pair.privateKey, ...PKCS8 }));
    },
  };
}

/** Every form with the content: name → (i) → plaintext, for messages taken apart. */
export function decryptionFloors(kind, messages) {
  const { open } = CONTENT[kind.enc];
  return over(keyOpeners(kind), (openKey) => (i) => {
    const parts = messages[i % messages.length];
    return open(openKey(parts), parts);
  });
}

export function encryptionFloors(kind, plaintext, header) {
  const { seal } = CONTENT[kind.enc];
  return over(keyMakers(kind), (makeKey) => () => seal(makeKey(), plaintext, header));
}

function over(forms, floor) {
  return Object.fromEntries(Object.entries(forms).map(([name, form]) => [`floor: ${name}`, floor(form)]));
}
