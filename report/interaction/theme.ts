import type { Charts } from '../drawing/draw.ts';
import { remember, remembered } from './memory.ts';

/** Light and dark by a button, unless the system forces its own colours. Redraws the charts when the colours change. */
export function switchTheme(charts: Charts): void {
  const root = document.documentElement;
  const button = document.getElementById('theme-switch');
  const system = matchMedia('(prefers-color-scheme: dark)');

  const isDark = () => (root.dataset.theme ? root.dataset.theme === 'dark' : system.matches);
  const show = (theme: string | null) => {
    if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;
    else delete root.dataset.theme;
    if (button) button.textContent = isDark() ? 'Light' : 'Dark';
  };

  show(remembered('theme'));
  button?.addEventListener('click', () => {
    const theme = isDark() ? 'light' : 'dark';
    remember('theme', theme);
    show(theme);
    charts.redraw();
  });
  for (const query of [system, matchMedia('(forced-colors: active)')])
    query.addEventListener('change', () => {
      show(remembered('theme'));
      charts.redraw();
    });
}
