// Inputs that cost some reader of JSON, tokens or headers more than their length: each grows with a number and stays well
// formed, so that a reader goes through all of it.

/** A value of JSON as text, of about so many characters. */
export type Grown = (length: number) => string;

/** Repeats a unit up to a length. */
export function run(unit: string, length: number): string {
  return unit.repeat(Math.ceil(length / unit.length));
}

/** The JSON text of an object with a member more, whose value is JSON text. */
export function withMember(object: object, member: string): string {
  return `${JSON.stringify(object).slice(0, -1)},"other":${member}}`;
}

/** Decimal names below 2^32 that are equal modulo 2^20: V8 without a seed for such texts hashes them into one bucket. */
export function namesOfEqualHash(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => String((i * 2 ** 20) % 2 ** 32));
}

/** As many items as fit into a length, with commas between. */
function list(length: number, item: (i: number) => string): string {
  return Array.from({ length: Math.ceil(length / item(0).length) }, (_, i) => item(i)).join();
}

const FEW = 80;
const filler = (text: string) => text.padEnd(FEW, '-');

/** Values of JSON. Those with members have one in 80 characters, since a text may have 1,000. */
export const JSON_VALUES: readonly (readonly [name: string, value: Grown])[] = [
  ['one long text', (length) => `"${run('a', length)}"`],
  ['a text of escapes', (length) => `"${run('\\u0061', length)}"`],
  ['a text of quotes and backslashes', (length) => `"${run('\\"\\\\', length)}"`],
  ['a text of braces and colons', (length) => `"${run('{[:', length)}"`],
  ['texts that end in an escaped quote', (length) => `[${list(length, () => '"\\""')}]`],
  ['empty texts', (length) => `[${list(length, () => '""')}]`],
  ['U+FFFD', (length) => `"${run('\ufffd', length / 3)}"`],
  ['astral characters', (length) => `"${run('\u{1f600}', length / 4)}"`],
  ['white space', (length) => `[${run(' \n\t', length)}]`],
  ['white space after each text', (length) => `[${list(length, () => `"\\n"${' '.repeat(60)}`)}]`],
  ['empty arrays', (length) => `[${list(length, () => '[]')}]`],
  ['deep arrays', (length) => `[${list(length, () => '['.repeat(25) + ']'.repeat(25))}]`],
  ['numbers', (length) => `[${list(length, () => '1e-7')}]`],
  ['one long number', (length) => run('1', length)],
  ['members', (length) => `{${list(length, (i) => `"m${i}":"${filler('')}"`)}}`],
  ['members with escaped names', (length) => `{${list(length, (i) => `"\\u006d${i}":"${filler('')}"`)}}`],
  ['members with long names', (length) => `{${list(length, (i) => `"${filler(`m${i}`)}":0`)}}`],
  [
    'members whose names have equal hashes',
    (length) => `{${namesOfEqualHash(length / FEW).map((name) => `"${name}":"${filler('')}"`)}}`,
  ],
  ['objects of one shape', (length) => `[${list(length, () => `{"m":"${filler('')}"}`)}]`],
  [
    'objects in objects',
    (length) => `[${list(length, () => `${'{"m":'.repeat(9)}"${run('-', 720)}"${'}'.repeat(9)}`)}]`,
  ],
];

/** Texts that are no token. */
export const NO_TOKENS: readonly (readonly [name: string, text: Grown])[] = [
  ['dots', (length) => run('.', length)],
  ['letters', (length) => run('a', length)],
  ['spaces', (length) => run(' ', length)],
  ['letters and dots', (length) => run('a.', length)],
  ['one dot at the end', (length) => `${run('a', length)}.`],
  ['two dots at the end', (length) => `${run('a', length)}..`],
  ['two dots at the beginning', (length) => `..${run('a', length)}`],
  ['padding', (length) => `e30.${run('=', length)}.AA`],
  ['characters beyond Latin-1', (length) => `e30.${run('\u0141', length)}.AA`],
  ['Bearer and spaces', (length) => `Bearer${run(' ', length)}`],
];

