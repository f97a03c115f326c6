// RFC 9111 §4.2, §5.1, §5.2: what an answer says of its own freshness.
import { expect, test } from 'vitest';
import { freshnessOf } from '../../src/remote/freshness.ts';

test.each<[string | undefined, string | undefined, number | undefined]>([
  [undefined, undefined, undefined],
  ['', undefined, undefined],
  ['public', '100', undefined],
  ['public, max-age=600', undefined, 600],
  ['MAX-AGE=600', undefined, 600],
  ['max-age="600"', undefined, 600],
  ['s-maxage=5, max-age=600', undefined, 600],
  ['max-age=600', '100', 500],
  ['max-age=600', '700', 0],
  ['max-age=600', 'yesterday', 600],
  ['max-age=600', '-100', 600],
  ['max-age=600, max-age=60', undefined, 60],
  ['max-age=0', undefined, 0],
  ['max-age=1000000000000', undefined, 2 ** 31],
  [`max-age=${'9'.repeat(400)}`, '9'.repeat(400), 0],
  ['max-age=-1', undefined, 0],
  ['max-age=ten', undefined, 0],
  ['max-age', undefined, 0],
  ['no-store', undefined, 0],
  ['max-age=600, no-cache', undefined, 0],
  ['no-cache="set-cookie", max-age=600', undefined, 0],
  ['no-storey, max-age=600', undefined, 600],
])('Cache-Control %s, Age %s: %s seconds', (cacheControl, age, seconds) => {
  expect(freshnessOf(cacheControl, age)).toBe(seconds);
});
