// How an action is refused, as one text that a table can hold: which error, and its whole message.
import { JoseError } from '../../src/errors.ts';

/** `CODE: message` of the JoseError thrown, or `TypeError: message`. Any other error is not caught. */
export function refusalOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof JoseError) return `${error.code}: ${error.message}`;
    if (error instanceof TypeError) return `TypeError: ${error.message}`;
    throw error;
  }
  return 'not refused';
}

/** A row of a table: what is done, and how it is refused. */
export type Refusal = [name: string, action: () => unknown, refusal: string];

/** A call with four arguments, which is more than most functions take. */
export function withManyArguments(run: unknown): () => unknown {
  return () => (run as (...args: unknown[]) => unknown)(1, 2, 3, 4);
}
