// Writes the lines and headings of the tour.
import type { Host } from './host.ts';
import { type Style, styleFor, wrapText } from './terminal.ts';

/** The style of the tour's lines, and a function that writes one. */
export interface TourOutput extends Style {
  readonly line: (text?: string) => void;
}

export function openOutput({ stdout, env }: Host): TourOutput {
  const style = styleFor(stdout, env);
  return {
    ...style,
    line: (text = '') => void stdout.write(text === '' ? '\n' : `  ${text}\n`),
    width: style.width - 2,
  };
}

export function writeHeading({ line, strong, width }: TourOutput, number: number, text: string): void {
  line();
  line(strong(`${number}  ${wrapText(text, width - 3, 5)}`));
  line();
}

/** Marks a result that is not as expected. */
export function formatUnexpected({ bad }: TourOutput, text: string): string {
  return bad(`!  ${text}`);
}
