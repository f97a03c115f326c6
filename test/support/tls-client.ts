// The client half of test/remote/tls.test.ts: remote sets over the platform's own fetch, in a process that was started with
// NODE_EXTRA_CA_CERTS. It does what it is told over IPC and ends by itself when the line is closed: nothing may keep it.

import {
  discover,
  type IssuerMetadata,
  JoseError,
  type JwksEvent,
  type JwksStatus,
  type RemoteJwks,
  type RemoteJwksOptions,
  remoteJwks,
  verifyJwt,
} from '../../src/index.ts';

export type Command =
  | { readonly do: 'open'; readonly set: string; readonly url: string; readonly options: RemoteJwksOptions }
  | { readonly do: 'verify'; readonly set: string; readonly at: number; readonly token: string }
  | { readonly do: 'look'; readonly set: string; readonly at: number }
  | { readonly do: 'discover'; readonly issuer: string };

/** The kid under which a token verified, or the refusal. */
export type Verdict =
  | { readonly kid: string | undefined }
  | { readonly code: string; readonly message: string; readonly retryAfter?: number | undefined };

export type Discovery = IssuerMetadata | Exclude<Verdict, { readonly kid: unknown }>;

export interface Look {
  readonly status: JwksStatus;
  readonly kids: readonly (string | undefined)[];
  /** Those since the last look. */
  readonly events: readonly JwksEvent[];
}

interface Opened {
  readonly keys: RemoteJwks;
  readonly events: JwksEvent[];
  now: number;
}

const sets = new Map<string, Opened>();

process.on('message', ({ id, command }: { id: number; command: Command }) => {
  obey(command).then(
    (result) => process.send?.({ id, result }),
    (error: unknown) => process.send?.({ id, defect: error instanceof Error ? error.stack : String(error) }),
  );
});

async function obey(command: Command): Promise<Verdict | Look | Discovery | undefined> {
  if (command.do === 'open') return open(command);
  if (command.do === 'discover') return discover(command.issuer).catch(refusalOf);
  const opened = sets.get(command.set);
  if (!opened) throw new Error(`no set ${command.set}`);
  opened.now = command.at;
  return command.do === 'verify' ? verify(opened, command.token) : look(opened);
}

function open({ set, url, options }: Command & { do: 'open' }): undefined {
  const events: JwksEvent[] = [];
  const keys = remoteJwks(url, {
    ...options,
    clock: () => opened.now,
    random: () => 0.5,
    onEvent: (event) => events.push(event),
  });
  const opened: Opened = { keys, events, now: 0 };
  sets.set(set, opened);
}

async function verify({ keys, now }: Opened, token: string): Promise<Verdict> {
  try {
    return { kid: verifyJwt(token, await keys.for(token), { issuer: null, audience: null, now }).key.kid };
  } catch (error) {
    return refusalOf(error);
  }
}

function refusalOf(error: unknown): Exclude<Verdict, { readonly kid: unknown }> {
  if (!(error instanceof JoseError)) throw error;
  return { code: error.code, message: error.message, retryAfter: error.retryAfter };
}

function look({ keys, events }: Opened): Look {
  return { status: keys.status, kids: keys.current?.keys.map(({ kid }) => kid) ?? [], events: events.splice(0) };
}
