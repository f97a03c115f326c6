// A ring's records as the next save has them, written by someone who has nothing of the library: the same ring, one version
// later, with the history that goes with it.
import { createHash } from 'node:crypto';

const MAX_HISTORY = 64;

/** The text of the next records, after a change to them if there is one. */
export function nextRecords(
  text: string,
  change: (records: Record<string, unknown>) => void = () => undefined,
): string {
  const records = JSON.parse(text);
  const hash = createHash('sha256').update(inOrder(records)).digest('base64url');
  const history = [hash, ...(records.history ?? [])].slice(0, MAX_HISTORY);
  const next = { ...records, version: records.version + 1, history };
  change(next);
  return JSON.stringify(next);
}

function inOrder(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inOrder).join()}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${inOrder(member)}`).join()}}`;
}
