import type { ComponentChildren } from 'preact';
import { ClassView } from './class-view.tsx';
import { Scenes, SettingControls, SpanControl } from './controls.tsx';
import { Gate } from './gate.tsx';
import { JoinCard } from './join-card.tsx';
import { Lanes } from './lanes.tsx';
import { counted, writeRatio, writeTime } from './numbers.ts';
import type { Painter } from './painter.ts';
import type { Projector } from './projector.ts';
import type { SessionState } from './protocol.ts';
import { sceneAt } from './scenes.ts';
import { keys, type Screen } from './screen.ts';

type AppProps = { projector: Projector; screen: Screen; painter: Painter };

/** The projector's screen: the scene on top, the lanes or the question in the middle, the controls below. */
export function App({ projector, screen, painter }: AppProps) {
  const { state, over } = projector;
  if (over !== undefined) return <Notice>{over}</Notice>;
  if (!state) return <Notice>{projector.refused ?? 'Connecting to the classroom’s server…'}</Notice>;
  const { question, isJoinShown } = screen;
  const isCovered = question !== undefined || isJoinShown || screen.showsKeys;
  return (
    <>
      <Top projector={projector} state={state} />
      <main class="stage">
        <Lanes
          projector={projector}
          spanMs={screen.spanMs}
          lagMs={screen.lagMs}
          selected={screen.selected}
          onSelect={(selected) => screen.change({ selected })}
          isHidden={isCovered || screen.showsClass}
        />
        <ClassView delays={projector.delays} isHidden={isCovered || !screen.showsClass} />
        {screen.showsKeys && <Keys />}
        {!screen.showsKeys && question && (
          <Gate key={question.id} projector={projector} screen={screen} question={question} />
        )}
        {!screen.showsKeys && isJoinShown && projector.join && (
          <section class="join-panel">
            <h2>Join with your phone</h2>
            <JoinCard join={projector.join} />
            <p>{counted(state.members.count, 'phone')} in the class. You need no account and no app.</p>
          </section>
        )}
      </main>
      <footer>
        <Scenes current={state.scene} onScene={(key) => void screen.open(key)} />
        <SettingControls
          settings={state.settings}
          onSet={(settings) => void projector.control({ action: 'set', settings })}
        />
        <Actions projector={projector} screen={screen} state={state} />
        <SmallPrint projector={projector} painter={painter} state={state} />
      </footer>
    </>
  );
}

function Top({ projector, state }: { projector: Projector; state: SessionState }) {
  const scene = sceneAt(state.scene);
  const { ratePerSecond } = state.settings;
  return (
    <header class="top">
      <h1>{scene ? `${scene.key}. ${scene.title}` : 'Push or poll?'}</h1>
      <p>
        {scene?.say ??
          'Four clients receive the same messages over four transports. Press 1 to 9 to open a scene.'}
      </p>
      <div class="state">
        <span>
          <b class={state.paused ? 'paused' : ''}>
            {state.paused ? '❚❚ paused' : `▶ ${writeRatio(ratePerSecond)} messages/s`}
          </b>
        </span>
        <span data-head={projector.published.head} data-counted={projector.countedAtMs}>
          {counted(projector.published.head, 'message')} so far
        </span>
        {projector.join && (
          <span>
            code <b class="code">{projector.join.code}</b>, {counted(state.members.count, 'phone')}
          </span>
        )}
      </div>
    </header>
  );
}

function Actions({
  projector,
  screen,
  state,
}: {
  projector: Projector;
  screen: Screen;
  state: SessionState;
}) {
  const { saved } = projector;
  const isVoting = state.vote?.open ?? false;
  return (
    <section class="actions" aria-label="Controls">
      <Action
        name={state.paused ? 'Resume' : 'Pause'}
        keyName="Space"
        onClick={() => screen.pauseOrResume()}
      />
      <Action name="Send one" keyName="." onClick={() => projector.control({ action: 'step' })} />
      <Action name={`Send ${state.settings.burstSize}`} keyName="b" onClick={() => screen.burst()} />
      <Action
        name="Question"
        keyName="v"
        isDisabled={state.scene === null || isVoting}
        onClick={() => screen.vote()}
      />
      <Action
        name={screen.showsClass ? 'Lanes' : 'Phones'}
        keyName="c"
        onClick={() => screen.change({ chosenClass: !screen.showsClass })}
      />
      <SpanControl spanMs={screen.spanMs} onSpan={(chosenSpanMs) => screen.change({ chosenSpanMs })} />
      <Action name="Save" keyName="s" onClick={() => projector.control({ action: 'save' })} />
      <Action name="Reset" keyName="r" onClick={() => screen.reset()} />
      <Action name="Keys" keyName="?" onClick={() => screen.change({ showsKeys: !screen.showsKeys })} />
      {saved && (
        <a class="saved" href={`/${saved.reportPath.replace(/^\//, '')}`} target="_blank" rel="noreferrer">
          Open the saved report
        </a>
      )}
    </section>
  );
}

type ActionProps = { name: string; keyName: string; isDisabled?: boolean; onClick(): unknown };

function Action({ name, keyName, isDisabled, onClick }: ActionProps) {
  return (
    <button type="button" disabled={isDisabled} onClick={() => void onClick()}>
      {name} <kbd>{keyName}</kbd>
    </button>
  );
}

/** The accuracy of the screen, and errors. */
function SmallPrint({
  projector,
  painter,
  state,
}: {
  projector: Projector;
  painter: Painter;
  state: SessionState;
}) {
  const { uncertaintyMs } = projector.session.clock;
  const { paused } = state;
  return (
    <div class="small-print">
      <span data-frames={painter.perSecond}>
        {painter.isStepping ? '1 fps (reduced motion)' : `${painter.perSecond} fps`}
      </span>
      <span data-uncertainty={uncertaintyMs}>clock error ±{writeTime(uncertaintyMs)}</span>
      <span>numbers since the settings last changed{paused ? ', source paused' : ''}</span>
      <strong role="alert">
        {projector.isConnected ? projector.refused : 'Can’t reach the classroom’s server. Reconnecting…'}
      </strong>
    </div>
  );
}

function Keys() {
  return (
    <section class="keys">
      <h2>Keys</h2>
      <dl>
        {keys.map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Notice({ children }: { children: ComponentChildren }) {
  return (
    <main class="notice">
      <p role="status">{children}</p>
    </main>
  );
}
