// A throwaway certificate authority: its keys and its X.509 certificates (RFC 5280) are made here, in memory, for one test.

import { type KeyObject, randomBytes, sign } from 'node:crypto';
import { concat, der, derBits, derInteger, derSequence, hex, octets, pem, pkcs8Of, spkiOf, toBigInt } from './forge.ts';
import { freshPair, type NodePair } from './keys.ts';

/** A private key and the certificate over its public one, both in PEM, as node:tls takes them. */
export interface Identity {
  readonly key: string;
  readonly cert: string;
}

export interface IdentityOptions {
  /** The DNS name that it is for, beside 127.0.0.1. Another host than `localhost` takes the address away, too. */
  readonly host?: string;
  readonly expired?: boolean;
}

export interface Authority {
  /** What a client has to trust: the authority's own certificate, in PEM. */
  readonly certificate: string;
  issue(options?: IdentityOptions): Identity;
}

export function createAuthority(commonName = 'throwaway authority of a test'): Authority {
  const ca = p256();
  const name = nameOf(commonName);
  const extensions = [BASIC_CONSTRAINTS_CA, KEY_USAGE_CERT_SIGN];
  const own = certify({ issuer: name, subject: name, key: ca.publicKey, extensions, validity: VALID }, ca.privateKey);
  return {
    certificate: pem('CERTIFICATE', own),
    issue: ({ host = 'localhost', expired = false } = {}) => {
      const { publicKey, privateKey } = p256();
      const subject = nameOf(host);
      const extensions = [KEY_USAGE_SIGNATURE, alternativeNames(host)];
      const validity = expired ? PAST : VALID;
      const cert = certify({ issuer: name, subject, key: publicKey, extensions, validity }, ca.privateKey);
      return { key: pem('PRIVATE KEY', pkcs8Of(privateKey)), cert: pem('CERTIFICATE', cert) };
    },
  };
}

interface Certified {
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly key: KeyObject;
  readonly extensions: readonly Uint8Array[];
  readonly validity: Uint8Array;
}

/** RFC 5280 §4.1: Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue }. */
function certify({ issuer, subject, key, extensions, validity }: Certified, signer: KeyObject): Uint8Array {
  const serial = derInteger(toBigInt(concat([1], randomBytes(8))));
  const more = der(0xa3, derSequence(...extensions));
  const tbs = derSequence(VERSION_3, serial, ECDSA_SHA256, issuer, validity, subject, spkiOf(key), more);
  return derSequence(tbs, ECDSA_SHA256, derBits(new Uint8Array(sign('sha256', tbs, signer))));
}

const VERSION_3 = der(0xa0, derInteger(2n));
const ECDSA_SHA256 = derSequence(hex('06082a8648ce3d040302'));
const VALID = validityOf('200101000000Z', '491231235959Z');
const PAST = validityOf('200101000000Z', '210101000000Z');

/** §4.1.2.5: both instants as UTCTime, which reaches to the end of 2049. */
function validityOf(notBefore: string, notAfter: string): Uint8Array {
  return derSequence(der(0x17, octets(notBefore)), der(0x17, octets(notAfter)));
}

/** §4.1.2.4: a Name of one commonName. */
function nameOf(commonName: string): Uint8Array {
  return derSequence(der(0x31, derSequence(hex('0603550403'), der(0x0c, octets(commonName)))));
}

const TRUE = hex('0101ff');
/** §4.2: an extension that whoever does not understand it must refuse; its value is DER inside an OCTET STRING. */
const critical = (oid: string, value: Uint8Array) => derSequence(hex(oid), TRUE, der(0x04, value));
const BASIC_CONSTRAINTS_CA = critical('0603551d13', derSequence(TRUE));
const KEY_USAGE_CERT_SIGN = critical('0603551d0f', hex('03020204'));
const KEY_USAGE_SIGNATURE = critical('0603551d0f', hex('03020780'));

/** §4.2.1.6 subjectAltName: dNSName [2], iPAddress [7]. */
function alternativeNames(host: string): Uint8Array {
  const address = host === 'localhost' ? [der(0x87, Uint8Array.of(127, 0, 0, 1))] : [];
  return derSequence(hex('0603551d11'), der(0x04, derSequence(der(0x82, octets(host)), ...address)));
}

const p256 = (): NodePair => freshPair('ec', { namedCurve: 'P-256' });
