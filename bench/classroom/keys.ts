import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';

/** What somebody has to know to be let in: tokens for programs, a code for people. */

/** A token that nobody guesses: 144 random bits. */
export function newToken(): string {
  return randomBytes(18).toString('base64url');
}

/** Letters that are not taken for one another, nor for digits, when they are read from the last row. */
const codeLetters = 'ACDEFGHJKLMNPRTUWXY';

/** A code that is short enough to be typed on a phone; tries are limited, so it need not be long. */
export function newJoinCode(): string {
  return Array.from({ length: 5 }, () => codeLetters[randomInt(codeLetters.length)]).join('');
}

/** Whether two secrets are the same. The time that it takes says nothing about where they differ. */
export function isSame(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
