// Builds HTML from templates. Whatever is inserted is text: it is escaped, and cannot hide or reorder what surrounds it.
import { printable } from './terminal.ts';

/** A piece of HTML. Only `html` makes one. */
class Fragment {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }
}

export type Html = Fragment;

/** What a template takes: text, pieces of HTML, lists of both, and undefined for nothing. */
export type Content = string | number | Html | undefined | readonly Content[];

/** Tags a template, whose own text is HTML, and whose insertions are text unless a template made them. */
export function html(literals: TemplateStringsArray, ...contents: readonly Content[]): Html {
  return new Fragment(String.raw({ raw: literals }, ...contents.map(render)));
}

function render(content: Content): string {
  if (content instanceof Fragment) return content.markup;
  if (content === undefined) return '';
  return typeof content === 'object' ? content.map(render).join('') : escapeText(String(content));
}

/** Escapes text for an element or a quoted attribute, and shows invisible characters as printable does. */
function escapeText(text: string): string {
  return text
    .split('\n')
    .map(printable)
    .join('\n')
    .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
