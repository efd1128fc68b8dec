import { render } from 'preact';
import { App } from './app.tsx';
import { ofTab } from './memory.ts';
import { Painter } from './painter.ts';
import { Projector } from './projector.ts';
import { Screen } from './screen.ts';

/** The projector's page. Its token came behind the `#` of the address, and is not left there for the class to read. */
const token = takeToken();

if (token) start(token);
else document.body.append(explain());

function start(token: string): void {
  let isAsked = false;
  const show = () => {
    isAsked = false;
    render(<App projector={projector} screen={screen} painter={painter} />, document.body);
  };
  const showSoon = () => {
    if (!isAsked) queueMicrotask(show);
    isAsked = true;
  };
  const projector = new Projector(token, showSoon);
  const screen = new Screen(projector, ofTab, showSoon);
  const painter = new Painter(projector, screen);
  document.addEventListener('keydown', (event) => screen.onKey(event));
  // A button that was clicked gives the keyboard back, or the space bar would press it again.
  document.addEventListener('click', ({ detail }) => {
    if (detail > 0 && document.activeElement instanceof HTMLButtonElement) document.activeElement.blur();
  });
  setInterval(show, figuresEveryMs);
  show();
  painter.start();
}

/** Figures that change more often than this can't be read. */
const figuresEveryMs = 250;

function takeToken(): string | null {
  const given = location.hash.slice(1);
  if (given) {
    ofTab.set('presenter', given);
    history.replaceState(null, '', location.pathname);
  }
  return ofTab.get('presenter');
}

function explain(): HTMLElement {
  const main = document.createElement('main');
  main.className = 'notice';
  main.textContent =
    'This page needs the presenter’s token. Open the complete address that “npm run classroom” printed.';
  return main;
}
