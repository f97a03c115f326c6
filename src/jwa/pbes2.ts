// RFC 7518 §4.8: a wrapping key out of a password, by PBKDF2 (RFC 8018 §5.2).
import { pbkdf2Sync } from 'node:crypto';
import { concat, encodeUtf8 } from '../bytes.ts';
import type { KeyManagementRow } from './key-management.ts';

/** RFC 7518 §4.8.1.1 [7518-4.8.1.1-1] the least octets of a salt, and the most that are taken. */
export const SALT_LENGTH = { least: 8, most: 256 } as const;

/** @param password its octets; of text, those of UTF-8 [7518-4.8-1] */
export function passwordKey(
  { name, hash, wrapLength }: KeyManagementRow,
  password: Uint8Array,
  { salt, iterations }: { salt: Uint8Array; iterations: number },
): Uint8Array {
  const whole = concat([encodeUtf8(name), Uint8Array.of(0), salt]); // RFC 7518 §4.8.1.1 [7518-4.8-2]
  return pbkdf2Sync(password, whole, iterations, wrapLength, String(hash));
}
