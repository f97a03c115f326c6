// A ring in memory, for tests and demonstrations: its keys are lost when the process ends.
import { checkArgumentCount } from '../options.ts';
import type { RingStore } from './store.ts';
import { checkSaveArguments, NOTHING_SAVED } from './store.ts';

export function memoryStore(): RingStore {
  checkArgumentCount(arguments.length, memoryStore);
  let stored = NOTHING_SAVED;
  return {
    load: async () => stored,
    save: async (records, expectedVersion) => {
      checkSaveArguments(records, expectedVersion);
      if (stored.version !== expectedVersion) return false;
      stored = Object.freeze({ records, version: expectedVersion + 1 });
      return true;
    },
  };
}
