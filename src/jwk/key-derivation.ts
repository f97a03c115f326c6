// RFC 8018 §6, RFC 7914 §7: the work that an encrypted PKCS#8 demands before it opens, read before any of it is done.
import { asBuffer } from '../bytes.ts';
import { type DerElement, INTEGER, readElements, readSequence, SEQUENCE } from './der.ts';

const PBES2 = '2a864886f70d01050d';
const PBKDF2 = '2a864886f70d01050c';
const SCRYPT = '2b06010401da47040b';

/**
 * The iterations of PBKDF2 or of PBES1, or N · r · p of scrypt, each of which takes about as long. NaN when they cannot
 * be read.
 *
 * @param encrypted the DER of an EncryptedPrivateKeyInfo (RFC 5958 §3)
 */
export function iterationsOf(encrypted: Uint8Array): number {
  const scheme = algorithmOf(readSequence(encrypted)?.[0]);
  if (scheme.name !== PBES2) return Number(scheme.numbers[0] ?? Number.NaN);
  const { name, numbers } = algorithmOf(scheme.parameters[0]);
  const [first = Number.NaN, second = Number.NaN, third = Number.NaN] = numbers;
  if (name === SCRYPT) return first * second * third;
  return name === PBKDF2 ? first : Number.NaN;
}

interface Algorithm {
  /** The object identifier, in hexadecimal digits. */
  readonly name: string;
  readonly parameters: readonly DerElement[];
  /** The integers among the parameters. */
  readonly numbers: readonly number[];
}

/** RFC 5280 §4.1.1.2 an AlgorithmIdentifier whose parameters are a SEQUENCE. */
function algorithmOf(element: DerElement | undefined): Algorithm {
  const [name, parameters] = elementsIn(element);
  const list = elementsIn(parameters);
  const numbers = list.filter(({ tag }) => tag === INTEGER).map(({ content }) => numberOf(content));
  return { name: hexOf(name?.content), parameters: list, numbers };
}

function elementsIn(element: DerElement | undefined): readonly DerElement[] {
  return (element?.tag === SEQUENCE && readElements(element.content)) || [];
}

/** Beyond 2^53 the exact number does not matter; a negative one reads as large. */
function numberOf(content: Uint8Array): number {
  return Number(`0x${hexOf(content)}`);
}

function hexOf(octets: Uint8Array = new Uint8Array(0)): string {
  return asBuffer(octets).toString('hex');
}
