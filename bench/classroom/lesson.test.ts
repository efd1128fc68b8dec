import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { VoteState } from '../../clients/classroom/protocol.ts';
import { questionOf } from '../../clients/classroom/questions.ts';
import { scenes } from '../../clients/classroom/scenes.ts';
import type { HeadlessPage } from './simulated/headless.ts';
import { HeldClass, shownFigures, stateOf } from './simulated/held-class.ts';

/** Votes, as the presenter calls them and members cast them. */
const question = 'age-of-a-poll';
let held: HeldClass;
let projector: HeadlessPage;
let members: HeadlessPage[];

beforeEach(async () => {
  held = await HeldClass.open();
  projector = await held.projector();
  members = await Promise.all(['Ada', 'Bob', 'Cy'].map((name) => held.member(name)));
});

afterEach(() => held.close());

const vote = (member: HeadlessPage | undefined, choice: number) =>
  member?.say({ say: 'vote', question, choice });

const voteWith = (page: HeadlessPage, isIt: (vote: VoteState) => boolean) =>
  stateOf(page, (state) => state.vote !== null && isIt(state.vote));

/** Everything that anybody was told of votes, word for word. */
const toldOfVotes = () =>
  [projector, ...members].flatMap((page) => page.heard('state').map(({ state }) => state.vote));

