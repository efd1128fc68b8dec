import { useState } from 'preact/hooks';
import { transportLooks } from '../transports.ts';
import type { Attendance, MyVote } from './attendance.ts';
import { counted, writeCount, writeTime } from './numbers.ts';
import type { LaneName, VoteState } from './protocol.ts';
import { letters, type Question, questionOf } from './questions.ts';
import { laneNames } from './settings.ts';
import { Sign } from './sign.tsx';

/** The fields of the join form, and the error of the last attempt. */
export type Entry = { code: string; name: string; problem: string };

/** A code and a name. The name appears on this phone's screen only. */
export function JoinForm({ entry, onJoin }: { entry: Entry; onJoin(code: string, name: string): void }) {
  const [code, setCode] = useState(entry.code);
  const [name, setName] = useState(entry.name);
  return (
    <main>
      <h1>Join the class</h1>
      <form
        class="join-form"
        onSubmit={(event) => {
          event.preventDefault();
          onJoin(code.trim(), name.trim());
        }}
      >
        <label>
          Code on the screen
          <input
            class="code"
            name="code"
            value={code}
            required
            maxLength={16}
            autoComplete="off"
            autoCapitalize="characters"
            spellcheck={false}
            onInput={({ currentTarget }) => setCode(currentTarget.value)}
          />
        </label>
        <label>
          Your name, or any name
          <input
            name="name"
            value={name}
            required
            maxLength={40}
            autoComplete="nickname"
            onInput={({ currentTarget }) => setName(currentTarget.value)}
          />
        </label>
        <p class="problem" role="alert">
          {entry.problem}
        </p>
        <button type="submit" class="main">
          Join
        </button>
      </form>
      <p class="fine">You need no account. This page becomes a client of the classroom’s server.</p>
    </main>
  );
}

/** The question, if there is one, and this phone's transport with its measurements. */
export function MemberPage({ attendance, onLeave }: { attendance: Attendance; onLeave(): void }) {
  const { state, over, name, isConnected, refused } = attendance;
  if (over !== undefined) return <Closed reason={over} onLeave={onLeave} />;
  if (!state) return <Closed reason="Connecting to the class…" onLeave={onLeave} />;
  return (
    <main>
      <h1 class="unseen">Push or poll: join the class</h1>
      <p class="me">
        <span>
          You are <b class="my-name">{name}</b>
        </span>
        <span>{counted(state.members.count, 'phone')} here</span>
      </p>
      <p class="problem" role="alert">
        {isConnected ? refused : 'Connection lost. Reconnecting…'}
      </p>
      {state.vote ? (
        <Ballot vote={state.vote} attendance={attendance} />
      ) : (
        <p>There is no question at the moment. Look at the screen.</p>
      )}
      <Transport attendance={attendance} />
      <button type="button" class="leave" onClick={onLeave}>
        Leave the class
      </button>
    </main>
  );
}

function Ballot({ vote, attendance }: { vote: VoteState; attendance: Attendance }) {
  const question = questionOf(vote.question);
  if (!question) return null;
  const { myVote } = attendance;
  const own = myVote?.question === question.id ? myVote : undefined;
  const mine = own?.choice;
  return (
    <section class="ballot" aria-label="Question" data-question={question.id}>
      <h2>{question.text}</h2>
      {vote.open ? (
        <ol>
          {question.choices.map(({ text }, choice) => (
            <li key={text}>
              <button
                type="button"
                aria-pressed={mine === choice}
                onClick={() => attendance.vote(question.id, choice)}
              >
                <span class="letter">{letters[choice]}</span>
                {text}
              </button>
            </li>
          ))}
        </ol>
      ) : (
        <Outcome vote={vote} question={question} mine={mine} />
      )}
      <p class="fine" role="status">
        {statusOf(vote, own)}
      </p>
    </section>
  );
}