/** Texts about key material. */
export const KEY_TEXTS: readonly (readonly [name: string, text: Grown])[] = [
  ['spaces', (length) => `${run(' ', length)}x`],
  ['spaces after a quote', (length) => `"${run(' ', length)}x`],
  ['line breaks', (length) => `${run('\n', length)}x`],
  ['line breaks as they are in environment variables', (length) => run('\\r\\n', length)],
  ['quotes', (length) => run('"', length)],
  ['an opening quote, and base64', (length) => `"${run('A', length)}`],
  ['base64 without a label', (length) => run('MIIB', length)],
  ['hyphens', (length) => run('-', length)],
  ['beginnings of a label', (length) => run('-----BEGIN ', length)],
  ['labels without an end', (length) => run('-----BEGIN A', length)],
  ['blocks without an END line', (length) => run('-----BEGIN PUBLIC KEY-----\n', length)],
  ['empty certificates', (length) => run('-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n', length)],
  ['parameters of a curve', (length) => run('-----BEGIN EC PARAMETERS-----\n', length)],
  ['one block of spaces', (length) => `-----BEGIN PUBLIC KEY-----${run(' ', length)}-----END PUBLIC KEY-----`],
  ['one block of base64', (length) => `-----BEGIN PUBLIC KEY-----${run('MIIB', length)}-----END PUBLIC KEY-----`],
  [
    'one block in the older encryption',
    (length) => `-----BEGIN RSA PRIVATE KEY-----\nProc-Type: ${run('a\n', length)}-----END RSA PRIVATE KEY-----`,
  ],
  ['a key of OpenSSH', (length) => `ssh-${run('a', length)}`],
];

/** Octets about key material. */
export const KEY_OCTETS: readonly (readonly [name: string, octets: (length: number) => Uint8Array])[] = [
  ['empty elements', (length) => sequenceOf(new Uint8Array(length))],
  ['elements with long lengths', (length) => sequenceOf(Buffer.from(run('04820001', 2 * length), 'hex'))],
  ['sequences in sequences', (length) => Buffer.from(run('3080', 2 * length), 'hex')],
  ['one long element', (length) => sequenceOf(sequenceOf(new Uint8Array(length)))],
];

/** DER with its length in four octets. */
function sequenceOf(content: Uint8Array): Uint8Array {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const octets = length.subarray(length.findIndex((octet) => octet !== 0));
  return Buffer.concat([Uint8Array.of(0x30, 0x80 | octets.length), octets, content]);
}

/** What an Authorization header may be. */
export const AUTHORIZATIONS: readonly (readonly [name: string, text: Grown])[] = [
  ['spaces after the scheme', (length) => `Bearer${run(' ', length)}`],
  ['spaces before a token', (length) => `Bearer${run(' ', length)}a`],
  ['padding', (length) => `Bearer a${run('=', length)}`],
  ['padding, and a letter', (length) => `Bearer a${run('=', length)}a`],
  ['commas', (length) => `Bearer a${run(',', length)}`],
  ['a scheme that goes on', (length) => run('bearer', length)],
  ['a token of one part', (length) => `Bearer ${run('a', length)}`],
  ['a token of many parts', (length) => `Bearer ${run('a.', length)}`],
];

/** What an If-None-Match or Cache-Control header may be. */
export const HEADER_LISTS: readonly (readonly [name: string, text: Grown])[] = [
  ['commas', (length) => run(',', length)],
  ['spaces', (length) => `a${run(' ', length)}a`],
  ['weak tags', (length) => run('W/"a",', length)],
  ['prefixes of weak tags', (length) => run('W/', length)],
  ['directives', (length) => run('max-age=1,', length)],
  ['one directive', (length) => `max-age="${run('1', length)}`],
  ['quotes', (length) => run('"', length)],
];
