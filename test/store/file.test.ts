// The file store in real folders: the contract, what others may have put there, and every way two writers can meet.

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { RingEvent } from '../../src/issuer/events.ts';
import { createIssuer } from '../../src/issuer/issuer.ts';
import type { IssuerOptions } from '../../src/issuer/options.ts';
import { fileStore } from '../../src/store/file.ts';
import type { RingStore } from '../../src/store/store.ts';
import { expectTypeError } from '../support/expect.ts';
import { keepsToTheContract, LAST_VERSION, MOST_OCTETS } from './store-contract.ts';

/** What the store asks of the file system, in order; and what happens right before something, once or always. */
const watched = {
  asked: [] as string[],
  before: [] as { name: string; path: RegExp; run: () => unknown; always?: boolean }[],
  /** The flags that there are, where they are others. */
  constants: undefined as object | undefined,
};

/** node:fs/promises, watched. */
function watchedFiles(): object {
  const files = process.getBuiltinModule('node:fs/promises');
  const watch = async (name: string, path: string): Promise<void> => {
    watched.asked.push(`${name} ${path.replace(/^.*\//, '').replace(/-[0-9a-f-]{36}\.tmp/, '-*.tmp')}`);
    const at = watched.before.findIndex((hook) => hook.name === name && hook.path.test(path));
    const [hook] = watched.before[at]?.always ? [watched.before[at]] : watched.before.splice(at, at < 0 ? 0 : 1);
    await hook?.run();
  };
  return {
    ...files,
    constants: new Proxy({}, { get: (_, flag) => Reflect.get(watched.constants ?? files.constants, flag) }),
    open: async (path: string, flags: string | number, mode?: number) => {
      await watch('open', path);
      const file = await files.open(path, flags, mode);
      const { sync } = file;
      file.sync = async () => {
        await watch('sync', path);
        return sync.call(file);
      };
      return file;
    },
    link: async (from: string, to: string) => {
      await watch('link', to);
      return files.link(from, to);
    },
    readdir: async (path: string) => {
      await watch('readdir', path);
      return files.readdir(path);
    },
    mkdir: async (path: string, mode: number) => {
      await watch('mkdir', path);
      return files.mkdir(path, mode);
    },
    rm: async (path: string, options: object) => {
      await watch('rm', path);
      return files.rm(path, options);
    },
  };
}

const filesOfStore = watchedFiles();
const { getBuiltinModule } = process;
vi.spyOn(process, 'getBuiltinModule').mockImplementation((id: string) =>
  id === 'node:fs/promises' ? filesOfStore : getBuiltinModule(id),
);

const parent = realpathSync(mkdtempSync(join(tmpdir(), 'barejose-store-')));
const umask = process.umask();
let count = 0;
let folder: string;

beforeEach(() => {
  folder = join(parent, `ring-${++count}`);
  watched.asked.length = 0;
});
afterEach(() => {
  watched.before.length = 0;
  process.umask(umask);
});
afterAll(() => rmSync(parent, { recursive: true }));

keepsToTheContract((name) => fileStore(join(parent, name)));

const name = (version: number): string => `ring-${String(version).padStart(12, '0')}.json`;
const path = (version: number): string => join(folder, name(version));
const draft = (version: number, id = '0f8fad5b-d9cb-469f-a165-70867728950e'): string =>
  `.ring-${String(version).padStart(12, '0')}-${id}.tmp`;
const here = (): string[] => readdirSync(folder).toSorted();
const put = (file: string, octets: string | Uint8Array = '"put"', mode = 0o600): void =>
  writeFileSync(join(folder, file), octets, { mode });

/** A store in a folder with this version. */
async function at(version: number): Promise<RingStore> {
  mkdirSync(folder, { mode: 0o700 });
  if (version > 0) put(name(version), `"${version}"`);
  return fileStore(folder);
}

const invalid = (promise: Promise<unknown>, message?: RegExp) =>
  expect(promise).rejects.toMatchObject({
    code: 'ERR_RING_INVALID',
    message: expect.stringMatching(message ?? /./),
  });

