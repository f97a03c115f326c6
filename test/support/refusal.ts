// What an action is refused with, whole: its words are a promise of the library as its code is.
import { JoseError } from '../../src/index.ts';

/** The code of a JoseError, or TypeError, and the whole message; null where nothing is thrown. */
export function refusalOf(action: () => unknown): string | null {
  try {
    action();
    return null;
  } catch (error) {
    return asRefusal(error);
  }
}

/** The same, of an action that returns a promise. */
export async function laterRefusalOf(action: () => unknown): Promise<string | null> {
  try {
    await action();
    return null;
  } catch (error) {
    return asRefusal(error);
  }
}

function asRefusal(error: unknown): string {
  if (error instanceof JoseError) return `${error.code}: ${error.message}`;
  if (error instanceof TypeError) return `TypeError: ${error.message}`;
  throw error;
}
