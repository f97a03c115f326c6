// How text is put on a terminal: colours where they are wanted, aligned columns, and nothing that steers the terminal.
import type { Host, Output } from './host.ts';

/** Paints one piece of text, or leaves it as it is. */
export type Paint = (text: string) => string;

export interface Palette {
  readonly strong: Paint;
  readonly quiet: Paint;
  readonly good: Paint;
  readonly bad: Paint;
}

/** Colours only on a terminal that has them, and not when NO_COLOR is set (no-color.org). */
export function paletteFor(output: Output, { NO_COLOR, TERM }: Host['env']): Palette {
  const colours = output.isTTY === true && !NO_COLOR && TERM !== 'dumb';
  const paint =
    (code: number, end: number): Paint =>
    (text) =>
      colours ? `\u001b[${code}m${text}\u001b[${end}m` : text;
  return { strong: paint(1, 22), quiet: paint(2, 22), good: paint(32, 39), bad: paint(31, 39) };
}

/** Control characters, line separators, marks that turn the direction of text, and whatever else takes up no place on a screen. */
const HIDDEN_CHARACTERS = /[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\u2028\u2029]/gu;

/** Text from elsewhere with everything that could steer a terminal, or hide on it, written as \uXXXX; JSON stays JSON. */
export function printable(text: string): string {
  return text.replace(HIDDEN_CHARACTERS, (character) =>
    Array.from({ length: character.length }, (_, i) => unicodeEscape(character.charCodeAt(i))).join(''),
  );
}

function unicodeEscape(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}

/** The furthest instant from 1970 that a Date can tell, in seconds. */
const MAX_INSTANT = 8.64e12;

export function isInstant(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= MAX_INSTANT;
}

/** An instant to the second. */
export function formatInstant(instant: number): string {
  return isInstant(instant) ? new Date(instant * 1000).toISOString().replace(/\.\d+/, '') : `${instant}`;
}

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
] as const;

/** A length of time in its two largest units: 90d, 1h 32m. */
export function formatDuration(seconds: number): string {
  let rest = Math.round(seconds);
  const parts = UNITS.map(([unit, length]) => {
    const count = Math.floor(rest / length);
    rest -= count * length;
    return [count, unit] as const;
  });
  const told = parts.filter(([count]) => count > 0).slice(0, 2);
  return told.map(([count, unit]) => `${count}${unit}`).join(' ') || '0s';
}

/** A kid, or an issuer's name, as it can be typed, or else quoted. */
export function formatName(name: string): string {
  return /^[\w.:/@~-]+$/.test(name) ? name : quoteJson(name);
}

/** The width of a column in which each of the texts fits. */
export function maxLength(texts: readonly string[]): number {
  return Math.max(0, ...texts.map((text) => text.length));
}

/** Somebody's word, such as a kid, as JSON. */
export function quoteJson(word: string): string {
  return printable(JSON.stringify(word));
}

/** The clauses of a text of ours. What the library quotes in its texts holds no end of a clause. */
export function splitClauses(text: string): readonly string[] {
  return text.split('; ');
}

/**
 * Text in lines of at most `width` characters: each clause on its own, broken at spaces where it must be. Later lines are
 * indented to stand below the first.
 */
export function wrapText(text: string | readonly string[], width: number, indent: number): string {
  const lines = [text].flat().flatMap((clause) => breakAtSpaces(clause, width));
  return lines.join(`\n${' '.repeat(indent)}`);
}

function breakAtSpaces(text: string, width: number): string[] {
  return fillLines(text.split(' '), width);
}

/** Words in lines of at most `width` characters, with a space between; a longer word has a line of its own. */
export function fillLines(words: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** The width to write in: the terminal's, if it tells one, within what is pleasant to read. */
export function terminalWidth({ columns: width }: Output): number {
  return Math.min(Math.max(width || 100, 60), 100);
}
