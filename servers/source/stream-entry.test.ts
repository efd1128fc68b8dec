import { describe, expect, it } from 'vitest';
import { parseStreamEntry, type Stamped, Transcript } from './stream-entry.ts';

const stamped = (term: string, seq: number, change: Partial<Stamped> = {}): Stamped => ({
  log: 'log1',
  term,
  from: 'X',
  number: seq,
  message: { seq, dueMs: 0, body: `message ${seq} of ${term}` },
  ...change,
});

describe('the log that servers have in common', () => {
  it('has the id that its very first entry proposes', () => {
    const transcript = new Transcript();
    transcript.take({ mark: 'm1', proposes: 'log1' }, 0);
    transcript.take({ mark: 'm2', proposes: 'log2' }, 1);
    expect(transcript.logId).toBe('log1');
  });

  it('takes no proposal that stands in the middle, but what those say who know', () => {
    const transcript = new Transcript();
    transcript.take({ mark: 'm8', proposes: 'log2' }, 700);
    expect(transcript.logId).toBeUndefined();
    transcript.take(stamped('A', 55), 701);
    expect(transcript).toMatchObject({ logId: 'log1', head: 55 });
  });

  it('is not that of a stream that was put in the place of another', () => {
    const transcript = new Transcript();
    transcript.take({ mark: 'm1', log: 'log1' }, 0);
    expect(() => transcript.take({ mark: 'm2', log: 'log2' }, 1)).toThrow('replaced by another');
  });
});

describe('what counts', () => {
  it('is what the sequencer stamps whose term it is, and not what the one before still wrote', () => {
    const transcript = new Transcript();
    const entries = [
      { mark: 'A', log: 'log1', term: true as const },
      stamped('A', 1),
      { mark: 'B', log: 'log1', term: true as const },
      stamped('A', 2),
      stamped('B', 2),
      stamped('B', 3),
    ];
    const counted = entries.filter((entry, offset) => transcript.take(entry, offset));
    expect(counted.flatMap((entry) => ('mark' in entry ? [] : entry.message.body))).toEqual([
      'message 1 of A',
      'message 2 of B',
      'message 3 of B',
    ]);
    expect(transcript.ignored).toBe(1);
  });

  it('counts once, however often it is read', () => {
    const transcript = new Transcript();
    expect([1, 2, 2, 1, 3].filter((seq) => transcript.take(stamped('A', seq), seq))).toEqual([1, 2, 3]);
  });

  it('includes what comes after a gap: the log says what is missing', () => {
    const transcript = new Transcript();
    expect([1, 5].filter((seq) => transcript.take(stamped('A', seq), seq))).toEqual([1, 5]);
  });

  it('tells how far each publisher has got', () => {
    const transcript = new Transcript();
    transcript.take(stamped('A', 1, { from: 'X', number: 7 }), 1);
    transcript.take(stamped('A', 2, { from: 'Y', number: 1 }), 2);
    transcript.take(stamped('A', 3, { from: 'X', number: 8 }), 3);
    expect([...transcript.numbers]).toEqual([
      ['X', 8],
      ['Y', 1],
    ]);
  });
});

describe('an entry', () => {
  it('is read as it was written', () => {
    const entry = stamped('A', 4, { message: { seq: 4, dueMs: 1.5, body: 'é\n"', key: 'k' } });
    expect(parseStreamEntry(JSON.stringify(entry))).toEqual(entry);
    expect(parseStreamEntry('{"mark":"m","proposes":"log1"}')).toEqual({ mark: 'm', proposes: 'log1' });
  });

  it.each([
    'hello',
    'null',
    '[]',
    '{}',
    '{"mark":7}',
    '{"mark":"m","log":true}',
    '{"mark":"m","proposes":7}',
    '{"mark":"m","term":"A"}',
    JSON.stringify(stamped('A', 0)),
    JSON.stringify(stamped('A', 1.5)),
    JSON.stringify(stamped('A', 1, { message: { seq: 1, dueMs: 0, body: 7 as never } })),
    JSON.stringify({ ...stamped('A', 1), from: undefined }),
  ])('that somebody else wrote is none: %s', (text) => {
    expect(parseStreamEntry(text)).toBeUndefined();
  });
});
