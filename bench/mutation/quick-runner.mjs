// A test runner for Stryker that runs tests in its own process, where src is loaded once for many mutants. Stryker's own runner for
// Vitest loads everything anew for each: two seconds instead of thirty milliseconds. It is asked only for what needs it: tests that mock
// modules, and those that fail here without a mutant.
//
// Vitest's own engine runs the tests in both. A mutant counts as killed if a test fails with it and passes without it just afterwards.
// Where the test fails then, too, a mutant has left something behind, in a cache for example: the test is asked once more with everything
// loaded anew. So is a mutant that no test has noticed.
import { readdirSync, readFileSync } from 'node:fs';
import { register } from 'node:module';
import { matchesGlob } from 'node:path';
import { pathToFileURL } from 'node:url';
import { INSTRUMENTER_CONSTANTS } from '@stryker-mutator/api/core';
import { declareFactoryPlugin, PluginKind } from '@stryker-mutator/api/plugin';
import { strykerPlugins as vitestPlugins } from '@stryker-mutator/vitest-runner';
import { register as readTypeScript } from 'tsx/esm/api';

const MOCKS = /\bvi\.(mock|doMock|hoisted|resetModules)\(/;
/** Milliseconds for a test, of which most take a few. */
const TIMEOUT = 10_000;
const INACTIVE = { activeMutant: undefined, hitLimit: undefined, hitCount: undefined };

class QuickRunner {
  #vitest;
  /** What Stryker's code in each mutated place reads: which mutant is active, and how often it may run. */
  #state;
  /** Vitest's engine, and what tests use of it. */
  #engine;
  /** How often src was loaded, and how many times a test file. */
  #fresh = 0;
  #imports = 0;
  /** The time that each file takes here, and how many mutants it killed. */
  #files = new Map();
  /** The tests that fail here without a mutant. */
  #failing = new Set();

  constructor(vitest, globalNamespace) {
    this.#vitest = vitest;
    this.#state = globalThis[globalNamespace] ??= {};
  }

  capabilities() {
    return { reloadEnvironment: true };
  }

  init() {
    return this.#vitest.init();
  }

  dryRun(options) {
    return this.#vitest.dryRun(options);
  }

  dispose() {
    return this.#vitest.dispose();
  }

  async mutantRun(options) {
    const files = [...new Set(options.testFilter?.map(fileOf) ?? allFiles())];
    const runnable = await this.#likeliestFirst(files);
    // Only where everything was loaded anew, nothing that was left behind can hide the mutant.
    const killer = (await this.#killerOf(runnable, options)) ?? (await this.#killerOf(runnable, options, true));
    if (killer !== undefined)
      return { status: 'killed', killedBy: [killer], failureMessage: 'the test fails', nrOfTests: 1 };
    const all = options.testFilter ?? [...files.map((file) => `${file}#`), ...this.#failing];
    const testFilter = all.filter((id) => this.#failing.has(id) || !runnable.includes(fileOf(id)));
    return testFilter.length > 0
      ? this.#vitest.mutantRun({ ...options, testFilter })
      : { status: 'survived', nrOfTests: options.testFilter?.length ?? 0 };
  }

  /** The first test that notices the mutant. One of code that also runs while it is loaded must be active then, too. */
  async #killerOf(files, { activeMutant, testFilter, hitLimit, mutantActivation }, anew = false) {
    const isStatic = mutantActivation === 'static';
    if (isStatic && anew) return undefined; // as it was the first time
    const state = { activeMutant: activeMutant.id, hitLimit, hitCount: 0 };
    if (isStatic || anew) this.#fresh++;
    for (const file of files) {
      const ids = testFilter?.filter((id) => fileOf(id) === file);
      const [killer] = await this.#failuresOf(file, { ids, state, isStatic });
      if (killer === undefined) continue;
      if (isStatic) this.#fresh++;
      if (!(await this.#isKiller(file, killer, state))) continue;
      this.#files.get(file).kills++;
      return killer;
    }
    if (isStatic) this.#fresh++;
    return undefined;
  }

  /** Whether the test passes without the mutant. If not, it is asked once more with everything loaded anew, without the mutant first. */
  async #isKiller(file, killer, state) {
    const passes = async (with_) => (await this.#failuresOf(file, { ids: [killer], state: with_ })).length === 0;
    if (await passes(INACTIVE)) return true;
    this.#fresh++;
    const isKiller = (await passes(INACTIVE)) && !(await passes({ ...state, hitCount: 0 }));
    this.#fresh++;
    return isKiller;
  }

  /** Those of the files that can be run here, by what they found so far for the time they take. */
  async #likeliestFirst(files) {
    for (const file of files)
      if (!this.#files.has(file)) this.#files.set(file, { kills: 1, time: await this.#timeOf(file) });
    const yieldOf = (file) => this.#files.get(file).kills / this.#files.get(file).time;
    return files.filter((file) => yieldOf(file) > 0).sort((a, b) => yieldOf(b) - yieldOf(a));
  }

  /** The milliseconds that a file takes without a mutant; endless where Vitest must run it. */
  async #timeOf(file) {
    if (MOCKS.test(readFileSync(file, 'utf8'))) return Number.POSITIVE_INFINITY;
    const start = performance.now();
    const failures = await this.#failuresOf(file, { bail: false });
    if (failures.includes(file)) return Number.POSITIVE_INFINITY;
    for (const id of failures) this.#failing.add(id);
    return performance.now() - start;
  }

  /** Runs the tests `ids` of a file, or all, up to the first that fails, without those that fail anyway; with the mutant of `state`. */
  async #failuresOf(file, { ids, state = INACTIVE, isStatic = false, bail = true }) {
    process.on('unhandledRejection', ignore);
    process.on('uncaughtException', ignore);
    if (isStatic) Object.assign(this.#state, state);
    try {
      this.#engine ??= await loadEngine();
      const { startTests, clean } = this.#engine;
      const failures = [];
      const [task] = await startTests([file], {
        config: configOf(ids),
        importFile: (path) => import(`${pathToFileURL(path)}?fresh=${this.#fresh}&import=${this.#imports++}`),
        onCollected: () => Object.assign(this.#state, state),
        onBeforeRunTask: (test) => {
          if ((bail && failures.length > 0) || this.#failing.has(idOf(file, test))) test.mode = 'skip';
        },
        onBeforeTryTask: clean,
        onAfterRunTask(test) {
          if (test.result.state === 'fail') failures.push(idOf(file, test));
        },
      });
      clean();
      // Where the file itself or one of its hooks fails, none of its tests runs.
      return task.result?.state === 'fail' && failures.length === 0 ? [...(ids ?? [file])] : failures;
    } finally {
      Object.assign(this.#state, INACTIVE);
      process.off('unhandledRejection', ignore);
      process.off('uncaughtException', ignore);
    }
  }
}

function ignore() {}

/** Vitest's engine, which takes this process for one of Vitest's workers. */
async function loadEngine() {
  readTypeScript();
  register('./fresh-modules.mjs', import.meta.url);
  globalThis.__vitest_worker__ ??= { config: configOf(), ctx: {}, rpc: {}, environment: { name: 'node' }, metaEnv: {} };
  const { startTests } = await import('@vitest/runner');
  const { vi, expect } = await import('vitest');
  const clean = () => {
    vi.useRealTimers();
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
    vi.unstubAllEnvs();
    expect.setState({ assertionCalls: 0, isExpectingAssertions: false, expectedAssertionsNumber: null });
  };
  return { startTests, clean };
}

function configOf(ids = undefined) {
  return {
    root: process.cwd(),
    testNamePattern: ids && patternOf(ids.map((id) => id.slice(id.indexOf('#') + 1))),
    setupFiles: [],
    tags: [],
    allowOnly: true,
    passWithNoTests: true,
    sequence: { hooks: 'stack', setupFiles: 'list' },
    maxConcurrency: 1,
    testTimeout: TIMEOUT,
    hookTimeout: TIMEOUT,
    retry: 0,
    chaiConfig: {},
    expect: {},
    fakeTimers: { loopLimit: 10_000, shouldClearNativeTimers: true },
  };
}

function patternOf(names) {
  return new RegExp(`^(?:${names.map((name) => name.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&')).join('|')})$`);
}

/** The names that Stryker has for tests: the file, and the names of suites and test. */
function idOf(file, test) {
  const namesOf = ({ name, suite }) => (suite ? [...namesOf(suite), name] : [name]);
  return `${file}#${namesOf(test).join(' ')}`;
}

function fileOf(id) {
  return id.slice(0, id.indexOf('#'));
}

/** The files of a mutant that every test may meet. */
function allFiles() {
  const patterns = process.env.BAREJOSE_MUTATION_TESTS.split(' ');
  const files = readdirSync('test', { recursive: true }).map((file) => `test/${file}`);
  return files.filter((file) => file.endsWith('.test.ts') && patterns.some((pattern) => matchesGlob(file, pattern)));
}

function createQuickRunner(injector) {
  return new QuickRunner(vitestPlugins[0].factory(injector), INSTRUMENTER_CONSTANTS.NAMESPACE);
}
createQuickRunner.inject = ['$injector'];

export const strykerPlugins = [declareFactoryPlugin(PluginKind.TestRunner, 'quick', createQuickRunner)];
