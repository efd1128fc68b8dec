import { foldTables } from './interaction/tables.ts';
import { unpacked } from './interaction/unpack.ts';

/**
 * Unpacks and starts the page's script: its libraries would take a quarter of the page's size limit. The page's
 * policy allows only this script to run.
 *
 * Tables fold here and at once, so that an address with a `#` leads to the right place. A browser that can't unpack
 * shows the page without a script, which is complete.
 */
if ('DecompressionStream' in window) {
  document.documentElement.dataset.scripted = '';
  foldTables();
  void unpacked('program').then((text) => {
    const script = document.createElement('script');
    script.textContent = text;
    document.head.append(script);
  });
}
