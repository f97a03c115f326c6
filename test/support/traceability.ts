// Which requirement of the RFCs is cited by which line of src/, and proved by which test.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface Requirement {
  readonly id: string;
  readonly level: string;
  readonly role: string;
  readonly text: string;
}

/** A place that names a requirement. `line` is what stands there. */
export interface Mention {
  readonly id: string;
  readonly at: string;
  readonly line: string;
}

export interface Traceability {
  readonly requirements: readonly Requirement[];
  readonly sources: readonly Mention[];
  readonly tests: readonly Mention[];
  readonly exceptions: ReadonlyMap<string, string>;
}

/** The RFCs this release claims to keep; the table holds more. */
const RFCS = '4648 6750 7493 7515 7516 7517 7518 7519 7638 7797 8037 8259 8414 8725 8812 9068 9278 9864 9964'.split(
  ' ',
);
/** MUST, MUST NOT, SHALL, REQUIRED, and their lower-case kin. */
const BINDING = /^(must|shall|required)\b/i;
/** A source line cites in its comment, a test in a string: its title, or the part of a table that goes into one. */
const COMMENT = /\/\/|^\s*\/?\*/;
const TITLE = /^(?!\s*(?:\/\/|\/?\*)).*['"`]/;
/** An id in square brackets: RFC, section, step. */
const CITE = /\[([0-9]{4}(?:bis)?-[0-9A-Z][0-9A-Za-z.]*-[0-9]+[a-z]?)\]/g;

/** Whether a requirement has to be proved by a test or excepted with a reason. */
export function isBinding({ id, level }: Requirement): boolean {
  return RFCS.includes(id.slice(0, id.indexOf('-'))) && BINDING.test(level);
}

export function readTraceability(): Traceability {
  return {
    requirements: readTable('vectors/requirements.tsv').map(([id = '', level = '', role = '', text = '']) => ({
      id,
      level,
      role,
      text,
    })),
    sources: mentions('src', (line) => COMMENT.test(line)),
    tests: mentions('test', (line) => TITLE.test(line)),
    exceptions: new Map(readTable('vectors/requirements-exceptions.tsv').map(([id = '', reason = '']) => [id, reason])),
  };
}

/** Lists mentions by id, keeping the first of a line. */
export function byId(list: readonly Mention[]): ReadonlyMap<string, readonly Mention[]> {
  const found = new Map<string, Mention[]>();
  for (const mention of list) found.set(mention.id, [...(found.get(mention.id) ?? []), mention]);
  return found;
}

/** The rows below the heading, split at tabs. */
function readTable(path: string): string[][] {
  const [, ...rows] = readFileSync(fromRoot(path), 'utf8').trimEnd().split('\n');
  return rows.map((row) => row.split('\t'));
}

/** Every id on those lines of a directory's TypeScript files that `belongs` accepts. */
function mentions(directory: string, belongs: (line: string) => boolean): Mention[] {
  return typescriptFiles(directory).flatMap((path) =>
    readFileSync(fromRoot(path), 'utf8')
      .split('\n')
      .flatMap((line, i) => {
        const cites = belongs(line) ? [...line.matchAll(CITE)] : [];
        return cites.map(([, id = '']) => ({ id, at: `${path}:${i + 1}`, line: line.trim() }));
      }),
  );
}

function typescriptFiles(directory: string): string[] {
  const names = readdirSync(fromRoot(directory), { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${directory}/${name}`)
    .sort();
}

function fromRoot(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}
