// A throwaway certificate authority (RFC 5280), for the peers that speak to https only. Its certificate must be trusted by the
// process itself, since not every peer takes an agent: so a program here runs itself once more with NODE_EXTRA_CA_CERTS.
import { spawnSync } from 'node:child_process';
import * as crypto from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = 'BAREJOSE_BENCH_TLS';

/**
 * The key and certificate of `localhost` and 127.0.0.1, in a process that trusts them.
 * Called first thing by a program with its own `import.meta.url`: the first time it does not return.
 */
export function trustedTls(program) {
  const folder = process.env[FOLDER] ?? runAgain(program);
  return {
    key: readFileSync(join(folder, 'key.pem')),
    cert: readFileSync(join(folder, 'cert.pem')),
  };
}

function runAgain(program) {
  const folder = mkdtempSync(join(tmpdir(), 'barejose-tls-'));
  try {
    const { authority, cert, key } = makeCertificates();
    const texts = { 'ca.pem': authority, 'cert.pem': cert, 'key.pem': key };
    for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text, { mode: 0o600 });
    const args = [...process.execArgv, fileURLToPath(program), ...process.argv.slice(2)];
    const env = { ...process.env, [FOLDER]: folder, NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') };
    process.exitCode = spawnSync(process.execPath, args, { env, stdio: 'inherit' }).status ?? 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
  process.exit();
}

function makeCertificates() {
  const ca = p256();
  const own = p256();
  const issuer = nameOf('throwaway authority of a benchmark');
  const subject = nameOf('localhost');
  const signedBy = { issuer, signer: ca.privateKey };
  return {
    authority: certify({ subject: issuer, key: ca.publicKey, extensions: [CA, CERT_SIGN] }, signedBy),
    cert: certify({ subject, key: own.publicKey, extensions: [LOOPBACK] }, signedBy),
    key: own.privateKey.export({ type: 'pkcs8', format: 'pem' }),
  };
}

/** §4.1: Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue }, in PEM. */
function certify({ subject, key, extensions }, { issuer, signer }) {
  const serial = der(0x02, [1, ...crypto.randomBytes(8)]);
  const spki = key.export({ type: 'spki', format: 'der' });
  const more = der(0xa3, sequence(...extensions));
  const tbs = sequence(VERSION_3, serial, ECDSA_SHA256, issuer, VALIDITY, subject, spki, more);
  const signature = der(0x03, [0], crypto.sign('sha256', tbs, signer));
  const lines = sequence(tbs, ECDSA_SHA256, signature)
    .toString('base64')
    .match(/.{1,64}/g);
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function p256() {
  return crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

/** X.690 §8.1: tag, length, value. */
function der(tag, ...parts) {
  const value = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const n = value.length;
  const length = n < 128 ? [n] : n < 256 ? [0x81, n] : [0x82, n >> 8, n & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), value]);
}

function sequence(...parts) {
  return der(0x30, ...parts);
}

function hex(text) {
  return Buffer.from(text, 'hex');
}

/** §4.1.2.4: a Name of one commonName. */
function nameOf(commonName) {
  return sequence(der(0x31, sequence(hex('0603550403'), der(0x0c, Buffer.from(commonName)))));
}

/** §4.2: an extension that whoever does not understand it must refuse. */
function critical(oid, value) {
  return sequence(hex(oid), hex('0101ff'), der(0x04, value));
}

const VERSION_3 = der(0xa0, der(0x02, [2]));
const ECDSA_SHA256 = sequence(hex('06082a8648ce3d040302'));
const VALIDITY = sequence(...['200101000000Z', '491231235959Z'].map((time) => der(0x17, Buffer.from(time))));
const CA = critical('0603551d13', sequence(hex('0101ff')));
const CERT_SIGN = critical('0603551d0f', hex('03020204'));
/** §4.2.1.6 subjectAltName: dNSName [2] localhost, iPAddress [7] 127.0.0.1. */
const LOOPBACK = sequence(
  hex('0603551d11'),
  der(0x04, sequence(der(0x82, Buffer.from('localhost')), der(0x87, [127, 0, 0, 1]))),
);
