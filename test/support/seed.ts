// Gives every property test the seed of BAREJOSE_SEED, if it is set. CI sets it to a number of the tree that it tests: so
// another commit draws other cases, and a second run of one commit the cases that passed in the first.
import process from 'node:process';

const { BAREJOSE_SEED } = process.env;

/** The seed of this run, if it is given. */
export const GIVEN_SEED: number | undefined = BAREJOSE_SEED === undefined ? undefined : Number(BAREJOSE_SEED);

// fast-check is loaded only here: most test files have no use for it.
if (GIVEN_SEED !== undefined) {
  const { default: fc } = await import('fast-check');
  fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: GIVEN_SEED });
}
