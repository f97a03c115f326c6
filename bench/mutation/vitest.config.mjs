// The tests that can notice a mutant of one room: those of the room itself, and of what is asked of it as a whole.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { include: (process.env.BAREJOSE_MUTATION_TESTS ?? '').split(' '), testTimeout: 60_000 },
});