describe('a vote', () => {
  it('stays hidden from everybody until it is closed; then counts are right', async () => {
    await held.control({ action: 'ask', question });
    vote(members[0], 1);
    vote(members[1], 1);
    vote(members[2], 3);
    const open = await voteWith(projector, ({ votes }) => votes === 3);
    expect(open.vote).toEqual({ question, round: 1, open: true, votes: 3, people: 3 });
    for (const told of toldOfVotes()) expect(Object.keys(told ?? {})).not.toContain('counts');
    for (const told of toldOfVotes()) expect(Object.keys(told ?? {})).not.toContain('measured');
    await held.control({ action: 'close-vote' });
    for (const page of [projector, ...members]) {
      const closed = await voteWith(page, (vote) => !vote.open);
      expect(closed.vote).toMatchObject({ question, open: false, votes: 3, counts: [0, 2, 0, 1] });
    }
  });

  it('can be changed while it is open, and counts once', async () => {
    await held.control({ action: 'ask', question });
    vote(members[0], 0);
    vote(members[0], 2);
    await members[0]?.answered();
    await held.control({ action: 'close-vote' });
    const { vote: closed } = await voteWith(projector, ({ open }) => !open);
    expect(closed).toMatchObject({ votes: 1, counts: [0, 0, 1, 0] });
  });

  it('is acknowledged to its member when it counts, and again to a page that is loaded again', async () => {
    await held.control({ action: 'ask', question });
    vote(members[0], 2);
    expect(await members[0]?.hear('voted')).toEqual({ tell: 'voted', question, choice: 2 });
    const { token = '' } = await held.join(held.code, 'Di');
    const page = await held.page(token, 'first');
    vote(page, 3);
    await page.hear('voted');
    const loadedAgain = await held.page(token, 'second');
    expect(await loadedAgain.hear('voted')).toMatchObject({ choice: 3 });
    await held.control({ action: 'close-vote' });
    expect((await voteWith(projector, ({ open }) => !open)).vote).toMatchObject({ counts: [0, 0, 1, 1] });
  });

  it('counts of nobody who has left, and never more votes than people', async () => {
    await held.control({ action: 'ask', question });
    for (const member of members) vote(member, 1);
    await voteWith(projector, ({ votes, people }) => votes === 3 && people === 3);
    members[0]?.say({ say: 'leave' });
    await voteWith(projector, ({ votes, people }) => votes === 2 && people === 2);
    // A phone that sleeps has voted all the same, and is one of the people.
    await members[1]?.close();
    const asleep = await stateOf(
      projector,
      ({ members: { count }, vote: open }) => count === 1 && open?.votes === 2,
    );
    expect(asleep.vote).toMatchObject({ votes: 2, people: 2 });
  });

  it('is taken from nobody who has left, over the connection on which they did', async () => {
    await held.control({ action: 'ask', question });
    members[0]?.say({ say: 'leave' });
    vote(members[0], 1);
    expect(await members[0]?.closed()).toEqual({ code: 4000, reason: 'You have left the class.' });
    await held.control({ action: 'close-vote' });
    expect((await voteWith(projector, ({ open }) => !open)).vote).toMatchObject({ votes: 0 });
  });

  it('on a question that is put again starts without the answers of the first time', async () => {
    const phone = await held.phone();
    await held.control({ action: 'ask', question });
    await phone.until(({ state }) => state?.vote?.open === true);
    phone.vote(question, 2);
    await phone.until(({ myVote }) => myVote?.isCounted === true);
    await held.control({ action: 'close-vote' });
    await held.control({ action: 'ask', question });
    await phone.until(({ state }) => state?.vote?.round === 2);
    expect(phone.myVote).toBeUndefined();
    expect(phone.state?.vote).toMatchObject({ open: true, votes: 0 });
  });

  it('stays one vote when its member joins again', async () => {
    await held.control({ action: 'ask', question });
    let { token } = await held.join(held.code, 'Joker');
    for (let round = 0; round < 3; round += 1) {
      const page = await held.page(token as string);
      vote(page, round);
      await page.hear('voted');
      await page.close();
      // While the page is there, another one with this token is another person.
      await stateOf(projector, ({ members: { count } }) => count === 3);
      ({ token } = await held.join(held.code, 'Joker', {}, token));
    }
    await held.control({ action: 'close-vote' });
    expect((await voteWith(projector, ({ open }) => !open)).vote).toMatchObject({
      votes: 1,
      counts: [0, 0, 1, 0],
    });
  });

  it('is refused once it is closed, and on another question', async () => {
    await held.control({ action: 'ask', question: 'push-far-away' });
    vote(members[0], 1);
    expect((await members[0]?.hear('refused'))?.error).toContain(`question "${question}"`);
    await held.control({ action: 'close-vote' });
    members[1]?.say({ say: 'vote', question: 'push-far-away', choice: 1 });
    expect((await members[1]?.hear('refused'))?.error).toContain('no open vote');
    expect((await voteWith(projector, ({ open }) => !open)).vote).toMatchObject({ votes: 0 });
  });

  it('takes hands that were counted in the room beside those on the phones', async () => {
    await held.control({ action: 'ask', question });
    vote(members[0], 1);
    await members[0]?.answered();
    await held.control({ action: 'close-vote', hands: [4, 10, 0, 2] });
    const { vote: closed } = await voteWith(projector, ({ open }) => !open);
    expect(closed).toMatchObject({ votes: 17, counts: [4, 11, 0, 2] });
  });

  it('says what was measured meanwhile, and that there was nothing to go by', async () => {
    await held.control({ action: 'begin' });
    await held.control({ action: 'ask', question });
    await held.control({ action: 'close-vote' });
    expect((await voteWith(projector, ({ open }) => !open)).vote?.measured).toBeNull();

    await held.control({ action: 'ask', question });
    await held.control({ action: 'close-vote' }, shownFigures({ messages: 6, p50Ms: 480 }));
    const { vote: closed } = await voteWith(projector, ({ open, measured }) => !open && measured !== null);
    expect(closed?.measured).toMatch(
      /With a poll every 1 s, the median latency of short polling was 0.48 s \(6 messages\)/,
    );
  });

  it('sets what its question speaks of', async () => {
    await held.control({ action: 'ask', question: 'age-of-a-slow-poll' });
    const state = await stateOf(projector, ({ vote }) => vote?.question === 'age-of-a-slow-poll');
    expect(state.scene).toBe(1);
    expect(state.settings).toMatchObject({ ...questionOf('age-of-a-slow-poll')?.settings });
  });

  it('goes with its scene, and with whoever takes it off the screen', async () => {
    for (const away of [{ action: 'scene', scene: 2 }, { action: 'dismiss' }, { action: 'reset' }] as const) {
      await held.control({ action: 'ask', question });
      await voteWith(projector, ({ open }) => open);
      await held.control(away);
      expect((await stateOf(projector, ({ vote }) => vote === null)).vote).toBeNull();
    }
  });
});

describe('is refused with a reason', () => {
  it('a question that is not known', async () => {
    expect(await held.control({ action: 'ask', question: 'the weather' })).toEqual({
      error: 'unknown question "the weather": expected a question of this lesson',
    });
  });

  it('a second question while one is open', async () => {
    await held.control({ action: 'ask', question });
    expect(await held.control({ action: 'ask', question: 'push-far-away' })).toEqual({
      error: `the vote on "${question}" is still open: close this vote first`,
    });
  });

  it('to close what is not open', async () => {
    expect(await held.control({ action: 'close-vote' })).toEqual({ error: 'there is no open vote to close' });
  });

  it('to save before anything was measured', async () => {
    expect(await held.control({ action: 'save' })).toEqual({
      error: expect.stringContaining('there is nothing to save yet'),
    });
  });
});

it('knows every scene, and both questions of each', async () => {
  for (const { key, questions } of scenes) {
    expect(await held.control({ action: 'scene', scene: key })).toEqual({ ok: true });
    for (const id of questions) {
      expect(await held.control({ action: 'ask', question: id })).toEqual({ ok: true });
      expect(await held.control({ action: 'close-vote' })).toEqual({ ok: true });
    }
  }
});
