// Events for the operator: to a listener of the caller's and to a channel of node:diagnostics_channel.
import type { Channel } from 'node:diagnostics_channel';

/**
 * Hands an event to the caller's listener and to a channel. Returns whether there is either; without one, no event is made.
 * An error of the listener surfaces as an uncaught exception, and the verdict on a token stays as it is.
 */
export function announce<E extends object>(
  everyone: Channel,
  onEvent: ((event: E) => void) | undefined,
  make: () => E,
): boolean {
  if (!onEvent && !everyone.hasSubscribers) return false;
  const event = Object.freeze(make());
  everyone.publish(event);
  try {
    onEvent?.(event);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
  return true;
}
