import { remember, remembered } from './memory.ts';

/** Light and dark by a button, and always light on paper. Calls `redraw` whenever the colours change. */
export function switchTheme(redraw: () => void): void {
  const root = document.documentElement;
  const button = document.getElementById('theme-switch');
  const system = matchMedia('(prefers-color-scheme: dark)');

  const isDark = () => (root.dataset.theme ? root.dataset.theme === 'dark' : system.matches);
  const show = (theme: string | null) => {
    if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;
    else delete root.dataset.theme;
    if (button) button.textContent = isDark() ? 'Light' : 'Dark';
    redraw();
  };

  const kept = remembered('theme');
  if (kept || isDark()) show(kept);
  button?.addEventListener('click', () => {
    const theme = isDark() ? 'light' : 'dark';
    remember('theme', theme);
    show(theme);
  });
  system.addEventListener('change', () => show(remembered('theme')));
  addEventListener('beforeprint', () => show('light'));
  addEventListener('afterprint', () => show(remembered('theme')));
}
