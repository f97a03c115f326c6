// A process of its own, for key material that has been seen to end the process that imports it. On standard input a JSON
// array: text is PEM, an array of numbers DER, an object a JWK. On standard output a JSON array: what became of each, and
// of each DER once more as the KeyObject that node:crypto makes of it, where it makes one.
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { importKey, JoseError, type Jwk } from '../../src/index.ts';

type Form = string | number[] | Jwk;

function outcomeOf(material: string | Uint8Array | Jwk | KeyObject): string {
  try {
    return String(importKey(material));
  } catch (error) {
    return error instanceof JoseError ? error.code : String(error);
  }
}

function keyObjects(der: Uint8Array): KeyObject[] {
  const key = Buffer.from(der);
  const readers = [
    () => createPublicKey({ key, format: 'der', type: 'spki' }),
    () => createPrivateKey({ key, format: 'der', type: 'pkcs8' }),
    () => createPrivateKey({ key, format: 'der', type: 'sec1' }),
  ];
  return readers.flatMap((read) => {
    try {
      return [read()];
    } catch {
      return [];
    }
  });
}

const forms: Form[] = JSON.parse(await text(process.stdin));
const outcomes = forms.flatMap((form) => {
  if (!Array.isArray(form)) return [outcomeOf(form)];
  const der = Uint8Array.from(form);
  return [der, ...keyObjects(der)].map(outcomeOf);
});
process.stdout.write(JSON.stringify(outcomes));
