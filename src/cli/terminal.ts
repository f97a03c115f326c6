// Formats text for a terminal: colours, lines, dates and durations. Text from outside cannot control the terminal.
import type { Host, Output } from './host.ts';

/** Colours a text, or returns it unchanged. */
export type Paint = (text: string) => string;

/** The colours of a terminal. */
export interface Palette {
  readonly strong: Paint;
  readonly quiet: Paint;
  readonly good: Paint;
  readonly bad: Paint;
}

/** Returns colours for a terminal that has them, unless NO_COLOR is set (no-color.org). */
export function paletteFor(output: Output, { NO_COLOR, TERM }: Host['env']): Palette {
  const colours = output.isTTY === true && !NO_COLOR && TERM !== 'dumb';
  const paint =
    (code: number, end: number): Paint =>
    (text) =>
      colours ? `\u001b[${code}m${text}\u001b[${end}m` : text;
  return { strong: paint(1, 22), quiet: paint(2, 22), good: paint(32, 39), bad: paint(31, 39) };
}

/** Control characters, line separators, direction marks and other invisible characters. */
const HIDDEN_CHARACTERS = /[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\u2028\u2029]/gu;

/** Escapes, as \uXXXX, every character that could control a terminal or hide on it. JSON remains JSON. */
export function printable(text: string): string {
  return text.replace(HIDDEN_CHARACTERS, (character) =>
    Array.from({ length: character.length }, (_, i) => unicodeEscape(character.charCodeAt(i))).join(''),
  );
}

function unicodeEscape(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}

/** The largest distance from 1970 that a Date can hold, in seconds. */
const MAX_INSTANT = 8.64e12;

export function isInDateRange(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= MAX_INSTANT;
}

/** Formats seconds since 1970 as an ISO 8601 date, to the second. */
export function formatInstant(instant: number): string {
  return isInDateRange(instant) ? new Date(instant * 1000).toISOString().replace(/\.\d+/, '') : `${instant}`;
}

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
] as const;

/** Formats a number of seconds in its two largest units: 90d, 1h 32m. */
export function formatDuration(seconds: number): string {
  let rest = Math.round(seconds);
  const parts = UNITS.map(([unit, length]) => {
    const count = Math.floor(rest / length);
    rest -= count * length;
    return [count, unit] as const;
  });
  const largest = parts.filter(([count]) => count > 0).slice(0, 2);
  return largest.map(([count, unit]) => `${count}${unit}`).join(' ') || '0s';
}

/** Formats a kid or an issuer's name: as it is if a shell takes it literally, else quoted. */
export function formatName(name: string): string {
  return /^[\w.:/@~-]+$/.test(name) ? name : quoteJson(name);
}

/** Returns the length of the longest text. */
export function maxLength(texts: readonly string[]): number {
  return Math.max(0, ...texts.map((text) => text.length));
}

/** Quotes text from outside, such as a kid, as JSON. */
export function quoteJson(word: string): string {
  return printable(JSON.stringify(word));
}

/** Splits a message at its semicolons. The library escapes those in quoted values. */
export function splitClauses(text: string): readonly string[] {
  return text.split('; ');
}

/**
 * Breaks a text at spaces into lines of at most `width` characters. Each clause starts a line, and every line after the
 * first is indented.
 */
export function wrapText(text: string | readonly string[], width: number, indent: number): string {
  const lines = [text].flat().flatMap((clause) => breakAtSpaces(clause, width));
  return lines.join(`\n${' '.repeat(indent)}`);
}

function breakAtSpaces(text: string, width: number): string[] {
  return fillLines(text.split(' '), width);
}

/** Joins words into lines of at most `width` characters. A longer word has a line of its own. */
export function fillLines(words: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Returns the terminal's width if known, within 60 and 100 columns. */
export function terminalWidth({ columns: width }: Output): number {
  return Math.min(Math.max(width || 100, 60), 100);
}

/** The colours and the width of an output. */
export interface Style extends Palette {
  readonly width: number;
}

export function styleFor(output: Output, env: Host['env']): Style {
  return { ...paletteFor(output, env), width: terminalWidth(output) };
}
