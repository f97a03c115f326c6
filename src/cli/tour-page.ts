// Where the tour writes, and how.
import { type Paints, paintsFor, widthOf, wrap } from './paper.ts';
import type { World } from './world.ts';

export interface Page extends Paints {
  readonly line: (text?: string) => void;
  /** For what stands in a line. */
  readonly width: number;
}

export function openPage({ stdout, env }: World): Page {
  return {
    ...paintsFor(stdout, env),
    line: (text = '') => void stdout.write(text === '' ? '\n' : `  ${text}\n`),
    width: widthOf(stdout) - 2,
  };
}

export function heading({ line, strong, width }: Page, number: number, text: string): void {
  line();
  line(strong(`${number}  ${wrap(text, width - 3, 5)}`));
  line();
}

/** Something turned out otherwise than it should. */
export function unexpected({ bad }: Page, text: string): string {
  return bad(`!  ${text}`);
}
