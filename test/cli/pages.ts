// Reads pages in tests: their tags, and their text as a browser shows it.
import fc from 'fast-check';

/** Texts that would be markup, or hide on the screen, if they were not escaped. */
export const HOSTILE: readonly string[] = [
  '<script>alert(1)</script>',
  `"'><img src=x onerror=alert(1)>`,
  '</style></title></main><!--',
  '&lt;b&gt; &#60;',
  '\u202e\u0000\u001b[2J\u2028',
];

/** Any text, most often with markup in it. */
export const anyText: fc.Arbitrary<string> = fc
  .array(fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'binary', maxLength: 5 })), { maxLength: 4 })
  .map((texts) => texts.join(''));

/** The content of the body. */
export function bodyOf(page: string): string {
  return page.slice(page.indexOf('<body>'));
}

/** The tags of a page, without lengths and places, which depend on the texts. */
export function tagsOf(page: string): readonly string[] {
  return Array.from(bodyOf(page).matchAll(/<[^>]*>?/g), ([tag]) => tag.replace(/ style="[a-z:;\d.%-]*"/, ''));
}

/** The text of a page, with one space for each run of spaces and line breaks. */
export function textOf(page: string): string {
  const text = bodyOf(page).replace(/<[^>]*>/g, ' ');
  const decoded = text.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
  return decoded.replace(/\s+/g, ' ').trim();
}