/** The status of this phone's vote. It counts once the server has it. */
function statusOf({ open, votes }: VoteState, own: MyVote | undefined): string {
  const letter = own && letters[own.choice];
  const isLate = own?.isCounted === false;
  if (open && !own) return 'Choose an answer. Nobody sees your answer until the vote is closed.';
  if (open && isLate) return `Sending your answer ${letter}…`;
  if (open) return `Your answer ${letter} is counted. You can still change your answer.`;
  const closed = `The vote is closed: ${counted(votes, 'vote')}.`;
  return isLate ? `${closed} Your answer ${letter} arrived too late to count.` : closed;
}

function Outcome({
  vote,
  question,
  mine,
}: {
  vote: VoteState;
  question: Question;
  mine: number | undefined;
}) {
  const { counts = [], votes, measured } = vote;
  return (
    <>
      <ol>
        {question.choices.map(({ text, why }, choice) => (
          <li key={text} class={choice === question.right ? 'choice choice-right' : 'choice'}>
            <span class="letter">{letters[choice]}</span>
            <span class="choice-text">
              <span class={mine === choice ? 'mine' : ''}>{text}</span>
              {choice === question.right && <b class="right"> ✓ right</b>}
              {(choice === question.right || mine === choice) && <small>{why}</small>}
            </span>
            <span class="votes">
              <span
                class="bar"
                style={{ width: `${votes > 0 ? (100 * (counts[choice] ?? 0)) / votes : 0}%` }}
              />
              <b>{writeCount(counts[choice] ?? 0)}</b>
            </span>
          </li>
        ))}
      </ol>
      {measured && (
        <p>
          <b>Measured:</b> {measured}
        </p>
      )}
    </>
  );
}

function Transport({ attendance }: { attendance: Attendance }) {
  const { lane } = attendance;
  return (
    <>
      <h2>{lane ? 'This phone receives messages over' : 'Choose how this phone receives messages'}</h2>
      <div class="transports">
        {laneNames.map((name) => (
          <button
            key={name}
            type="button"
            data-transport={name}
            aria-pressed={lane?.name === name}
            onClick={() => attendance.take(name)}
          >
            <Sign name={name} />
            {transportLooks[name].label}
          </button>
        ))}
        <button type="button" data-transport="assign" onClick={() => attendance.take('assign')}>
          the transport with the fewest phones
        </button>
      </div>
      {attendance.isHeldBack && (
        <p class="problem" role="alert">
          This phone can’t open a connection. A browser opens at most six connections to one server over
          HTTP/1.1. Close other tabs of this class, or choose another transport.
        </p>
      )}
      {lane &&
        (attendance.state?.vote?.open ? (
          <p class="fine">This phone’s measurements appear when the vote is closed.</p>
        ) : (
          <MyFigures attendance={attendance} name={lane.name} />
        ))}
    </>
  );
}

function MyFigures({ attendance, name }: { attendance: Attendance; name: LaneName }) {
  const figures = attendance.lane?.figures;
  const { uncertaintyMs } = attendance.session.clock;
  const isTooUncertain = figures?.p50Ms != null && figures.p50Ms < uncertaintyMs;
  return (
    <>
      <dl class="my-figures" data-lane={name}>
        <div>
          <dt>messages received</dt>
          <dd data-figure="messages">{writeCount(attendance.lane?.totals.handled ?? 0)}</dd>
        </div>
        <div>
          <dt>messages lost</dt>
          <dd>{writeCount(attendance.lane?.totals.missed ?? 0)}</dd>
        </div>
        <div>
          <dt>latency p50</dt>
          <dd>{writeTime(figures?.p50Ms ?? null)}</dd>
        </div>
        <div>
          <dt>latency p95</dt>
          <dd>{writeTime(figures?.p95Ms ?? null)}</dd>
        </div>
      </dl>
      <p class="fine" data-uncertainty={uncertaintyMs}>
        Clock error of this phone: ±{writeTime(uncertaintyMs)}.
        {isTooUncertain &&
          ' The latency of this phone is smaller than its clock error, so the screen does not show the phone.'}
      </p>
    </>
  );
}

function Closed({ reason, onLeave }: { reason: string; onLeave?(): void }) {
  return (
    <main class="notice">
      <p role="status">{reason}</p>
      {onLeave && (
        <button type="button" onClick={onLeave}>
          Join again
        </button>
      )}
    </main>
  );
}
