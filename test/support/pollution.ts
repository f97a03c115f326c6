// A polluted Object.prototype: every name that the source uses is put on it, for as long as one call takes.
import { readdirSync, readFileSync } from 'node:fs';

export type Pollution = Readonly<Record<string, unknown>>;

const src = new URL('../../src/', import.meta.url);

/**
 * Names that are left out:
 * - what every object has anyway;
 * - the members of a property descriptor: with one of these on Object.prototype, `defineProperty` works no more in node itself
 *   and in the test runner;
 * - `then` and `return`, which the language looks up in whatever is awaited and in the iterator of whatever is destructured.
 */
const LEFT_OUT: ReadonlySet<string> = new Set([
  ...Object.getOwnPropertyNames(Object.prototype),
  ...['value', 'get', 'set', 'writable', 'enumerable', 'configurable'],
  ...['then', 'return'],
]);

/** Every identifier that occurs in src/, comments and texts included, so that none is missed. */
export function namesInSource(): readonly string[] {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const texts = files.map((name) => readFileSync(new URL(name.replaceAll('\\', '/'), src), 'utf8'));
  const names = new Set(texts.flatMap((text) => text.match(/[A-Za-z_$][\w$]*/g) ?? []));
  return [...names].filter((name) => !LEFT_OUT.has(name)).toSorted();
}

function pollute(pollution: Pollution): void {
  for (const [name, value] of Object.entries(pollution))
    Object.defineProperty(Object.prototype, name, { value, configurable: true, enumerable: true, writable: true });
}

function clean(names: readonly string[]): void {
  for (const name of names) Reflect.deleteProperty(Object.prototype, name);
}

/** Runs a synchronous call. */
export function whilePolluted<T>(pollution: Pollution, run: () => T): T {
  const names = Object.keys(pollution);
  try {
    pollute(pollution);
    return run();
  } finally {
    clean(names);
  }
}

/**
 * Runs a call that waits for settled promises only: the test runner, which shares the process, gets no turn meanwhile.
 * @throws Error when the call waits for anything else, since everything that runs then is polluted, too
 */
export async function whilePollutedAsync<T>(pollution: Pollution, run: () => Promise<T>): Promise<T> {
  const names = Object.keys(pollution);
  let isLate = false;
  const turn = setImmediate(() => {
    clean(names);
    isLate = true;
  });
  try {
    pollute(pollution);
    const result = await run();
    if (isLate) throw new Error('the polluted call waited for more than settled promises');
    return result;
  } finally {
    clean(names);
    clearImmediate(turn);
  }
}

/** A name that was looked up in an object and found on Object.prototype only, and the line that did so. */
export interface InheritedRead {
  readonly name: string;
  readonly place: string;
}

/** Which of the names are looked up as far as Object.prototype. Each lookup finds nothing, so that the call is not disturbed. */
export async function inheritedReads(
  names: readonly string[],
  run: () => Promise<unknown>,
): Promise<readonly InheritedRead[]> {
  const reads = new Map<string, InheritedRead>();
  let isWatching = true;
  const note = (name: string) => {
    if (!isWatching) return;
    isWatching = false; // while the stack is read
    const place = callerOfGetter();
    reads.set(`${name} ${place}`, { name, place });
    isWatching = true;
  };
  for (const name of names) {
    const get = () => note(name);
    const set = function (this: object, value: unknown) {
      Object.defineProperty(this, name, { value, configurable: true, enumerable: true, writable: true });
    };
    Object.defineProperty(Object.prototype, name, { get, set, configurable: true });
  }
  try {
    await run();
  } finally {
    isWatching = false;
    clean(names);
  }
  return [...reads.values()];
}

function callerOfGetter(): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 4;
  const { stack = '' } = new Error('here');
  Error.stackTraceLimit = limit;
  return stack.split('\n')[4]?.trim() ?? 'nowhere';
}
