// Simulated time for a whole process, the same for every library: it stands still until `advance` is called, so nobody sleeps
// and every run gives the same figures. What is taken over, and who reads it:
//
//   Date.now, new Date()    jose, aws-jwt-verify, jsonwebtoken; lru-memoizer and limiter (jwks-rsa)
//   performance.now         lru-cache (jwks-rsa, get-jwks)
//   process.hrtime()        limiter (jwks-rsa); hrtime.bigint is left for measuring
//   setTimeout              of packages only: the penalty box of aws-jwt-verify, the waiting list of limiter (jwks-rsa)
//   the option `clock`      barejose, given this clock as its documentation says
//
// What cannot be moved are the time-outs of sockets and requests, which node:http and AbortSignal.timeout keep to themselves; a
// scenario about those leaves all timers real (`inRealTime`) and measures by `realNow`.

const real = {
  monotonic: performance.now.bind(performance),
  bigint: process.hrtime.bigint,
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
};

/** Milliseconds by the clock on the wall. */
export const realNow = real.monotonic;

const start = { date: Date.now(), monotonic: Math.ceil(real.monotonic()) };
let passed = 0;
let timersAreReal = false;
let timers = 0;
/** Timer → { due, callback }. */
const waiting = new Map();

/** Seconds since 1970 by the simulated clock: for an option that takes a clock. */
export function seconds() {
  return Date.now() / 1000;
}

/** To be called before a library is loaded. */
export function takeOverTime() {
  const now = () => start.date + passed;
  globalThis.Date = class extends Date {
    constructor(...args) {
      if (args.length) super(...args);
      else super(now());
    }
    static now = now;
  };
  Object.defineProperty(performance, 'now', { value: () => start.monotonic + passed, configurable: true });
  process.hrtime = Object.assign(hrtime, { bigint: real.bigint });
  globalThis.setTimeout = setSimulatedTimeout;
  globalThis.clearTimeout = (timer) => waiting.delete(timer) || real.clearTimeout(timer);
}

function hrtime(since = [0, 0]) {
  const ms = start.monotonic + passed - since[0] * 1000 - since[1] / 1e6;
  return [Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)];
}

/** The platform's own timers (those of `fetch`) stay real: only the caller itself is looked at. */
function setSimulatedTimeout(callback, ms, ...args) {
  const caller = new Error().stack.split('\n')[2] ?? '';
  if (timersAreReal || !caller.includes('node_modules')) return real.setTimeout(callback, ms, ...args);
  const timer = { ref: () => timer, unref: () => timer };
  timers++;
  waiting.set(timer, { due: Date.now() + ms, callback: () => callback(...args) });
  return timer;
}

/** Runs something with everybody's timers real. */
export async function inRealTime(run) {
  timersAreReal = true;
  try {
    return await run();
  } finally {
    timersAreReal = false;
  }
}

/** Lets simulated seconds pass: timers that fall due fire, in their order. */
export async function advance(bySeconds) {
  passed += 1000 * bySeconds;
  const due = [...waiting].filter(([, { due }]) => due <= Date.now()).sort(([, a], [, b]) => a.due - b.due);
  for (const [timer, { callback }] of due) if (waiting.delete(timer)) callback();
  await settle();
}

/** How many timers were ever set: who sets one may be waiting for simulated time to pass. */
export function timersSet() {
  return timers;
}

/** Some real milliseconds: a background refresh on loopback takes a few. */
export function settle(ms = 3) {
  return new Promise((resolve) => real.setTimeout(resolve, ms));
}
