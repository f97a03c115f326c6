// Which error an action ends with, as one word that a test can compare.
import { JoseError } from '../../src/index.ts';

/** The code of the JoseError thrown, 'TypeError' for the caller's mistake, null for none. Any other error is not caught. */
export function codeOf(action: () => unknown): string | null {
  try {
    action();
    return null;
  } catch (error) {
    if (error instanceof JoseError) return error.code;
    if (error instanceof TypeError) return 'TypeError';
    throw error;
  }
}
