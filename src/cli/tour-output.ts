// Where the tour writes, and how.

import type { Host } from './host.ts';
import { type Palette, paletteFor, terminalWidth, wrapText } from './terminal.ts';

export interface TourOutput extends Palette {
  readonly line: (text?: string) => void;
  /** For what stands in a line. */
  readonly width: number;
}

export function openOutput({ stdout, env }: Host): TourOutput {
  return {
    ...paletteFor(stdout, env),
    line: (text = '') => void stdout.write(text === '' ? '\n' : `  ${text}\n`),
    width: terminalWidth(stdout) - 2,
  };
}

export function writeHeading({ line, strong, width }: TourOutput, number: number, text: string): void {
  line();
  line(strong(`${number}  ${wrapText(text, width - 3, 5)}`));
  line();
}

/** Something turned out otherwise than it should. */
export function formatUnexpected({ bad }: TourOutput, text: string): string {
  return bad(`!  ${text}`);
}
