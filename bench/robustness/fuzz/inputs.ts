import fc from 'fast-check';

/** Inputs for fuzzing. Nearly valid inputs reach more code than invalid ones, so most have one change to a valid input. */

/** Texts of every kind: readable, odd Unicode, control characters, halves of characters. */
export const anyText = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.array(fc.nat({ max: 0x10ffff }), { maxLength: 12 }).map((points) => String.fromCodePoint(...points)),
  fc.string({
    unit: fc.constantFrom('\0', '\n', '\r', '%', '{', '"', '\\', ':', '\ud800', '🦊', '\u202e'),
    maxLength: 8,
  }),
  fc.constantFrom(
    '',
    ' ',
    'null',
    '__proto__',
    '../../etc/passwd',
    '%00',
    '%',
    "' or 1=1 --",
    '<script>',
    'NaN',
  ),
);

/** Numbers, often at the edges. */
export const anyNumber = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(0, -0, -1, 1.5, 2 ** 31, 2 ** 53, 2 ** 53 + 2, 1e21, 1e308, -1e308, 5e-324),
);

/** The text without lone surrogates, which UTF-8 can't encode. */
export function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}

/** Any value that JSON can hold, not too deep. */
export const anyJson: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(null, true, false, {}, [], '', 0, [[]], [null], { body: 'x' }) },
  { weight: 3, arbitrary: anyNumber },
  { weight: 3, arbitrary: anyText },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
);

/** A change to one place of a value. */
const change = fc.record({
  how: fc.constantFrom('keep', 'keep', 'keep', 'keep', 'replace', 'replace', 'remove', 'add', 'twice'),
  place: fc.nat(),
  value: anyJson,
  name: fc.oneof(anyText, fc.constantFrom('body', 'key', 'credit', 'after', 'constructor', 'toString')),
});

/** A valid value, about half of the time with one change. */
export function nearly(right: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.tuple(right, change).map(([value, { how, place, value: other, name }]) => {
    if (how === 'keep') return value;
    const copy = { top: structuredClone(value) };
    const places = placesOf(copy);
    const { holder, key } = places[place % places.length] as Place;
    const found = holder[key];
    if (how === 'replace') holder[key] = other;
    else if (how === 'remove') {
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else delete holder[key];
    } else if (how === 'twice') holder[key] = [found, found];
    else if (typeof found === 'object' && found !== null)
      Object.defineProperty(found, name, {
        value: other,
        enumerable: true,
        configurable: true,
        writable: true,
      });
    return copy.top;
  });
}

/** JSON of such a value, sometimes with a change to the text itself. */
export function nearlyJson(right: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  const slip = fc.record({
    how: fc.constantFrom(...Array.from({ length: 12 }, () => 'none'), 'cut', 'insert', 'other'),
    place: fc.nat(),
    text: anyText,
  });
  return fc.tuple(nearly(right), slip).map(([value, { how, place, text }]) => {
    if (how === 'other') return text;
    const json = JSON.stringify(value) ?? 'undefined';
    const at = place % (json.length + 1);
    if (how === 'cut') return json.slice(0, at);
    return how === 'insert' ? json.slice(0, at) + text + json.slice(at) : json;
  });
}

/** Valid and invalid cursors of the log `logId`. */
export function cursors(logId = 'a1'): fc.Arbitrary<string> {
  return fc.oneof(
    fc.tuple(fc.constantFrom(logId, logId, 'ffff', 'A1', ''), anyNumber).map(([id, seq]) => `${id}:${seq}`),
    fc.nat({ max: 30 }).map((seq) => `${logId}:${seq}`),
    anyText,
  );
}

/** Publications and credit grants, most of them nearly valid. */
export const publications = nearlyJson(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ body: anyText }) },
    { weight: 2, arbitrary: fc.record({ body: anyText, dueMs: anyNumber, key: anyText }) },
    { weight: 1, arbitrary: fc.record({ credit: anyNumber }) },
    { weight: 1, arbitrary: anyJson },
  ),
);

// biome-ignore lint/suspicious/noExplicitAny: whatever JSON holds
type Holder = any;
type Place = { holder: Holder; key: string };

function placesOf(holder: Holder): Place[] {
  return Object.keys(holder).flatMap((key) => {
    const inner = holder[key];
    const here = [{ holder, key }];
    return typeof inner === 'object' && inner !== null ? [...here, ...placesOf(inner)] : here;
  });
}