describe('a save', () => {
  test('puts all of it on the disk before it has its name, and its name before the one before it goes', async () => {
    const store = await at(1);
    watched.asked.length = 0;
    expect(await store.save('"2"', 1)).toBe(true);
    const saving = watched.asked.slice(watched.asked.indexOf(`open ${name(1)}`) + 1);
    const own = folder.replace(/^.*\//, '');
    expect(saving).toEqual([
      `readdir ${own}`,
      'open .ring-000000000002-*.tmp',
      'sync .ring-000000000002-*.tmp',
      `link ${name(2)}`,
      'rm .ring-000000000002-*.tmp',
      `open ${own}`,
      `sync ${own}`,
      `readdir ${own}`,
      `rm ${name(1)}`,
    ]);
    expect(here()).toEqual([name(2)]);
  });

  test('the first one makes the folder, which is on the disk when its own folder is', async () => {
    expect(await fileStore(folder).save('"1"', 0)).toBe(true);
    expect(watched.asked.filter((asked) => /^(?:mkdir|sync)/.test(asked))).toEqual([
      `mkdir ring-${count}`,
      'sync ..',
      'sync .ring-000000000001-*.tmp',
      `sync ring-${count}`,
    ]);
  });

  test('a folder and a file for the owner only, whatever the umask', async () => {
    process.umask(0);
    await fileStore(folder).save('"1"', 0);
    expect([statSync(folder).mode & 0o777, statSync(path(1)).mode & 0o777]).toEqual([0o700, 0o600]);
  });

  test('a text that is not the first one makes no folder', async () => {
    expect(await fileStore(folder).save('"8"', 7)).toBe(false);
    expect(existsSync(folder)).toBe(false);
  });

  test('what the folder is to lie in must be there', async () => {
    await expect(fileStore(join(folder, 'deeper')).save('"1"', 0)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(existsSync(folder)).toBe(false);
  });

  test('the folder that was made meanwhile is taken', async () => {
    watched.before.push({ name: 'mkdir', path: /./, run: () => mkdirSync(folder, { mode: 0o700 }) });
    expect(await fileStore(folder).save('"1"', 0)).toBe(true);
  });

  test('that is, unless it is open to others', async () => {
    const open = () => {
      mkdirSync(folder);
      chmodSync(folder, 0o755);
    };
    watched.before.push({ name: 'mkdir', path: /./, run: open });
    await invalid(fileStore(folder).save('"1"', 0), /accessible to other users/);
    expect(here()).toEqual([]);
  });

  test('tidies up what killed processes have left, and nothing else', async () => {
    const store = await at(4);
    const left = [name(2), name(3), draft(4), draft(5)];
    const others = [
      draft(6),
      '.ring-5.tmp',
      'notes.txt',
      'ring-3.json',
      `${name(3)}.bak`,
      `x${name(3)}`,
      draft(3, 'x'),
      name(0),
      `x${draft(3)}`,
    ];
    for (const file of [...left, ...others]) put(file);
    expect(await store.save('"5"', 4)).toBe(true);
    expect(here()).toEqual([name(5), ...others].toSorted());
    expect((await store.load()).records).toBe('"5"');
  });

  test.each(['open', 'sync', 'link'])('that fails in %s leaves nothing, and the ring as it was', async (step) => {
    const store = await at(1);
    const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    const where = step === 'link' ? /ring-/ : /\.tmp$/;
    watched.before.push({ name: step, path: where, run: () => Promise.reject(full) });
    await expect(store.save('"2"', 1)).rejects.toBe(full);
    expect(here()).toEqual([name(1)]);
    expect(await store.load()).toEqual({ records: '"1"', version: 1 });
    expect(await store.save('"2"', 1)).toBe(true);
  });

  test('that cannot make the folder says so', async () => {
    const denied = Object.assign(new Error('permission denied'), { code: 'EACCES' });
    watched.before.push({ name: 'mkdir', path: /./, run: () => Promise.reject(denied) });
    await expect(fileStore(folder).save('"1"', 0)).rejects.toBe(denied);
  });
});

describe('two writers', () => {
  test('of whom the other is first with the same version', async () => {
    const store = await at(3);
    const other = () => fileStore(folder).save('"theirs"', 3);
    watched.before.push({ name: 'link', path: /ring-0+4\.json$/, run: other });
    expect(await store.save('"ours"', 3)).toBe(false);
    expect(here()).toEqual([name(4)]);
    expect((await store.load()).records).toBe('"theirs"');
  });

  test('of whom the other is two ahead: the name is free again, and yet it is too late', async () => {
    const store = await at(3);
    let midway: string[] = [];
    const look = async () => {
      midway = here();
      expect(await fileStore(folder).load()).toEqual({ records: '"5"', version: 5 });
    };
    const others = async () => {
      const other = fileStore(folder);
      expect([await other.save('"4"', 3), await other.save('"5"', 4)]).toEqual([true, true]);
      watched.before.push({ name: 'sync', path: /ring-\d+$/, run: look });
    };
    // It has loaded version 3 and writes its draft only now.
    watched.before.push({ name: 'open', path: /\.tmp$/, run: others });
    expect(await store.save('"stale"', 3)).toBe(false);
    expect(midway).toEqual([name(4), name(5)]);
    expect(here()).toEqual([name(5)]);
  });

  test('of whom the other has tidied up our draft', async () => {
    const store = await at(3);
    const others = async () => {
      const other = fileStore(folder);
      await other.save('"4"', 3);
      await other.save('"5"', 4);
    };
    watched.before.push({ name: 'link', path: /ring-0+4\.json$/, run: others });
    expect(await store.save('"stale"', 3)).toBe(false);
    expect(here()).toEqual([name(5)]);
  });

  test('many, each adding to what it loads: nothing is lost and nothing is there twice', async () => {
    const add = async (id: number): Promise<number> => {
      const store = fileStore(folder);
      for (let lost = 0; ; lost++) {
        const { records = '[]', version } = await store.load();
        const ids: number[] = JSON.parse(records);
        // "Nobody can tell" may have been a yes.
        if (ids.includes(id)) return lost;
        if (await store.save(JSON.stringify([...ids, id]), version)) return lost;
      }
    };
    const lost = await Promise.all(Array.from({ length: 60 }, (_, id) => add(id)));
    const { records = '', version } = await fileStore(folder).load();
    expect(JSON.parse(records).toSorted((a: number, b: number) => a - b)).toEqual(lost.map((_, id) => id));
    expect(version).toBe(60);
    expect(here()).toEqual([name(60)]);
    expect(lost.some((times) => times > 0)).toBe(true);
  });
});

describe('a load', () => {
  test('of a folder that is not there, or has no generation', async () => {
    const nothing = { records: undefined, version: 0 };
    expect(await fileStore(folder).load()).toEqual(nothing);
    expect(existsSync(folder)).toBe(false);
    await at(0);
    for (const file of ['ring-1.json', 'ring-0000000000012.json', name(0), `${name(3)}~`, `A${name(3)}`, draft(7), 'a'])
      put(file);
    put('ring-00000000001x.json');
    put(`ring-00000000${'٣'.repeat(4)}.json`);
    expect(await fileStore(folder).load()).toEqual(nothing);
  });

  test('takes the highest, though one that is lower was left', async () => {
    const store = await at(10);
    for (const version of [9, 2, 3]) put(name(version), `"${version}"`);
    expect(await store.load()).toEqual({ records: '"10"', version: 10 });
    expect(await store.save('"no"', 9)).toBe(false);
    expect(here()).toHaveLength(4);
  });

  test('does not take a save that came too late for the generation that it looked for', async () => {
    const store = await at(5);
    // Two others save meanwhile, and a third that was slow gives its own text the number that they have freed.
    const others = async () => {
      rmSync(join(folder, name(5)));
      put(name(7), '"7"');
      put(name(5), '"late"');
    };
    watched.before.push({ name: 'open', path: /ring-0+5\.json$/, run: others });
    expect(await store.load()).toEqual({ records: '"7"', version: 7 });
  });

  test('takes the next one when the highest is replaced in between', async () => {
    const store = await at(1);
    const replace = () => fileStore(folder).save('"2"', 1);
    // The one that replaces it loads it first.
    watched.before.push({ name: 'open', path: /ring-0+1\.json$/, run: replace });
    expect(await store.load()).toEqual({ records: '"2"', version: 2 });
  });

  test('gives up when that goes on for ever', async () => {
    const store = await at(0);
    symlinkSync('nowhere', path(1));
    const gone = Object.assign(new Error('gone'), { code: 'ENOENT' });
    let times = 0;
    const vanish = () => {
      times++;
      throw gone;
    };
    watched.before.push({ name: 'open', path: /json$/, run: vanish, always: true });
    await expect(store.load()).rejects.toBe(gone);
    expect(times).toBe(100);
  });

  test('the last version there can be, after which nothing is saved', async () => {
    const store = await at(LAST_VERSION);
    expect(await store.load()).toEqual({ records: `"${LAST_VERSION}"`, version: LAST_VERSION });
    await invalid(store.save('"more"', LAST_VERSION), /999999999999/);
    expect(here()).toEqual([name(LAST_VERSION)]);
  });

  test('what the system says of a folder or a file that cannot be read is thrown', async () => {
    const store = await at(1);
    const denied = Object.assign(new Error('permission denied'), { code: 'EACCES' });
    for (const [step, where] of [
      ['readdir', /./],
      ['open', /json$/],
    ] as const) {
      watched.before.push({ name: step, path: where, run: () => Promise.reject(denied) });
      await expect(store.load()).rejects.toBe(denied);
      watched.before.push({ name: step, path: where, run: () => Promise.reject(denied) });
      await expect(store.save('"2"', 1)).rejects.toBe(denied);
    }
    await expect(fileStore(join(path(1), 'deeper')).load()).rejects.toMatchObject({ code: 'ENOTDIR' });
    expect(here()).toEqual([name(1)]);
  });
});

describe('pruning', () => {
  const failure = (code: string) => Object.assign(new Error('failed'), { code });

  test('removes lower generations and drafts that can become none, once the folder is on the disk', async () => {
    const store = await at(5);
    const others = [draft(6), 'notes.txt', `${name(3)}.bak`, name(0)];
    for (const file of [name(2), name(4), draft(4), draft(5), ...others]) put(file);
    await store.prune?.(5);
    const own = folder.replace(/^.*\//, '');
    const gone = watched.asked.slice(3);
    expect(watched.asked.slice(0, 3)).toEqual([`readdir ${own}`, `open ${own}`, `sync ${own}`]);
    expect(gone.toSorted()).toEqual(
      ['.ring-000000000004-*.tmp', '.ring-000000000005-*.tmp', name(2), name(4)].map((file) => `rm ${file}`),
    );
    expect(here()).toEqual([name(5), ...others].toSorted());
  });

  test('looks and does no more where nothing is left', async () => {
    const store = await at(5);
    await store.prune?.(5);
    expect(watched.asked).toEqual([`readdir ${folder.replace(/^.*\//, '')}`]);
  });

  test('by who has read a version that was replaced since takes nothing that is newer', async () => {
    const store = await at(5);
    for (const file of [name(3), name(4), draft(5), draft(6)]) put(file);
    await store.prune?.(4);
    expect(here()).toEqual([draft(5), draft(6), name(4), name(5)].toSorted());
  });

  test('leaves everything where the folder cannot be put on the disk', async () => {
    const store = await at(5);
    put(name(4));
    watched.before.push({ name: 'sync', path: /./, run: () => Promise.reject(failure('EIO')) });
    await expect(store.prune?.(5)).rejects.toMatchObject({ code: 'EIO' });
    expect(here()).toEqual([name(4), name(5)]);
  });

  test('of the draft of a save that is under way makes that save come too late, and no more', async () => {
    const store = await at(4);
    const others = async () => {
      await fileStore(folder).save('"theirs"', 4);
      await fileStore(folder).prune?.(5);
    };
    watched.before.push({ name: 'link', path: /ring-0+5\.json$/, run: others });
    expect(await store.save('"ours"', 4)).toBe(false);
    expect(here()).toEqual([name(5)]);
    expect((await store.load()).records).toBe('"theirs"');
  });

  const steps: readonly (readonly [step: string, where: RegExp, code: string])[] = [
    ['rm', /\.tmp$/, 'EIO'],
    ['open', /ring-\d+$/, 'EMFILE'],
    ['sync', /ring-\d+$/, 'EIO'],
    ['readdir', /ring-\d+$/, 'EMFILE'],
    ['rm', /\.json$/, 'EIO'],
  ];
  const texts = () => here().map((file) => readFileSync(join(folder, file), 'utf8'));
  const open = (settings: Partial<IssuerOptions> = {}) => {
    const policy = { maxTokenLifetime: '1h' } as const;
    return createIssuer({ issuer: 'https://issuer.example', store: fileStore(folder), policy, ...settings });
  };

  test.each(steps)(
    'a revocation that fails in %s of %s (%s) leaves an erased private part until the ring is read again',
    async (...failing) => {
      const [step, where, code] = failing;
      const issuer = await open();
      const [stolen] = JSON.parse(String(texts()[0])).keys;
      const fail = () => watched.before.push({ name: step, path: where, run: () => Promise.reject(failure(code)) });
      watched.before.push({ name: 'link', path: /./, run: fail });
      await expect(issuer.revoke(stolen.kid, 'stolen')).rejects.toMatchObject({ code: 'ERR_RING_UNAVAILABLE' });
      expect(texts().join()).toContain(stolen.privateJwk.d);
      await (step === 'sync' ? open() : issuer.refresh());
      expect(texts().join()).not.toContain(stolen.privateJwk.d);
      expect(here()).toEqual([name(2)]);
    },
  );

  test('that fails is told, each time, and the ring serves', async () => {
    const events: RingEvent[] = [];
    await open();
    const readOnly = () => Promise.reject(failure('EROFS'));
    const issuer = await open({ onEvent: (event) => events.push(event) });
    await issuer.rotate();
    put(name(1));
    watched.before.push({ name: 'rm', path: /\.json$/, run: readOnly, always: true });
    events.length = 0;
    await issuer.refresh();
    await issuer.refresh();
    const reason = 'the key ring cannot be cleared of older versions (EROFS)';
    expect(events).toMatchObject(Array(2).fill({ type: 'refresh-failed', reason, code: 'ERR_RING_UNAVAILABLE' }));
    await expect(issuer.sign({}, { audience: 'api', expiresIn: '1h' })).resolves.toMatch(/^eyJ/);
  });

  test('waits until an issuer has accepted what replaces the rest', async () => {
    await open();
    const kept = texts();
    put(name(7), JSON.stringify({ barejose: 'ring/1', version: 7, ring: 'https://other.example' }));
    await expect(open()).rejects.toMatchObject({ code: 'ERR_RING_INVALID' });
    expect(here()).toEqual([name(1), name(7)]);
    expect(texts()[0]).toBe(kept[0]);
  });
});

describe('refused, and left as it is:', () => {
  /** Neither loads nor saves, and everything is there as before. */
  async function refuses(message: RegExp, version = 1): Promise<void> {
    const listing = () => here().map((file) => [file, lstatSync(join(folder, file)).mtimeMs]);
    const before = listing();
    await invalid(fileStore(folder).load(), message);
    await invalid(fileStore(folder).save('"next"', version), message);
    expect(listing()).toEqual(before);
  }

  test.each([0o710, 0o701, 0o720, 0o740, 0o704, 0o702, 0o755, 0o770, 0o777])('a folder of mode %o', async (mode) => {
    await at(1);
    chmodSync(folder, mode);
    await refuses(/accessible to other users/);
    await invalid(fileStore(folder).save('"1"', 0), /accessible to other users/);
  });

  test.each([0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o644, 0o666])('a generation of mode %o', async (mode) => {
    await at(1);
    chmodSync(path(1), mode);
    await refuses(/accessible to other users/);
  });

  test('a symbolic link in place of a generation, wherever it leads', async () => {
    await at(0);
    put('elsewhere.json', '"elsewhere"');
    symlinkSync('elsewhere.json', path(1));
    await refuses(/symbolic link/);
    symlinkSync('nowhere', path(2));
    await refuses(/symbolic link/, 2);
  });

  test('a folder or a pipe in place of a generation', async () => {
    await at(0);
    mkdirSync(path(1), { mode: 0o700 });
    await refuses(/not a regular file of at most 4 MiB/);
    execFileSync('mkfifo', ['-m', '600', path(2)]);
    await refuses(/not a regular file of at most 4 MiB/, 2);
  });

  test('a file in place of the folder', async () => {
    writeFileSync(folder, 'text', { mode: 0o600 });
    await invalid(fileStore(folder).load(), /not a folder/);
    await invalid(fileStore(folder).save('"1"', 0), /not a folder/);
    expect(readFileSync(folder, 'utf8')).toBe('text');
  });

  test.each([
    ['octets that are no UTF-8', new Uint8Array([0x22, 0xff, 0x22])],
    ['half a character', Buffer.from('"é').subarray(0, 2)],
    ['UTF-16', Buffer.from('"text"', 'utf16le')],
    ['nothing, as a file system may leave after a crash', ''],
    ['zeros, as another one may', new Uint8Array(4096)],
    ['one octet too many', 'a'.repeat(MOST_OCTETS + 1)],
  ])('%s', async (_, octets) => {
    await at(0);
    put(name(1), octets);
    await refuses(/./);
  });

  test('and a good generation below a bad one does not help: who knows what was in that', async () => {
    await at(1);
    put(name(2), 'a'.repeat(MOST_OCTETS + 1));
    await refuses(/not a regular file of at most 4 MiB/);
  });
});

describe('elsewhere:', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    watched.constants = undefined;
    vi.resetModules();
  });

  /** The store in a process that finds this of its system. */
  async function storeWhere(system: object, flags?: object): Promise<RingStore> {
    // What the test runner itself asks of the process is answered as ever.
    vi.stubGlobal('process', Object.create(process, Object.getOwnPropertyDescriptors(system)));
    watched.constants = flags;
    vi.resetModules();
    return (await import('../../src/store/file.ts')).fileStore(folder);
  }

  test('what belongs to somebody else is refused, by the superuser, too', async () => {
    await at(1);
    const { uid } = statSync(folder);
    for (const geteuid of [() => uid + 1, () => (uid === 0 ? 1000 : 0)]) {
      const store = await storeWhere({ platform: 'linux', geteuid });
      await invalid(store.load(), /another user/);
      await invalid(store.save('"2"', 1), /another user/);
    }
    expect(here()).toEqual([name(1)]);
    expect((await (await storeWhere({ platform: 'linux', geteuid: () => uid })).load()).version).toBe(1);
  });

  test('so is a generation that somebody else has put into the folder', async () => {
    await at(1);
    let asked = 0;
    const { uid } = statSync(folder);
    // The folder is looked at first, and is ours.
    const store = await storeWhere({ platform: 'linux', geteuid: () => (asked++ % 2 === 0 ? uid : uid + 1) });
    await invalid(store.load(), /another user/);
  });

  test('on Windows modes and owners mean nothing, a folder cannot be synchronized, and the flags are not there', async () => {
    const store = await storeWhere({ platform: 'win32' }, { O_RDONLY: constants.O_RDONLY });
    expect(await store.save('"1"', 0)).toBe(true);
    chmodSync(folder, 0o777);
    chmodSync(path(1), 0o666);
    expect(await store.save('"2"', 1)).toBe(true);
    expect(await store.load()).toEqual({ records: '"2"', version: 2 });
    expect(watched.asked.filter((asked) => asked.startsWith('sync')).every((asked) => asked.endsWith('.tmp'))).toBe(
      true,
    );
  });
});

describe('a folder may be', () => {
  test('behind a symbolic link, as long as what is there is private', async () => {
    await at(1);
    renameSync(folder, `${folder}-real`);
    symlinkSync(`${folder}-real`, folder);
    const store = fileStore(folder);
    expect(await store.save('"2"', 1)).toBe(true);
    expect((await store.load()).version).toBe(2);
    chmodSync(`${folder}-real`, 0o750);
    await invalid(store.load(), /accessible to other users/);
  });

  test('of any name that a file system takes', async () => {
    const odd = join(parent, 'ring of “Zoë” %20 #1');
    expect(await fileStore(odd).save('"1"', 0)).toBe(true);
    expect((await fileStore(`${odd}/`).load()).version).toBe(1);
  });

  test('nothing but a path', () => {
    for (const bad of [undefined, null, '', 1, {}, 'a\0b', '\ud800', new URL('file:///a')])
      expectTypeError(() => fileStore(bad as string), 'folder');
  });
});

test('what is to be cleared below a version that is not there is left: it may be all there is', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'barejose-prune-'));
  try {
    const store = fileStore(folder);
    expect(await store.save('{"a":1}', 0)).toBe(true);
    await store.prune?.(1e9);
    expect((await store.load())?.version).toBe(1);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
