import { InvalidArgumentError } from 'commander';

/** Reads an option whose value is a whole number. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    if (/^\d{1,9}$/.test(text) && Number(text) >= min && Number(text) <= max) return Number(text);
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}

/** Reads a seed. */
export const readSeed = wholeNumber(0, 999_999_999);

/** Reads an option that names some of a list, separated by commas. */
export function someOf(known: readonly string[]): (text: string) => string[] {
  return (text) => {
    const names = text.split(',');
    const unknown = names.find((name) => !known.includes(name));
    if (unknown === undefined) return names;
    throw new InvalidArgumentError(`Unknown "${unknown}": expected one or more of ${known.join(', ')}.`);
  };
}
