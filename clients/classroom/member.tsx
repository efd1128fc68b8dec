import { render } from 'preact';
import { Attendance } from './attendance.ts';
import { type Entry, JoinForm, MemberPage } from './member-page.tsx';
import type { Joined } from './protocol.ts';

/** A member's page: comes in with the code, votes, and becomes a client of the class. */
const entry: Entry = {
  code: location.hash.slice(1),
  name: sessionStorage.getItem('name') ?? '',
  problem: '',
};

/** Figures that change more often than this can't be read. */
const figuresEveryMs = 500;

const token = sessionStorage.getItem('member');
if (token) attend(token);
else showForm();

function showForm(): void {
  render(<JoinForm entry={entry} onJoin={(code, name) => void join(code, name)} />, document.body);
}

async function join(code: string, name: string): Promise<void> {
  const { token, error } = await ask(code, name);
  Object.assign(entry, { code, name, problem: error ?? '' });
  if (token === undefined) return showForm();
  sessionStorage.setItem('member', token);
  sessionStorage.setItem('name', name);
  attend(token);
}

async function ask(code: string, name: string): Promise<Partial<Joined> & { error?: string }> {
  try {
    const answer = await fetch('/join', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code, name }),
    });
    return await answer.json();
  } catch {
    return { error: 'The classroom’s server can’t be reached. Is this phone in the same network?' };
  }
}

function attend(token: string): void {
  let isAsked = false;
  const show = () => {
    isAsked = false;
    render(<MemberPage attendance={attendance} onLeave={leave} />, document.body);
  };
  const attendance = new Attendance(token, () => {
    if (!isAsked) queueMicrotask(show);
    isAsked = true;
  });
  setInterval(show, figuresEveryMs);
  show();
}

/** Forgets who this was, and begins at the door. */
function leave(): void {
  sessionStorage.removeItem('member');
  location.reload();
}
