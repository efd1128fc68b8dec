import { render } from 'preact';
import { Attendance } from './attendance.ts';
import { LaneThread } from './lane-thread.ts';
import { type Entry, JoinForm, MemberPage } from './member-page.tsx';
import { ofBrowser, ofTab } from './memory.ts';
import type { Joined } from './protocol.ts';

/** A member's page: joins with the code, votes, and becomes a client of the class. */
const entry: Entry = {
  code: location.hash.slice(1),
  name: ofTab.get('name') ?? ofBrowser.get('name') ?? '',
  problem: '',
};

/** Figures that change more often than this can't be read. */
const figuresEveryMs = 500;

const token = ofTab.get('member');
if (token) attend(token);
else showForm();

function showForm(): void {
  render(<JoinForm entry={entry} onJoin={(code, name) => void join(code, name)} />, document.body);
}

async function join(code: string, name: string): Promise<void> {
  const { token, error } = await ask(code, name);
  Object.assign(entry, { code, name, problem: error ?? '' });
  if (token === undefined) return showForm();
  for (const memory of [ofTab, ofBrowser]) {
    memory.set('member', token);
    memory.set('name', name);
  }
  attend(token);
}

/** With the token of an earlier visit the server takes this phone for the same person. */
async function ask(code: string, name: string): Promise<Partial<Joined> & { error?: string }> {
  const token = ofBrowser.get('member') ?? undefined;
  try {
    const answer = await fetch('/join', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code, name, token }),
    });
    return await answer.json();
  } catch {
    return {
      error: 'Can’t reach the classroom’s server. Connect this phone to the classroom network.',
    };
  }
}

function attend(token: string): void {
  let isAsked = false;
  const attendance = new Attendance({
    origin: location.origin,
    token,
    openSocket: (url) => new WebSocket(url),
    startLane: (options) => new LaneThread(options),
    onChange() {
      if (!isAsked) queueMicrotask(show);
      isAsked = true;
    },
  });
  function show(): void {
    isAsked = false;
    render(<MemberPage attendance={attendance} onLeave={() => void leave(attendance)} />, document.body);
  }
  setInterval(show, figuresEveryMs);
  show();
}

/** Leaves, and shows the form to join again. */
async function leave(attendance: Attendance): Promise<void> {
  await attendance.leave();
  for (const memory of [ofTab, ofBrowser]) memory.remove('member');
  location.reload();
}
