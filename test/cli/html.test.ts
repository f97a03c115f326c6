import fc from 'fast-check';
import { expect, test } from 'vitest';
import { html } from '../../src/cli/html.ts';
import { printable } from '../../src/cli/terminal.ts';
import { anyText } from './pages.ts';

test('a template takes text, numbers, templates, lists of them, and nothing', () => {
  const item = (text: string) => html`<li>${text}</li>`;
  expect(html`<ul>${['a', 'b&'].map(item)}${undefined}${[1, [' ', html`<hr>`]]}</ul>`.markup).toBe(
    '<ul><li>a</li><li>b&#38;</li>1 <hr></ul>',
  );
});

test('an object that no template made is not taken for HTML', () => {
  expect(() => html`${{ markup: '<b>' } as never}`).toThrow(TypeError);
});

test('any text stays text, in an element as in an attribute, and its line breaks remain', () => {
  fc.assert(
    fc.property(anyText, anyText, (title, text) => {
      const { markup } = html`<p title="${title}">${text}</p>`;
      const [, attribute = '', content = ''] = /^<p title="([^"<>']*)">([^"<>']*)<\/p>$/.exec(markup) ?? [];
      const decode = (escaped: string) =>
        escaped.replace(/&(#\d+;)?/g, (_, code = '') => String.fromCharCode(Number(code.slice(1, -1))));
      const shown = (given: string) => given.split('\n').map(printable).join('\n');
      expect([decode(attribute), decode(content)]).toEqual([shown(title), shown(text)]);
    }),
  );
});
