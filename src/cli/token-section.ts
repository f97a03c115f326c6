// Shows the parts of a token on a page. A signature and whatever is encrypted never appear, so the page is not the token.
// Without values it shows as much of the header as an explanation does, and nothing of the claims.
import type { ExplainedStep } from '../index.ts';
import { type Html, html } from './html.ts';
import { formatJson, type JsonObject } from './json.ts';
import { formatTime, VALUES_OPTION } from './page.ts';
import { isInDateRange } from './terminal.ts';
import { decodeObject, type PartName, splitToken, type TokenPart } from './token-parts.ts';

/** What the parts are shown with. */
export interface TokenContext {
  readonly steps: readonly ExplainedStep[];
  /** Whether claim values may be shown. */
  readonly values: boolean;
}

/** What each part is for. */
const PURPOSES: Readonly<Record<PartName, string>> = {
  header: 'Says how the token is protected. Base64url encodes it, and hides nothing.',
  payload: 'The claims. The signature protects them, and hides nothing.',
  signature: 'Protects header and payload. It is left out, so that this page cannot be used as the token.',
  'encrypted key': 'The key of the content, encrypted to the recipient; empty if the recipient has or derives it.',
  'initialization vector': 'Makes each encryption different from every other.',
  ciphertext: 'The content, encrypted. It is left out, so that this page cannot be used as the token.',
  tag: 'Shows the recipient any change of the header or the content.',
};

/** Formats the parts of a token: a stripe as long as each, then each one by itself. */
export function formatTokenParts(token: string, context: TokenContext): Html {
  const parts = splitToken(token);
  if (parts.length === 0)
    return html`<p>A text of ${token.length} characters. It is not three or five parts of base64url joined by dots.</p>`;
  const stripes = parts.map(
    ({ name, text }) => html`<span class="${className(name)}" style="flex-grow:${text.length}"></span>`,
  );
  const headerStep = parts.length === 3 ? 'header' : 'JWE header';
  const items = parts.map(
    (part) => html`<li class="part ${className(part.name)}">
<h3>${part.name}</h3>
<p class="size">${part.text.length} characters</p>
<p class="purpose">${PURPOSES[part.name]}</p>
${formatContent(part, { ...context, headerStep })}</li>
`,
  );
  return html`<div class="strip" aria-hidden="true">${stripes}</div>
<ol class="parts">
${items}</ol>`;
}

function className(name: PartName): string {
  return name.replace(' ', '-');
}

type PartContext = TokenContext & { readonly headerStep: string };

function formatContent(part: TokenPart, context: PartContext): Html | undefined {
  const { steps, values } = context;
  if (part.name === 'header') return formatHeader(part, context);
  if (part.name === 'signature') return formatOutcome(findStep(steps, 'signature'));
  if (part.name === 'ciphertext') return formatOutcome(findStep(steps, 'decryption'));
  if (part.name !== 'payload') return undefined;
  if (!values) return html`<p class="note">Claims are shown with ${VALUES_OPTION} only.</p>`;
  return html`${formatTrust(steps)}${formatEncoded(part)}${formatObject(decodeObject(part.text))}`;
}

/** Says whether the claims are the issuer's. */
export function formatTrust(steps: readonly ExplainedStep[]): Html {
  return findStep(steps, 'signature')?.outcome === 'passed'
    ? html`<p class="chip passed">signature verified</p>`
    : html`<p class="chip failed">not verified: anyone can have written these claims</p>`;
}

export function findStep(steps: readonly ExplainedStep[], name: string): ExplainedStep | undefined {
  return steps.find((step) => step.name === name);
}

/** Formats a header whole, or without values as the step that reads it quotes it. */
function formatHeader(part: TokenPart, { steps, values, headerStep }: PartContext): Html {
  if (values) return html`${formatEncoded(part)}${formatObject(decodeObject(part.text))}`;
  const step = findStep(steps, headerStep);
  const quoted = step?.outcome === 'passed' ? html`<p><code>${step.reason}</code></p>` : undefined;
  return html`${quoted}<p class="note">The whole header is shown with ${VALUES_OPTION} only.</p>`;
}

function formatEncoded({ text }: TokenPart): Html {
  return html`<p class="encoded">${text}</p>
`;
}

function formatObject(object: JsonObject | undefined): Html {
  if (!object) return html`<p class="note">It is not base64url of one strict JSON object.</p>`;
  const members = Object.entries(object).map(([name, value]) => {
    const isTime = TIMES.includes(name) && isInDateRange(value);
    const date = isTime ? html` <span class="aside">${formatTime(value)}</span>` : undefined;
    return html`<div><dt>${name}</dt><dd><code>${formatValue(value)}</code>${date}</dd></div>
`;
  });
  return members.length > 0 ? html`<dl class="members">${members}</dl>` : html`<p class="note">It has no members.</p>`;
}

/** Formats a value as JSON, on one line if it is short. */
function formatValue(value: unknown): string {
  const line = JSON.stringify(value);
  return line.length <= 60 ? line : formatJson(value);
}

/** The claims that are instants (RFC 7519 §4.1.4 to §4.1.6). */
const TIMES: readonly string[] = ['iat', 'nbf', 'exp'];

/** Formats the step that uses a part. */
function formatOutcome(step: ExplainedStep | undefined): Html | undefined {
  return step && html`<p class="chip ${step.outcome}">${step.name} ${step.outcome}</p>`;
}
