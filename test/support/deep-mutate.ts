// Mutates everything that can be reached from a value, as a careless or hostile owner of it could.

type Pick = (bound: number) => number;

const JUNK: readonly unknown[] = [undefined, null, 'none', '', 0, -1, Number.NaN, true, [], ['none'], {}, () => 'none'];
const NAMES = ['alg', 'kid', 'key_ops', 'keys', 'current', 'code', 'valid', 'iss', 'exp', 'then', 'toJSON'];

/**
 * Whatever of it is frozen stays as it is.
 * @param pick a number from 0 to below the bound: which mutation each object gets
 */
export function deepMutate(value: unknown, pick: Pick, seen: Set<unknown> = new Set()): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  for (const inner of membersOf(value)) deepMutate(inner, pick, seen);
  try {
    mutate(value, pick);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // a frozen one
  }
}

function membersOf(value: object): unknown[] {
  if (ArrayBuffer.isView(value)) return [];
  const own = Reflect.ownKeys(value).map((name) => Object.getOwnPropertyDescriptor(value, name)?.value);
  if (value instanceof Map) own.push(...value.keys(), ...value.values());
  if (value instanceof Set) own.push(...value);
  return own;
}

function mutate(value: object, pick: Pick): void {
  const junk = JUNK[pick(JUNK.length)];
  if (value instanceof Uint8Array) value.fill(pick(256));
  else if (value instanceof Headers) value.set('cache-control', 'public, max-age=99999999');
  else if (value instanceof Map || value instanceof Set) value.clear();
  else if (value instanceof Date) value.setTime(0);
  else if (value instanceof URL) value.href = 'https://attacker.example/';
  else if (Array.isArray(value)) mutateArray(value, junk, pick);
  else mutateObject(value, junk, pick);
}

function mutateArray(value: unknown[], junk: unknown, pick: Pick): void {
  const [first] = value;
  const ways = [
    () => value.push('sign'),
    () => value.push(junk),
    () => value.unshift(first, first),
    () => value.splice(0),
    () => value.fill(junk),
    () => value.reverse(),
    () => value.pop(),
  ];
  ways[pick(ways.length)]?.();
}

function mutateObject(value: object, junk: unknown, pick: Pick): void {
  const names = Reflect.ownKeys(value);
  const name = names[pick(names.length)] ?? 'alg';
  const ways = [
    () => Reflect.set(value, name, junk),
    () => Reflect.set(value, NAMES[pick(NAMES.length)] ?? 'alg', junk),
    () => names.map((each) => Reflect.deleteProperty(value, each)),
    () => names.map((each) => Reflect.set(value, each, junk)),
    () => Object.assign(value, { alg: 'none', key_ops: ['sign', 'verify'], keys: [] }),
    () => Reflect.setPrototypeOf(value, { alg: 'none', iss: 'x', code: 'x' }),
  ];
  ways[pick(ways.length)]?.();
}
