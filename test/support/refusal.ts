// What a refusal says, as a value that a test can compare whole.
import { JoseError } from '../../src/index.ts';

/** The code of a JoseError, or 'TypeError' for the caller's mistake; and the message. */
export type Refusal = readonly [kind: string, message: string];

/** What an action ends with, which must be a refusal. */
export function refusalOf(action: () => unknown): Refusal {
  try {
    action();
  } catch (error) {
    return wordsOf(error);
  }
  throw new Error('nothing was refused');
}

/** The kind and the words of an error. Any other than the two kinds is thrown again. */
export function wordsOf(error: unknown): Refusal {
  if (error instanceof JoseError) return [error.code, error.message];
  if (error instanceof TypeError) return ['TypeError', error.message];
  throw error;
}
