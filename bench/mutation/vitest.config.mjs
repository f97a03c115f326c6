// The tests that can notice a mutant of one room, in the order in which they are named: those of the room itself first, since most
// mutants fail there, and the first failure ends a mutant's run.
import { matchesGlob } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';

const tests = (process.env.BAREJOSE_MUTATION_TESTS ?? '').split(' ');

class InOrder extends BaseSequencer {
  async sort(files) {
    const place = ({ moduleId }) => tests.findIndex((test) => matchesGlob(moduleId, `**/${test}`));
    return files.toSorted((a, b) => place(a) - place(b));
  }
}

export default defineConfig({ test: { include: tests, testTimeout: 60_000, sequence: { sequencer: InOrder } } });
