// Counts what reaches node:crypto, to show that a refusal came first. A test file that wants it says, at its top:
//   vi.mock('node:crypto', async (original) => (await import('../support/crypto-calls.ts')).countingCrypto(await original()));

type Crypto = typeof import('node:crypto');

let calls = 0;

/** node:crypto with every verb that could verify something counted. */
export function countingCrypto(original: Crypto): Crypto & { default: Crypto } {
  const counted = <F extends (...args: never[]) => unknown>(verb: F): F =>
    ((...args: Parameters<F>) => {
      calls++;
      return verb(...args);
    }) as unknown as F;
  const crypto = {
    ...original,
    verify: counted(original.verify),
    createVerify: counted(original.createVerify),
    createHmac: counted(original.createHmac),
    createHash: counted(original.createHash),
    hash: counted(original.hash),
    timingSafeEqual: counted(original.timingSafeEqual),
    publicDecrypt: counted(original.publicDecrypt),
  };
  return { ...crypto, default: crypto };
}

/** How many verifying operations node:crypto was asked for while `run` ran. */
export function cryptoCallsDuring(run: () => unknown): number {
  const before = calls;
  run();
  return calls - before;
}
