// Rooms: the parts of the source that `barejose vendor` copies, each with all that it imports and nothing else.
import { nearestWords } from './arguments.ts';
import { UsageError } from './host.ts';
import type { Language, PackageSource } from './vendor-source.ts';

/** A part of the library by its purpose. */
interface Room {
  readonly purpose: string;
  /** The files whose public names the index exports. */
  readonly files: readonly string[];
}

const VERIFY = ['errors.ts', 'jwks/import.ts', 'jwks/set.ts', 'jwt/expected.ts', 'jwt/verify.ts'];
const VERIFIER = [
  ...VERIFY,
  'jwks/source.ts',
  'remote/discovery.ts',
  'remote/options.ts',
  'remote/remote.ts',
  'verifier/create.ts',
  'verifier/options.ts',
  'verifier/verifier.ts',
];

export const ROOMS: ReadonlyMap<string, Room> = new Map([
  ['verify', { purpose: 'verify tokens with given keys', files: VERIFY }],
  [
    'remote',
    {
      purpose: 'verify tokens with keys from a URL',
      files: [...VERIFY, 'remote/discovery.ts', 'remote/options.ts', 'remote/remote.ts'],
    },
  ],
  ['verifier', { purpose: 'a configured verifier of a service', files: VERIFIER }],
  [
    'bearer',
    {
      purpose: 'guards of HTTP servers',
      files: [...VERIFIER, 'http/bearer.ts', 'http/credentials.ts', 'http/events.ts'],
    },
  ],
  [
    'sign',
    {
      purpose: 'sign tokens',
      files: [
        'errors.ts',
        'jwk/export.ts',
        'jwk/import.ts',
        'jwk/key.ts',
        'jwt/expected.ts',
        'jwt/sign.ts',
        'jwt/write.ts',
      ],
    },
  ],
  [
    'decrypt',
    {
      purpose: 'decrypt tokens',
      files: ['errors.ts', 'jwk/import.ts', 'jwk/key.ts', 'jwks/decryption.ts', 'jwt/decrypt.ts', 'jwt/expected.ts'],
    },
  ],
  [
    'issuer',
    {
      purpose: 'a rotating key ring and its endpoint',
      files: [
        'errors.ts',
        'http/jwks-endpoint.ts',
        'http/node-listener.ts',
        'issuer/issuer.ts',
        'issuer/options.ts',
        'store/file.ts',
        'store/memory.ts',
        'store/seal.ts',
      ],
    },
  ],
]);

/**
 * Returns the names of rooms and of files of src, sorted, each once.
 * @param argument where the words come from
 * @throws UsageError for any other word, which is not repeated
 */
export function resolveRooms(words: readonly string[], { files }: PackageSource, argument = 'ROOM'): readonly string[] {
  const names = words.map((word) => {
    const file = `${word.replace(/^src\//, '').replace(/\.ts$/, '')}.ts`;
    if (ROOMS.has(word)) return word;
    if (files.has(file)) return file;
    const meant = nearestWords(word, [...ROOMS.keys(), ...Array.from(files.keys(), (name) => name.slice(0, -3))]);
    const remedy = meant.length > 0 ? `; did you mean ${meant.join(' or ')}?` : '';
    throw new UsageError(
      `${argument} must be ${[...ROOMS.keys()].join(', ')}, or a file of src, such as jwt/unverified.ts${remedy}`,
    );
  });
  return [...new Set(names)].toSorted();
}

/** The endings of import paths in the copies. */
export const EXTENSIONS = ['js', 'ts', 'none'] as const;

/** The form of the copies. */
export interface Form {
  readonly language: Language;
  readonly extensions: (typeof EXTENSIONS)[number];
}

/** Matches the paths of static imports and re-exports, which the formatter keeps in this layout. */
const IMPORTS = /^((?:import|export)\s+(?:[^'";]*?\bfrom\s+)?)'([^']+)';/gm;

/** Returns the texts of the rooms by the names of their copies: the licence, an index, and every file that it leads to. */
export function copyRooms(source: PackageSource, rooms: readonly string[], form: Form): ReadonlyMap<string, string> {
  const index = formatIndex(source, rooms, form);
  const texts = new Map([['index.ts', index]]);
  for (const [name, text] of texts)
    for (const path of importsOf(text).filter((each) => each.startsWith('.'))) {
      const file = new URL(path, new URL(name, 'file:///')).pathname.slice(1);
      texts.set(file, texts.get(file) ?? String(source.files.get(file)));
    }
  const ending = form.extensions === 'none' ? '' : `.${form.extensions}`;
  const copies = Array.from(texts, ([name, text]) => {
    const rewritten = text.replace(
      IMPORTS,
      (_, head, path) => `${head}'${path.replace(/^(\..*)\.ts$/, `$1${ending}`)}';`,
    );
    return [name.replace(/ts$/, form.language), rewritten] as const;
  });
  return new Map([['LICENSE', source.license] as const, ...copies].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function importsOf(text: string): readonly string[] {
  return Array.from(text.matchAll(IMPORTS), ([, , path]) => String(path));
}

/** The modules of node that texts import, or load where they are first used, sorted. */
export function nodeModulesOf(texts: readonly string[]): readonly string[] {
  const loaded = texts.flatMap((text) => text.match(/(?<=\bgetBuiltinModule\(')[^']+/g) ?? []);
  const imported = texts.flatMap(importsOf).filter((path) => path.startsWith('node:'));
  return [...new Set([...loaded, ...imported])].toSorted();
}

/** Lets a project with an older `lib` compile the copies; Node.js has had these since version 20. */
const LIBRARIES = '/// <reference lib="es2023" />\n/// <reference lib="es2024.string" />\n';

/** The front door's own statements for the files of the rooms. A file without public names is exported as it is. */
function formatIndex({ files, version }: PackageSource, rooms: readonly string[], { language }: Form): string {
  const statements = new Map(
    Array.from(String(files.get('index.ts')).matchAll(/^export [^;]*'\.\/([^']*)';$/gm), ([text, file = '']) => [
      file,
      text,
    ]),
  );
  const asked = rooms.flatMap(
    (room) => ROOMS.get(room)?.files ?? (room === 'index.ts' ? [...statements.keys()] : [room]),
  );
  const others = rooms.filter((room) => !ROOMS.has(room) && room !== 'index.ts' && !statements.has(room));
  const lines = [
    ...Array.from(statements).flatMap(([file, text]) => (asked.includes(file) ? [text] : [])),
    ...others.map((file) => `export * from './${file}';`),
  ];
  const head = `// barejose ${version}: ${rooms.join(', ')}. Copied by \`barejose vendor\`, and compared by \`barejose vendor check\`.\n`;
  return `${head}${language === 'ts' ? LIBRARIES : ''}\n${lines.join('\n')}\n`;
}
