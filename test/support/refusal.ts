// How an action is refused, for tables: its words are a promise of the library as its code is.
import { JoseError } from '../../src/errors.ts';

/** A row of a table: what is done, and how it is refused. */
export type Refusal = [name: string, action: () => unknown, refusal: string];

/** The code of a JoseError, or 'TypeError' for the caller's mistake; and the whole message. */
export type RefusalParts = readonly [kind: string, message: string];

/** What an action ends with, which must be a refusal. */
export function refusalPartsOf(action: () => unknown): RefusalParts {
  try {
    action();
  } catch (error) {
    return partsOf(error);
  }
  throw new Error('nothing was refused');
}

/** The kind and the words of an error. Any other than the two kinds is thrown again. */
export function partsOf(error: unknown): RefusalParts {
  if (error instanceof JoseError) return [error.code, error.message];
  if (error instanceof TypeError) return ['TypeError', error.message];
  throw error;
}

/** How an action is refused, as one text; null where it is not. */
export function refusalOf(action: () => unknown): string | null {
  try {
    action();
    return null;
  } catch (error) {
    return partsOf(error).join(': ');
  }
}

/** As `refusalOf`, of an action that returns a promise. */
export async function laterRefusalOf(action: () => unknown): Promise<string | null> {
  try {
    await action();
    return null;
  } catch (error) {
    return partsOf(error).join(': ');
  }
}

/** A call with four arguments, which is more than most functions take. */
export function withManyArguments(run: unknown): () => unknown {
  return () => (run as (...args: unknown[]) => unknown)(1, 2, 3, 4);
}
